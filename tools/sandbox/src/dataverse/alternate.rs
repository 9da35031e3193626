//! Alternate keys in addresses and as constraints.
//! Source: Microsoft Learn, "Use an alternate key to reference a record" and "Define alternate keys for a table".

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::address;
use super::decimal::Decimal;
use super::model::{AlternateKey, ColumnId, IndexStatus, Kind, Model, Table, TableId, Target};
use super::payload::Changes;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::value::Value;

/// Letters that break an address with an alternate key.
const BREAKING: &[char] = &['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+'];

/// A row as an address names it by an alternate key.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    pub(crate) table: TableId,
    /// The row, when there is one.
    pub(crate) id: Option<Uuid>,
    /// The values in the address.
    pub(crate) values: Vec<(ColumnId, Value)>,
    /// The address as it came, `accounts(accountnumber='X')`, without what follows.
    pub(crate) form: String,
    /// What follows, with its slash.
    pub(crate) rest: String,
}

impl Keyed {
    /// Reads an address; `None` when it names no row by an alternate key.
    pub(crate) fn read(
        organisation: &Organisation,
        path: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        // Most addresses have a GUID; a look at the letters spares the rest of the work.
        if !path.contains('=') && !path.contains("%3D") && !path.contains("%3d") {
            return Ok(None);
        }
        let decoded = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| Refusal::unknown_segment(path))?;
        let model = organisation.model();
        let trimmed = decoded.trim_start_matches('/');
        let Some((set, rest)) = trimmed.split_once('(') else {
            return Ok(None);
        };
        let (Some(table), Some(end)) = (model.by_set(set), closing(rest)) else {
            return Ok(None);
        };
        let described = model.table(table);
        let inside = &rest[..end];
        if inside
            .split_once('=')
            .is_none_or(|(name, _)| name.trim() == described.id)
        {
            return Ok(None);
        }
        let values = values(organisation, described, inside)?;
        let key = key(described, &values, organisation.keys_wait.then_some(now))?;
        let ordered: Vec<Value> = described.keys[key]
            .columns
            .iter()
            .filter_map(|column| values.iter().find(|(at, _)| at == column))
            .map(|(_, value)| value.clone())
            .collect();
        Ok(Some(Self {
            table,
            id: organisation.by_key(table, key, &ordered),
            values,
            form: format!("{set}({inside})"),
            rest: rest[end + 1..].to_owned(),
        }))
    }

    /// The address with the row's own key in place of the alternate one.
    pub(crate) fn plain(&self, model: &Model) -> Result<String, Refusal> {
        let table = model.table(self.table);
        let id = self.id.ok_or_else(|| Refusal::no_row_by_key(&table.name))?;
        Ok(format!("{}({id}){}", table.set, self.rest))
    }

    /// Adds the values of the address to those of a new row; the body's win.
    pub(crate) fn complete(&self, changes: &mut Changes) {
        for (column, value) in &self.values {
            if changes.given(*column).is_none() {
                changes.columns.push((*column, value.clone()));
            }
        }
    }

    /// Takes the columns of the key out of the changes of a row that is there.
    pub(crate) fn reduce(&self, changes: &mut Changes) {
        changes
            .columns
            .retain(|(column, _)| self.values.iter().all(|(of_key, _)| of_key != column));
    }
}

/// A path with its alternate key, if it has one, replaced by the key of the row.
pub(crate) fn plain(
    organisation: &Organisation,
    path: String,
    now: Timestamp,
) -> Result<String, Refusal> {
    match Keyed::read(organisation, &path, now)? {
        Some(keyed) => keyed.plain(organisation.model()),
        None => Ok(path),
    }
}

/// The place of the bracket that closes, outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, letter)| {
            if *letter == '\'' {
                quoted = !quoted;
            }
            *letter == ')' && !quoted
        })
        .map(|(at, _)| at)
}

fn values(
    organisation: &Organisation,
    table: &Table,
    inside: &str,
) -> Result<Vec<(ColumnId, Value)>, Refusal> {
    let mut found = Vec::new();
    let mut rest = inside;
    while !rest.trim().is_empty() {
        let (name, after) = rest
            .split_once('=')
            .ok_or_else(|| Refusal::invalid_key(&table.set))?;
        let name = name.trim();
        let column = table
            .wire(name)
            .ok_or_else(|| Refusal::unknown_property(name, &table.name))?;
        let mut quoted = false;
        let end = after
            .char_indices()
            .find(|(_, letter)| {
                if *letter == '\'' {
                    quoted = !quoted;
                }
                *letter == ',' && !quoted
            })
            .map_or(after.len(), |(at, _)| at);
        let value = literal(organisation, table, column, after[..end].trim())
            .ok_or_else(|| Refusal::invalid_key(&table.set))?;
        found.push((column, value));
        rest = after.get(end + 1..).unwrap_or_default();
    }
    Ok(found)
}

fn literal(
    organisation: &Organisation,
    table: &Table,
    column: ColumnId,
    text: &str,
) -> Option<Value> {
    let unquoted = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    match &table.columns[column].kind {
        Kind::Text(_) => {
            let text = unquoted?.replace("''", "'");
            (!text.contains(BREAKING)).then(|| Value::text(&text))
        }
        Kind::Whole(..) | Kind::Choice { .. } | Kind::Big => text.parse().ok().map(Value::Whole),
        Kind::Decimal { .. } => Decimal::parse(text).map(Value::Decimal),
        Kind::Time => text.parse::<Timestamp>().ok().map(Value::time),
        Kind::Day => text.parse::<Date>().ok().map(Value::Day),
        Kind::Lookup(targets) => {
            let id = address::key(unquoted.unwrap_or(text))?;
            // The address has no word on the table; the row that is there decides.
            let there = |target: &&Target| organisation.row(target.table, id).is_some();
            let target = targets.iter().find(there).or(targets.first())?;
            Some(Value::Row(target.table, id))
        }
        Kind::Id | Kind::Guid => address::key(unquoted.unwrap_or(text)).map(Value::Guid),
        _ => None,
    }
}

/// The key that consists of exactly the columns of the values and is ready to be used.
fn key(
    table: &Table,
    values: &[(ColumnId, Value)],
    waiting: Option<Timestamp>,
) -> Result<usize, Refusal> {
    let same = |key: &AlternateKey| {
        key.columns.len() == values.len()
            && key
                .columns
                .iter()
                .all(|column| values.iter().any(|(given, _)| given == column))
    };
    table
        .keys
        .iter()
        .position(|key| {
            same(key)
                && !key.failed
                && waiting.is_none_or(|now| key.status(now) == IndexStatus::Active)
        })
        .ok_or_else(|| Refusal::no_such_key(&table.name))
}

/// The values of a key's columns in a row; `None` when one is empty, because such rows have no key.
pub(crate) fn of_row(key: &AlternateKey, row: &Row) -> Option<Vec<Value>> {
    key.columns
        .iter()
        .map(|column| {
            Some(row.at(*column))
                .filter(|value| !value.is_null())
                .cloned()
        })
        .collect()
}

/// Refuses a row whose key another row has.
pub(crate) fn check(
    organisation: &Organisation,
    table: TableId,
    id: Uuid,
    row: &Row,
) -> Result<(), Refusal> {
    let model = organisation.model();
    let described = model.table(table);
    for (at, key) in described.keys.iter().enumerate() {
        if key.failed {
            continue;
        }
        let Some(values) = of_row(key, row) else {
            continue;
        };
        if organisation
            .by_key(table, at, &values)
            .is_some_and(|other| other != id)
        {
            let columns: Vec<&str> = key
                .columns
                .iter()
                .map(|column| described.columns[*column].name.as_str())
                .collect();
            return Err(Refusal::key_violated(&key.label, &columns.join(", ")));
        }
    }
    Ok(())
}

/// True when rows that are there contradict a key over these columns.
pub(crate) fn has_duplicates(
    organisation: &Organisation,
    table: TableId,
    columns: &[ColumnId],
) -> bool {
    let key = AlternateKey::new(
        String::new(),
        String::new(),
        String::new(),
        columns.to_vec(),
        0,
        false,
    );
    let mut seen = HashSet::new();
    organisation.rows(table).any(|(_, row)| {
        of_row(&key, row).is_some_and(|values| {
            let text: Vec<String> = values
                .iter()
                .map(|value| super::value::fold(&value.to_json().to_string()))
                .collect();
            !seen.insert(text.join("\u{1f}"))
        })
    })
}

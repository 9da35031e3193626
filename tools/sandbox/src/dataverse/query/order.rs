//! `$orderby`: lookup columns sort by the name of the row that they point to, choices by number.
//! Source: Microsoft Learn, "Order rows using OData".

use std::cmp::Ordering;

use uuid::Uuid;

use super::super::model::{Model, TableId};
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::{Value, fold};
use super::filter::Aliases;
use super::path::Path;

/// The columns to sort by, each ascending or descending; rows that are equal in all of them follow their primary keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order(Vec<(Path, bool)>);

/// What a row is sorted by: the values of the columns, texts in lower case, and its primary key.
pub(crate) type Place = (Vec<Value>, Uuid);

impl Order {
    pub(crate) fn read(
        model: &Model,
        table: TableId,
        text: &str,
        aliases: Aliases<'_>,
    ) -> Result<Self, Refusal> {
        let mut items = Vec::new();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let mut words = item.split_whitespace();
            let name = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(Refusal::bad_query(format!(
                        "Syntax error at '{other}' in '{text}'."
                    )));
                }
            };
            if let Some(extra) = words.next() {
                return Err(Refusal::bad_query(format!(
                    "Syntax error at '{extra}' in '{text}'."
                )));
            }
            let path = match name.starts_with('@') {
                true => aliases.and_then(|aliases| aliases.get(name)).copied(),
                false => Some(name),
            };
            let path = path.ok_or_else(|| {
                Refusal::bad_query(format!("The parameter alias '{name}' has no value."))
            })?;
            items.push((Path::read(model, table, path.trim())?, descending));
        }
        Ok(Self(items))
    }

    /// True when rows follow their primary keys alone.
    pub(crate) fn is_by_key(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns to sort by.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|(path, _)| path)
    }

    /// Where a row stands.
    pub(crate) fn place(&self, organisation: &Organisation, id: Uuid, row: &Row) -> Place {
        let key = |path: &Path| {
            let value = path.value(organisation, id, row);
            match &*value {
                Value::Row(table, id) => name_of(organisation, *table, *id)
                    .map_or(Value::Null, |name| Value::text(&fold(&name))),
                Value::Text(text) => Value::text(&fold(text)),
                other => other.clone(),
            }
        };
        (self.paths().map(key).collect(), id)
    }

    /// Which of two rows comes first.
    pub(crate) fn compare(&self, left: &Place, right: &Place) -> Ordering {
        let pairs = left.0.iter().zip(&right.0);
        for ((left, right), (_, descending)) in pairs.zip(&self.0) {
            let order = match (left, right) {
                // Places hold texts in lower case already.
                (Value::Text(left), Value::Text(right)) => left.cmp(right),
                _ => left.order(right).unwrap_or(Ordering::Equal),
            };
            if order != Ordering::Equal {
                return if *descending { order.reverse() } else { order };
            }
        }
        left.1.cmp(&right.1)
    }
}

/// The primary name of a row.
pub(crate) fn name_of(organisation: &Organisation, table: TableId, id: Uuid) -> Option<String> {
    let row = organisation.row(table, id)?;
    row.at(organisation.model().table(table).primary_name)
        .as_text()
        .map(str::to_owned)
}

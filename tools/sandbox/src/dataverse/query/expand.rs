//! `$expand`, one level: single-valued and collection-valued navigation properties with options in parentheses.
//! Source: Microsoft Learn, "Join tables using OData".

use super::super::model::{Model, Navigation, TableId};
use super::super::refusal::Refusal;
use super::{Options, Query, split_outside};

/// At most this many navigation properties in one query.
const MOST: usize = 15;

/// One navigation property to expand.
#[derive(Debug)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) to: To,
    pub(crate) query: Query,
    /// The text of the options, for the address of the collection.
    pub(crate) options: String,
}

/// Where an expand leads.
#[derive(Debug)]
pub(crate) enum To {
    Row(Navigation),
    /// A user or a team, of which only the key is known before looking.
    Owner(Navigation),
    Rows {
        table: TableId,
        column: usize,
    },
}

pub(crate) fn read(model: &Model, table: TableId, text: &str) -> Result<Vec<Expand>, Refusal> {
    let items: Vec<&str> = split_outside(text, ',')
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect();
    if items.len() > MOST {
        return Err(Refusal::bad_query(format!(
            "A query may expand at most {MOST} navigation properties."
        )));
    }
    items
        .into_iter()
        .map(|item| read_item(model, table, item))
        .collect()
}

fn read_item(model: &Model, table: TableId, item: &str) -> Result<Expand, Refusal> {
    let (name, options) = match item.split_once('(') {
        Some((name, rest)) => (
            name.trim(),
            rest.trim_end().strip_suffix(')').ok_or_else(|| {
                Refusal::bad_query(format!(
                    "Found an unbalanced bracket expression in '{item}'."
                ))
            })?,
        ),
        None => (item, ""),
    };
    let own = model.table(table);
    let nested = Options::read_nested(options);
    let (to, target) = if let Some(collection) = own.collection(name) {
        (
            To::Rows {
                table: collection.table,
                column: collection.column,
            },
            Some(collection.table),
        )
    } else if let Some(navigation) = own.navigation(name) {
        match navigation.tables[..] {
            [target] => (To::Row(navigation.clone()), Some(target)),
            _ => (To::Owner(navigation.clone()), None),
        }
    } else {
        return Err(Refusal::unknown_property(name, &own.name));
    };
    let query = match target {
        Some(target) => Query::read_nested(model, target, &nested)?,
        None => Query::default(),
    };
    if matches!(to, To::Row(_)) && (query.filter.is_some() || query.top.is_some()) {
        return Err(Refusal::bad_query(format!(
            "The options $filter and $top need a collection, which '{name}' is not."
        )));
    }
    Ok(Expand {
        name: name.to_owned(),
        to,
        query,
        options: options.to_owned(),
    })
}

//! `$orderby`: lookup columns sort by the name of the row that they point to, choices by number.
//! Source: Microsoft Learn, "Order rows using OData".

use std::cmp::Ordering;

use uuid::Uuid;

use super::super::model::{Model, TableId};
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::path::Path;

/// The columns to sort by; by primary key when there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order(Vec<(Path, bool)>);

impl Order {
    pub(crate) fn read(model: &Model, table: TableId, text: &str) -> Result<Self, Refusal> {
        let mut items = Vec::new();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let mut words = item.split_whitespace();
            let path = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(Refusal::bad_query(format!(
                        "Syntax error at '{other}' in '{text}'."
                    )));
                }
            };
            items.push((Path::read(model, table, path)?, descending));
        }
        Ok(Self(items))
    }

    pub(crate) fn sort(&self, organisation: &Organisation, rows: &mut [(Uuid, &Row)]) {
        if self.0.is_empty() {
            return;
        }
        let mut keyed: Vec<(Vec<Value>, (Uuid, &Row))> = rows
            .iter()
            .map(|row| (self.keys(organisation, row.0, row.1), *row))
            .collect();
        keyed.sort_by(|left, right| {
            let by_column =
                left.0
                    .iter()
                    .zip(&right.0)
                    .zip(&self.0)
                    .map(|((left, right), (_, descending))| {
                        let order = left.order(right).unwrap_or(Ordering::Equal);
                        if *descending { order.reverse() } else { order }
                    });
            by_column
                .fold(Ordering::Equal, Ordering::then)
                .then(left.1.0.cmp(&right.1.0))
        });
        for (place, (_, row)) in rows.iter_mut().zip(keyed) {
            *place = row;
        }
    }

    fn keys(&self, organisation: &Organisation, id: Uuid, row: &Row) -> Vec<Value> {
        let key = |path: &Path| {
            let value = path.value(organisation, id, row).into_owned();
            match value.as_row() {
                Some((table, id)) => {
                    name_of(organisation, table, id).map_or(Value::Null, |name| Value::text(&name))
                }
                None => value,
            }
        };
        self.0.iter().map(|(path, _)| key(path)).collect()
    }
}

/// The primary name of a row.
pub(crate) fn name_of(organisation: &Organisation, table: TableId, id: Uuid) -> Option<String> {
    let row = organisation.row(table, id)?;
    row.at(organisation.model().table(table).primary_name)
        .as_text()
        .map(str::to_owned)
}

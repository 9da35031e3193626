//! A column named in `$filter` or `$orderby`, directly or over one single-valued navigation property.

use std::borrow::Cow;

use super::super::model::{Column, ColumnId, Kind, Model, TableId};
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;

/// `title`, `_customerid_value` or `customerid_contact/fullname`.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// The table whose rows the path starts from.
    table: TableId,
    /// The lookup column to follow and the table that it must lead to.
    over: Option<(ColumnId, TableId)>,
    column: ColumnId,
}

impl Path {
    /// Reads a path. Names are case-sensitive.
    pub(crate) fn read(model: &Model, table: TableId, text: &str) -> Result<Self, Refusal> {
        let own = model.table(table);
        let Some((navigation, column)) = text.split_once('/') else {
            let column = own
                .wire(text)
                .ok_or_else(|| Refusal::unknown_property(text, &own.name))?;
            return Ok(Self {
                table,
                over: None,
                column,
            });
        };
        let found = own
            .navigation(navigation)
            .ok_or_else(|| Refusal::unknown_property(navigation, &own.name))?;
        let [target] = found.tables[..] else {
            // An owner is a user or a team; its common type has no columns but the key.
            return Err(Refusal::unknown_property(column, "principal"));
        };
        let there = model.table(target);
        let column = there
            .wire(column)
            .ok_or_else(|| Refusal::unknown_property(column, &there.name))?;
        Ok(Self {
            table,
            over: Some((found.column, target)),
            column,
        })
    }

    /// The description of the column that the path ends in.
    pub(crate) fn describe<'m>(&self, model: &'m Model) -> &'m Column {
        let table = self.over.map_or(self.table, |(_, target)| target);
        &model.table(table).columns[self.column]
    }

    /// The column, when the path ends in the table that it starts from.
    pub(crate) fn own_column(&self) -> Option<ColumnId> {
        match self.over {
            None => Some(self.column),
            Some(_) => None,
        }
    }

    /// The value that the path leads to; empty when a lookup on the way is.
    pub(crate) fn value<'o>(
        &self,
        organisation: &'o Organisation,
        id: uuid::Uuid,
        row: &'o Row,
    ) -> Cow<'o, Value> {
        let Some((lookup, target)) = self.over else {
            return value_of(organisation, self.table, id, row, self.column);
        };
        match row.at(lookup).as_row() {
            Some((table, there)) if table == target => match organisation.row(target, there) {
                Some(found) => value_of(organisation, target, there, found, self.column),
                None => Cow::Owned(Value::Null),
            },
            _ => Cow::Owned(Value::Null),
        }
    }
}

/// A column's value, with those that are kept beside the row: its key and its version.
pub(crate) fn value_of<'o>(
    organisation: &'o Organisation,
    table: TableId,
    id: uuid::Uuid,
    row: &'o Row,
    column: ColumnId,
) -> Cow<'o, Value> {
    match organisation.model().table(table).columns[column].kind {
        Kind::Id => Cow::Owned(Value::Guid(id)),
        Kind::Version => Cow::Owned(Value::Whole(i64::try_from(row.version).unwrap_or(i64::MAX))),
        _ => Cow::Borrowed(row.at(column)),
    }
}

//! A column named in `$filter`, `$orderby` or `$apply`, directly or over single-valued navigation properties.
//! Source: Microsoft Learn, "Filter rows using OData" (filter based on related data values).

use std::borrow::Cow;

use uuid::Uuid;

use super::super::model::{Column, ColumnId, Kind, Model, TableId};
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;

/// More navigation properties in one path than this are refused.
const MOST_STEPS: usize = 10;

/// `title`, `_customerid_value`, `customerid_contact/fullname` or `customerid_contact/createdby/fullname`.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// The table whose rows the path starts from.
    table: TableId,
    /// The lookup columns to follow, each with the table that it must lead to.
    steps: Vec<(ColumnId, TableId)>,
    column: ColumnId,
}

impl Path {
    /// Reads a path. Names are case-sensitive.
    pub(crate) fn read(model: &Model, table: TableId, text: &str) -> Result<Self, Refusal> {
        let (navigations, name) = match text.rsplit_once('/') {
            Some((navigations, name)) => (Some(navigations), name),
            None => (None, text),
        };
        let mut path = Self {
            table,
            steps: Vec::new(),
            column: 0,
        };
        for navigation in navigations.iter().flat_map(|text| text.split('/')) {
            let here = model.table(path.end());
            let found = here
                .navigation(navigation)
                .ok_or_else(|| Refusal::unknown_property(navigation, &here.name))?;
            let [target] = found.tables[..] else {
                // An owner is a user or a team; their common type has no columns but the key.
                if name == "ownerid" {
                    path.column = found.column;
                    return Ok(path);
                }
                return Err(Refusal::unknown_property(name, "principal"));
            };
            path.steps.push((found.column, target));
            if path.steps.len() > MOST_STEPS {
                return Err(Refusal::bad_query(format!(
                    "A path may follow at most {MOST_STEPS} navigation properties."
                )));
            }
        }
        let there = model.table(path.end());
        path.column = there
            .wire(name)
            .ok_or_else(|| Refusal::unknown_property(name, &there.name))?;
        Ok(path)
    }

    /// Reads the logical name of a column, as the parameter `PropertyName` of query functions gives it, after the navigation
    /// properties of `before`.
    pub(crate) fn read_logical(
        model: &Model,
        table: TableId,
        before: Option<&str>,
        name: &str,
    ) -> Result<Self, Refusal> {
        let (navigations, name) = match (before, name.rsplit_once('/')) {
            (Some(before), _) => (Some(before), name),
            (None, Some((navigations, name))) => (Some(navigations), name),
            (None, None) => (None, name),
        };
        let prefixed = |wire: &str| match navigations {
            Some(navigations) => format!("{navigations}/{wire}"),
            None => wire.to_owned(),
        };
        Self::read(model, table, &prefixed(name)).or_else(|refusal| {
            Self::read(model, table, &prefixed(&format!("_{name}_value"))).map_err(|_| refusal)
        })
    }

    /// The table that the path ends in.
    pub(crate) fn end(&self) -> TableId {
        self.steps.last().map_or(self.table, |(_, target)| *target)
    }

    /// The description of the column that the path ends in.
    pub(crate) fn describe<'m>(&self, model: &'m Model) -> &'m Column {
        &model.table(self.end()).columns[self.column]
    }

    /// Position of the column in the table that the path ends in.
    pub(crate) fn column(&self) -> ColumnId {
        self.column
    }

    /// True when the path ends in the table that it starts from.
    pub(crate) fn is_own(&self) -> bool {
        self.steps.is_empty()
    }

    /// The value that the path leads to; empty when a lookup on the way is.
    pub(crate) fn value<'o>(
        &self,
        organisation: &'o Organisation,
        id: Uuid,
        row: &'o Row,
    ) -> Cow<'o, Value> {
        let (mut table, mut id, mut row) = (self.table, id, row);
        for (lookup, target) in &self.steps {
            let next = match row.at(*lookup) {
                Value::Row(found, next) if found == target => *next,
                _ => return Cow::Owned(Value::Null),
            };
            match organisation.row(*target, next) {
                Some(found) => (table, id, row) = (*target, next, found),
                None => return Cow::Owned(Value::Null),
            }
        }
        value_of(organisation, table, id, row, self.column)
    }

    /// Rows of the first table from which the path can lead to this value, found over indexes alone; `None` without them.
    pub(crate) fn leading_to(
        &self,
        organisation: &Organisation,
        value: &Value,
    ) -> Option<Vec<Uuid>> {
        let described = self.describe(organisation.model());
        let mut found = match (&described.kind, value) {
            (Kind::Id, Value::Guid(id)) => vec![*id],
            _ if described.has_index() => organisation.having(self.end(), self.column, value),
            _ => return None,
        };
        for (at, (lookup, _)) in self.steps.iter().enumerate().rev() {
            let table = match at {
                0 => self.table,
                _ => self.steps[at - 1].1,
            };
            found = found
                .into_iter()
                .flat_map(|id| organisation.having(table, *lookup, &Value::Guid(id)))
                .collect();
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// A column's value, with those that are kept beside the row: its key and its version.
pub(crate) fn value_of<'o>(
    organisation: &'o Organisation,
    table: TableId,
    id: Uuid,
    row: &'o Row,
    column: ColumnId,
) -> Cow<'o, Value> {
    let column_of = &organisation.model().table(table).columns[column];
    match column_of.kind {
        _ if column_of.write_only => Cow::Owned(Value::Null),
        Kind::Id => Cow::Owned(Value::Guid(id)),
        Kind::Version => Cow::Owned(Value::Whole(i64::try_from(row.version).unwrap_or(i64::MAX))),
        _ => Cow::Borrowed(row.at(column)),
    }
}

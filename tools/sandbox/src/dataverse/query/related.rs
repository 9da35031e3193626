//! Collection-valued navigation properties seen from the other side, and hierarchies.

use uuid::Uuid;

use super::super::model::{Collection, ColumnId, Kind, Model, Table, TableId};
use super::super::rows::Organisation;
use super::super::value::Value;

/// Keys of the rows that have the row `member` in their `collection`.
pub(crate) fn owners(
    organisation: &Organisation,
    collection: &Collection,
    member: Uuid,
) -> Vec<Uuid> {
    let owner = |table: TableId, column: ColumnId, id: Uuid| {
        organisation
            .row(table, id)
            .and_then(|row| key_in(row.at(column)))
    };
    match &collection.through {
        None => owner(collection.table, collection.column, member)
            .into_iter()
            .collect(),
        Some(through) => organisation
            .having(through.table, through.there, &Value::Guid(member))
            .into_iter()
            .filter_map(|pair| owner(through.table, through.here, pair))
            .collect(),
    }
}

/// The collection-valued navigation property with this name.
pub(crate) fn collection<'m>(table: &'m Table, name: &str) -> Option<&'m Collection> {
    table.collection(name)
}

/// The column by which rows of a table stand in a hierarchy: the first lookup to the same table whose name begins with `parent`.
/// Source: Microsoft Learn, "Query hierarchical data" (hierarchical self-referencing relationships).
pub(crate) fn parent_column(model: &Model, table: TableId) -> Option<ColumnId> {
    model.table(table).columns.iter().position(|column| {
        column.name.starts_with("parent")
            && matches!(&column.kind, Kind::Lookup(targets) if targets.iter().any(|target| target.table == table))
    })
}

fn key_in(value: &Value) -> Option<Uuid> {
    match value {
        Value::Guid(id) | Value::Row(_, id) => Some(*id),
        _ => None,
    }
}

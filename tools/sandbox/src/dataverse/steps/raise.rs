//! Where messages come from: each thing that happens to rows is told to the steps that are registered for it.
//!
//! Sources: Microsoft Learn, "Understand the execution context", "Use webhooks to create external handlers for server events"
//! and the references of the tables (messages).

use std::sync::Arc;

use uuid::Uuid;

use super::super::caller::Caller;
use super::super::model::{ColumnId, Table, TableId};
use super::super::party;
use super::super::payload::Changes;
use super::super::rows::{Organisation, Row};
use super::contract::Datum;
use super::snapshot::{self, Showing};
use super::telling::{Message, named, tell};

/// Columns that the service fills with every change, which tell nothing of it.
const OF_EVERY_CHANGE: &[&str] = &["modifiedon", "modifiedby", "modifiedonbehalfby"];

/// A row was made.
pub(crate) fn created(organisation: &mut Organisation, caller: &Caller, table: TableId, id: Uuid) {
    let steps = organisation.steps_for("Create", table);
    if steps.is_empty() {
        return;
    }
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    let Some(row) = organisation.row(table, id).cloned() else {
        return;
    };
    let columns: Vec<ColumnId> = row.values().map(|(column, _)| column).collect();
    let mut target = snapshot::of(organisation, table, id, &row, &columns, Showing::Request);
    if row.get(described, "modifiedonbehalfby").is_null()
        && described.column("modifiedonbehalfby").is_some()
    {
        let empty = ("modifiedonbehalfby".to_owned(), Datum::Null);
        target.attributes.push(empty);
    }
    let lists = snapshot::parties(organisation, described, id);
    target.attributes.extend(lists);
    let target = named("Target", Datum::Entity(target));
    let message = Message {
        name: "Create",
        primary: Some(id),
        row: Some(id),
        property: "id",
        after: Some(&row),
        output: vec![named("id", Datum::Guid(id))],
        main: Some(vec![target.clone(), no_duplicate_detection()]),
        input: vec![target],
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

/// Columns of a row were written because a request named them.
pub(crate) fn updated(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: &Row,
    changes: &Changes,
) {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    let mut columns: Vec<ColumnId> = Vec::new();
    for (column, _) in &changes.columns {
        if !columns.contains(column) {
            columns.push(*column);
        }
    }
    let of_state = ["statecode", "statuscode"].map(|name| described.column(name));
    // A state alone comes with its default reason.
    if columns.iter().any(|column| of_state[0] == Some(*column))
        && let Some(reason) = of_state[1].filter(|reason| !columns.contains(reason))
    {
        columns.push(reason);
    }
    let parties = changes
        .after
        .iter()
        .any(|(collection, _)| party::is_of_activity(&model, collection));
    if !columns.is_empty()
        && (organisation.events.older_state_messages || caller.sets_states())
        && columns
            .iter()
            .all(|column| of_state.contains(&Some(*column)))
    {
        return state_set(organisation, caller, table, id, before);
    }
    let owner = described.column("ownerid");
    let assigned = owner.is_some_and(|owner| columns.contains(&owner));
    written(organisation, caller, table, id, before, &columns, parties);
    if assigned {
        self::assigned(organisation, caller, table, id, before);
    }
}

/// A row was changed by the service itself in the course of another message.
pub(crate) fn changed(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: &Row,
) {
    if organisation.steps_for("Update", table).is_empty() {
        return;
    }
    let model = Arc::clone(organisation.model());
    let Some(row) = organisation.row(table, id) else {
        return;
    };
    let columns = different(model.table(table), before, row);
    if !columns.is_empty() {
        written(organisation, caller, table, id, before, &columns, false);
    }
}

/// The columns that differ, but for those that always do.
fn different(table: &Table, before: &Row, after: &Row) -> Vec<ColumnId> {
    (0..table.columns.len())
        .filter(|column| before.at(*column) != after.at(*column))
        .filter(|column| !OF_EVERY_CHANGE.contains(&table.columns[*column].name.as_str()))
        .collect()
}

fn written(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: &Row,
    requested: &[ColumnId],
    parties: bool,
) {
    let steps = organisation.steps_for("Update", table);
    if steps.is_empty() {
        return;
    }
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    let Some(row) = organisation.row(table, id).cloned() else {
        return;
    };
    let show = |columns: &[ColumnId]| {
        let mut shown = snapshot::of(organisation, table, id, &row, columns, Showing::Request);
        // A request shows people's texts for new rows only.
        shown.formatted.clear();
        shown
    };
    let mut main = show(requested);
    let mut computed = different(described, before, &row);
    computed.retain(|column| !requested.contains(column));
    let every: Vec<ColumnId> = OF_EVERY_CHANGE
        .iter()
        .filter_map(|name| described.column(name))
        .collect();
    let mut target = show(&[requested, &computed].concat());
    target.attributes.extend(show(&every).attributes);
    // The key stands there once.
    let last = target.attributes.pop();
    debug_assert!(last.is_some_and(|(name, _)| name == described.id));
    let mut columns: Vec<&str> = requested
        .iter()
        .map(|column| described.columns[*column].name.as_str())
        .collect();
    let lists = if parties {
        snapshot::parties(organisation, described, id)
    } else {
        Vec::new()
    };
    columns.extend(lists.iter().map(|(name, _)| name.as_str()));
    for (name, list) in &lists {
        main.attributes.push((name.clone(), list.clone()));
        target.attributes.push((name.clone(), list.clone()));
    }
    let message = Message {
        name: "Update",
        primary: Some(id),
        row: Some(id),
        property: "Target",
        before: Some(before),
        after: Some(&row),
        input: vec![named("Target", Datum::Entity(target))],
        main: Some(vec![
            named("Target", Datum::Entity(main)),
            no_duplicate_detection(),
        ]),
        columns,
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

/// A row got another owner.
fn assigned(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: &Row,
) {
    let steps = organisation.steps_for("Assign", table);
    let model = Arc::clone(organisation.model());
    let Some(row) = organisation.row(table, id).cloned() else {
        return;
    };
    let Some((owners, owner)) = row.get(model.table(table), "ownerid").as_row() else {
        return;
    };
    let unchanged =
        before.get(model.table(table), "ownerid") == row.get(model.table(table), "ownerid");
    if steps.is_empty() || unchanged {
        return;
    }
    let message = Message {
        name: "Assign",
        primary: Some(id),
        row: Some(id),
        property: "Target",
        before: Some(before),
        after: Some(&row),
        input: vec![
            named("Target", snapshot::reference(organisation, table, id)),
            named("Assignee", snapshot::reference(organisation, owners, owner)),
        ],
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

/// The state of a row was set by a message made for it.
fn state_set(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: &Row,
) {
    for name in ["SetState", "SetStateDynamicEntity"] {
        let steps = organisation.steps_for(name, table);
        let Some(row) = organisation.row(table, id).cloned() else {
            return;
        };
        if steps.is_empty() {
            continue;
        }
        let described = organisation.model().table(table);
        let choice = |column: &str| {
            let chosen = row.get(described, column).as_whole();
            Datum::Choice(chosen.unwrap_or_default())
        };
        let message = Message {
            name,
            primary: Some(id),
            row: Some(id),
            property: "EntityMoniker",
            before: Some(before),
            after: Some(&row),
            input: vec![
                named(
                    "EntityMoniker",
                    snapshot::reference(organisation, table, id),
                ),
                named("State", choice("statecode")),
                named("Status", choice("statuscode")),
            ],
            ..Message::default()
        };
        tell(organisation, caller, table, &steps, message);
    }
}

/// A row is about to be deleted.
pub(crate) fn deleted(organisation: &mut Organisation, caller: &Caller, table: TableId, id: Uuid) {
    let steps = organisation.steps_for("Delete", table);
    if steps.is_empty() {
        return;
    }
    let row = organisation.row(table, id).cloned();
    let message = Message {
        name: "Delete",
        primary: Some(id),
        row: Some(id),
        property: "Target",
        before: row.as_ref(),
        input: vec![named(
            "Target",
            snapshot::reference(organisation, table, id),
        )],
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

fn no_duplicate_detection() -> (String, Datum) {
    named("SuppressDuplicateDetection", Datum::Flag(false))
}

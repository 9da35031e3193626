//! Creating, changing and deleting rows: defaults, states, read-only columns, required columns and the columns that the
//! service fills itself.

use std::sync::Arc;

use uuid::Uuid;

use super::access::Right;
use super::activity;
use super::alternate;
use super::caller::Caller;
use super::computed;
use super::drawn;
use super::model::{ChoiceRole, ColumnId, Kind, Model, OnDelete, Table, TableId, Through};
use super::operations::lists;
use super::party;
use super::payload::Changes;
use super::queue;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::state;
use super::steps;
use super::value::Value;

/// Makes a row and returns its key. The key comes from the address, else from the body, else it is new.
pub(crate) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Option<Uuid>,
    changes: &Changes,
) -> Result<Uuid, Refusal> {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    if described.name == activity::VIEW {
        return Err(Refusal::no_such_message("Create", &described.name));
    }
    caller.may(Right::Create, described)?;
    let id = id.or(changes.id).unwrap_or_else(drawn::key);
    if organisation.row(table, id).is_some() {
        return Err(Refusal::duplicate_key());
    }
    let mut row = Row::with_defaults(described);
    for (column, target, nested) in &changes.before {
        let made = create(organisation, caller, *target, None, nested)?;
        row.set_at(*column, Value::Row(*target, made));
    }
    for (column, value) in &changes.columns {
        if described.columns[*column].read_only {
            return Err(Refusal::read_only(
                &described.columns[*column].name,
                &described.name,
            ));
        }
        row.set_at(*column, value.clone());
    }
    settle_state(described, id, &mut row, changes)?;
    if let Some((state, first)) = state_column(described).map(|at| {
        (
            row.at(at).as_whole(),
            described.options(at).first().map(|option| option.value),
        )
    }) && state != first
    {
        let status = described
            .column("statuscode")
            .and_then(|at| row.at(at).as_whole())
            .unwrap_or_default();
        return Err(Refusal::status_not_of_state(
            status,
            first.unwrap_or_default(),
            &described.name,
            id,
        ));
    }
    state::before_write(organisation, caller, table, id, None, &mut row)?;
    computed::at_creation(organisation, &model, table, &mut row, caller);
    check(organisation, &model, table, id, &row, caller, true)?;
    if let Some(number) = &described.autonumber
        && row.at(number.column).is_null()
    {
        let next = organisation.next_number(table, number.first);
        row.set_at(number.column, Value::text(&computed::number(number, next)));
    }
    caller.put(organisation, table, id, row);
    state::after_write(organisation, caller, table, id, None)?;
    // Activities are told of with their parties, which are rows of their own.
    if !described.activity {
        steps::created(organisation, caller, table, id);
    }
    create_related(organisation, caller, table, id, changes)?;
    if described.activity {
        steps::created(organisation, caller, table, id);
    }
    Ok(id)
}

/// Makes the rows that the body of a new row holds in its collections.
/// Source: Microsoft Learn, "Create a table row using the Web API" (deep insert).
fn create_related(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    changes: &Changes,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    for (collection, rows) in &changes.after {
        if party::is_of_activity(&model, collection) {
            party::set(organisation, caller, (table, id), collection.table, rows)?;
            continue;
        }
        if let Some(through) = collection.through {
            let pairs = model.table(through.table);
            if pairs.name == lists::MEMBERSHIP && !rows.is_empty() {
                return Err(Refusal::no_such_message("Associate", &pairs.name));
            }
        }
        for nested in rows {
            let mut nested = nested.clone();
            if collection.through.is_none() {
                nested
                    .columns
                    .push((collection.column, Value::Row(table, id)));
            }
            let made = create(organisation, caller, collection.table, None, &nested)?;
            if let Some(through) = collection.through {
                let far = (collection.table, made);
                join(organisation, caller, through, (table, id), far);
            }
        }
    }
    Ok(())
}

/// Adds a pair of a many-to-many relationship.
pub(crate) fn join(
    organisation: &mut Organisation,
    caller: &Caller,
    through: Through,
    here: (TableId, Uuid),
    there: (TableId, Uuid),
) {
    let model = Arc::clone(organisation.model());
    let pairs = model.table(through.table);
    let mut pair = Row::with_defaults(pairs);
    for (column, (table, id)) in [(through.here, here), (through.there, there)] {
        let value = match pairs.columns[column].kind {
            Kind::Lookup(_) => Value::Row(table, id),
            _ => Value::Guid(id),
        };
        pair.set_at(column, value);
    }
    caller.put(organisation, through.table, drawn::key(), pair);
}

/// Changes the columns that the body names.
pub(crate) fn update(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    changes: &Changes,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    if described.name == activity::VIEW {
        return Err(Refusal::no_such_message("Update", &described.name));
    }
    let before = organisation
        .row(table, id)
        .ok_or_else(|| Refusal::missing_row(&described.name, id))?
        .clone();
    caller.may(Right::Write, described)?;
    if changes.id.is_some_and(|other| other != id) {
        return Err(Refusal::read_only(&described.id, &described.name));
    }
    if !changes.before.is_empty() {
        return Err(Refusal::deep_update(&described.set));
    }
    for (collection, parties) in &changes.after {
        if !party::is_of_activity(&model, collection) {
            return Err(Refusal::deep_update(&described.set));
        }
        party::set(organisation, caller, (table, id), collection.table, parties)?;
    }
    if !state::is_open(described, &before)
        && changes
            .columns
            .iter()
            .any(|(column, _)| !is_state(described, *column))
    {
        return Err(state::closed(described));
    }
    let mut row = before.clone();
    for (column, value) in &changes.columns {
        let known = &described.columns[*column];
        if known.read_only || known.create_only {
            return Err(Refusal::read_only(&known.name, &described.name));
        }
        row.set_at(*column, value.clone());
    }
    settle_state(described, id, &mut row, changes)?;
    state::before_write(organisation, caller, table, id, Some(&before), &mut row)?;
    computed::at_update(organisation, &model, table, &before, &mut row, caller);
    if before.get(described, "ownerid") != row.get(described, "ownerid") {
        caller.may(Right::Assign, described)?;
    }
    check(organisation, &model, table, id, &row, caller, false)?;
    caller.put(organisation, table, id, row);
    steps::updated(organisation, caller, table, id, &before, changes);
    state::after_write(organisation, caller, table, id, Some(&before))
}

/// Changes a row as the service itself does, past the rules for callers.
pub(crate) fn as_system(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    change: impl FnOnce(&Table, &mut Row),
) {
    let model = Arc::clone(organisation.model());
    let Some(before) = organisation.row(table, id).cloned() else {
        return;
    };
    let (described, mut row) = (model.table(table), before.clone());
    change(described, &mut row);
    row.set(described, "modifiedon", Value::time(caller.now));
    if let Some(users) = model.by_name("systemuser") {
        row.set(described, "modifiedby", Value::Row(users, caller.user));
    }
    caller.put(organisation, table, id, row);
    steps::changed(organisation, caller, table, id, &before);
}

/// Deletes a row; what becomes of the rows that point to it, the model says for each collection.
pub(crate) fn delete(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    if described.name == activity::VIEW {
        return Err(Refusal::no_such_message("Delete", &described.name));
    }
    let row = organisation
        .row(table, id)
        .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
    caller.may(Right::Delete, described)?;
    state::before_delete(organisation, table, row)?;
    steps::deleted(organisation, caller, table, id);
    for collection in &described.collections {
        if let Some(through) = collection.through {
            for pair in organisation.having(through.table, through.here, &Value::Guid(id)) {
                caller.remove(organisation, through.table, pair);
            }
            continue;
        }
        // Its rows follow those of the activity tables.
        if model.table(collection.table).name == activity::VIEW {
            continue;
        }
        for related in organisation.having(collection.table, collection.column, &Value::Guid(id)) {
            match collection.on_delete {
                OnDelete::Restrict => return Err(Refusal::still_in_use()),
                OnDelete::Cascade => delete(organisation, caller, collection.table, related)?,
                OnDelete::RemoveLink => {
                    as_system(organisation, caller, collection.table, related, |_, row| {
                        row.set_at(collection.column, Value::Null)
                    });
                }
            }
        }
    }
    caller.remove(organisation, table, id);
    Ok(())
}

/// True while the row is in its table's first state, or when the table has no states.
pub(crate) fn is_active(table: &Table, row: &Row) -> bool {
    state_column(table).is_none_or(|at| {
        row.at(at).as_whole() == table.options(at).first().map(|option| option.value)
    })
}

fn state_column(table: &Table) -> Option<ColumnId> {
    table.column("statecode")
}

fn is_state(table: &Table, column: ColumnId) -> bool {
    matches!(
        table.columns[column].kind,
        Kind::Choice {
            role: ChoiceRole::State | ChoiceRole::Status,
            ..
        }
    )
}

/// Brings state and status reason together: a state alone gets its default reason, and a reason must belong to the state.
/// Source: Microsoft Learn, "Update and delete table rows using the Web API".
fn settle_state(table: &Table, id: Uuid, row: &mut Row, changes: &Changes) -> Result<(), Refusal> {
    let (Some(state_at), Some(status_at)) = (state_column(table), table.column("statuscode"))
    else {
        return Ok(());
    };
    let (state, status) = (changes.given(state_at), changes.given(status_at));
    if state.is_none() && status.is_none() {
        return Ok(());
    }
    let Some(chosen) = row.at(state_at).as_whole() else {
        return Err(Refusal::invalid_argument(
            "The state of a row cannot be empty.",
        ));
    };
    if status.is_none_or(Value::is_null) {
        let reason = table
            .options(state_at)
            .iter()
            .find(|option| option.value == chosen)
            .and_then(|option| option.default_reason);
        row.set_at(status_at, reason.map_or(Value::Null, Value::Whole));
        return Ok(());
    }
    let reason = row.at(status_at).as_whole().unwrap_or_default();
    if table
        .options(status_at)
        .iter()
        .any(|option| option.value == reason && option.state == Some(chosen))
    {
        return Ok(());
    }
    Err(Refusal::status_not_of_state(
        reason,
        chosen,
        &table.name,
        id,
    ))
}

fn check(
    organisation: &Organisation,
    model: &Model,
    table: TableId,
    id: Uuid,
    row: &Row,
    caller: &Caller,
    new: bool,
) -> Result<(), Refusal> {
    let described = model.table(table);
    for (at, column) in described
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.required)
    {
        if row.at(at).is_null() {
            return Err(if column.name == "customerid" {
                Refusal::case_without_customer()
            } else {
                Refusal::required(&column.name, &described.name)
            });
        }
    }
    alternate::check(organisation, table, id, row)?;
    if described.name == "queueitem" {
        queue::check_item(organisation, described, table, id, row, new)?;
    }
    match described.duplicates_by {
        Some(column) if caller.detect_duplicates && !row.at(column).is_null() => {
            let others = organisation.having(table, column, row.at(column));
            let duplicate = others.into_iter().any(|other| {
                other != id
                    && organisation
                        .row(table, other)
                        .is_some_and(|row| is_active(described, row))
            });
            if duplicate {
                Err(Refusal::duplicate_found())
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

//! Which states a row may change to, what cannot be changed while it is closed, and what follows from a change.
//!
//! Leads, opportunities and cases go from one closed state to another only through the open one.
//! Sources: Microsoft Learn, "Update and delete table rows using the Web API", "Web service error codes" and the references of
//! the tables.

use uuid::Uuid;

use super::caller::Caller;
use super::change;
use super::entitlement;
use super::incident;
use super::model::{ColumnId, Table, TableId};
use super::queue;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::steps;

/// The state of an appointment that has a time and is still to come.
const SCHEDULED: i64 = 3;

/// Called before a row is stored, with the row that is there so far: refuses what the table does not allow, and completes
/// what follows from the row itself.
pub(crate) fn before_write(
    organisation: &Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: Option<&Row>,
    row: &mut Row,
) -> Result<(), Refusal> {
    let described = organisation.model().table(table);
    if let Some(before) = before {
        check_transition(organisation, described, table, id, before, row)?;
    }
    match described.name.as_str() {
        "incident" => entitlement::before_case(organisation, table, before, row),
        "entitlement" => entitlement::before_write(organisation, caller, table, id, before, row),
        "entitlementchannel" => entitlement::check_channel(organisation, described, row),
        "serviceendpoint"
        | "sdkmessageprocessingstep"
        | "sdkmessageprocessingstepimage"
        | "asyncoperation" => steps::check(organisation, described, before, row),
        _ => Ok(()),
    }
}

/// Called after a row was stored, with the row that was there before.
pub(crate) fn after_write(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: Option<&Row>,
) -> Result<(), Refusal> {
    let model = std::sync::Arc::clone(organisation.model());
    let described = model.table(table);
    let states = |row: &Row| row.get(described, "statecode").as_whole();
    let changed = match (before, organisation.row(table, id)) {
        (Some(before), Some(after)) => states(before) != states(after),
        _ => false,
    };
    if described.name == "incident" {
        // Terms are counted before a case that is opened again withdraws its resolution, by which some of them are told.
        entitlement::after_case(organisation, caller, table, id, before);
    }
    if changed
        && organisation
            .row(table, id)
            .is_some_and(|row| !change::is_active(described, row) && !is_scheduled(described, row))
    {
        queue::leave(organisation, caller, table, id);
    }
    if changed {
        let from = before.and_then(states);
        incident::state_changed(organisation, caller, table, id, from);
    }
    Ok(())
}

/// Called before a row is deleted.
pub(crate) fn before_delete(
    organisation: &Organisation,
    table: TableId,
    row: &Row,
) -> Result<(), Refusal> {
    let described = organisation.model().table(table);
    match described.name.as_str() {
        "entitlement" => entitlement::check_delete(described, row),
        "entitlementchannel" => entitlement::check_channel(organisation, described, row),
        _ => Ok(()),
    }
}

/// True while callers may change the columns of a row.
pub(crate) fn is_open(table: &Table, row: &Row) -> bool {
    !table.read_only_when_inactive || change::is_active(table, row) || is_scheduled(table, row)
}

fn is_scheduled(table: &Table, row: &Row) -> bool {
    table.name == "appointment" && row.get(table, "statecode").as_whole() == Some(SCHEDULED)
}

/// The refusal of what a closed row does not allow.
pub(crate) fn closed(table: &Table) -> Refusal {
    match table.name.as_str() {
        "incident" => Refusal::already_closed(),
        "lead" => Refusal::new(400, "0x80040519", "The lead is already closed."),
        "opportunity" => Refusal::new(400, "0x80040515", "The opportunity is already closed."),
        "entitlement" => Refusal::new(400, "0x80060613", "You can only edit a draft entitlement."),
        name => Refusal::invalid_argument(format!(
            "A row of '{name}' that is not open can only change its state."
        )),
    }
}

/// The status reason for a state: the given one when it belongs to it, and the state's own when -1 is given.
pub(crate) fn reason(table: &Table, id: Uuid, state: i64, given: i64) -> Result<i64, Refusal> {
    let of = |column: &str| table.column(column).map(|at| table.options(at));
    let fits = |option: &&super::model::ChoiceOption| option.state == Some(state);
    let reasons = of("statuscode").unwrap_or_default();
    let found = if given == -1 {
        let own = of("statecode")
            .unwrap_or_default()
            .iter()
            .find(|option| option.value == state)
            .and_then(|option| option.default_reason);
        own.or_else(|| reasons.iter().find(fits).map(|option| option.value))
    } else {
        reasons
            .iter()
            .filter(fits)
            .map(|option| option.value)
            .find(|value| *value == given)
    };
    found.ok_or_else(|| Refusal::status_not_of_state(given, state, &table.name, id))
}

/// True when the table lets a row go from one state to the other at all, by whatever message.
pub(crate) fn is_allowed(table: &Table, from: i64, to: i64) -> bool {
    match table.name.as_str() {
        "lead" | "opportunity" | "incident" => from == 0 || to == 0,
        "entitlement" => entitlement::transition(from, to).is_ok(),
        _ => true,
    }
}

fn check_transition(
    organisation: &Organisation,
    described: &Table,
    table: TableId,
    id: Uuid,
    before: &Row,
    row: &Row,
) -> Result<(), Refusal> {
    let Some(column) = described.column("statecode") else {
        return Ok(());
    };
    let state = |row: &Row, column: ColumnId| row.at(column).as_whole().unwrap_or_default();
    let (from, to) = (state(before, column), state(row, column));
    if from == to {
        return Ok(());
    }
    match described.name.as_str() {
        // Only the actions that record how an opportunity ended close it.
        "opportunity" if from == 0 => Err(Refusal::new(
            400,
            "0x80040516",
            "The opportunity cannot be closed.",
        )),
        "entitlement" => entitlement::transition(from, to),
        "incident" if from == 0 && to == incident::CANCELLED => {
            incident::check_open_activities(organisation, table, id, to)
        }
        _ if is_allowed(described, from, to) => Ok(()),
        _ => Err(closed(described)),
    }
}

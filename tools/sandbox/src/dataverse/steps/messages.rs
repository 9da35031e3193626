//! The messages of single tables, which have parameters of their own.
//! Sources: Microsoft Learn, "CloseIncident action", "WinOpportunity action", "QualifyLead action" and "Merge table rows".

use uuid::Uuid;

use super::super::caller::Caller;
use super::super::model::TableId;
use super::super::payload::Changes;
use super::super::rows::Organisation;
use super::contract::Datum;
use super::snapshot;
use super::telling::{Message, given, named, tell};

/// A case was closed. The message has no target: the case is named inside the resolution.
pub(crate) fn closed(
    organisation: &mut Organisation,
    caller: &Caller,
    cases: TableId,
    (resolutions, changes): (TableId, &Changes),
    status: i64,
) {
    with_activity(
        organisation,
        caller,
        ("Close", cases),
        ("IncidentResolution", resolutions, changes),
        status,
    );
}

/// An opportunity was won or lost.
pub(crate) fn ended(
    organisation: &mut Organisation,
    caller: &Caller,
    (won, opportunities): (bool, TableId),
    (closes, changes): (TableId, &Changes),
    status: i64,
) {
    let name = if won { "Win" } else { "Lose" };
    with_activity(
        organisation,
        caller,
        (name, opportunities),
        ("OpportunityClose", closes, changes),
        status,
    );
}

/// A message that is given the activity which records it.
fn with_activity(
    organisation: &mut Organisation,
    caller: &Caller,
    (name, table): (&'static str, TableId),
    (parameter, activities, changes): (&str, TableId, &Changes),
    status: i64,
) {
    let steps = organisation.steps_for(name, table);
    if steps.is_empty() {
        return;
    }
    let activity = given(organisation, activities, changes);
    let message = Message {
        name,
        input: vec![
            named(parameter, Datum::Entity(activity)),
            named("Status", Datum::Choice(status)),
        ],
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

/// Two rows were merged.
pub(crate) fn merged(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    (target, subordinate): (Uuid, Uuid),
    checks: bool,
) {
    let steps = organisation.steps_for("Merge", table);
    if steps.is_empty() {
        return;
    }
    let after = organisation.row(table, target).cloned();
    let message = Message {
        name: "Merge",
        primary: Some(target),
        row: Some(target),
        property: "Target",
        after: after.as_ref(),
        input: vec![
            named("Target", snapshot::reference(organisation, table, target)),
            named("SubordinateId", Datum::Guid(subordinate)),
            named("PerformParentingChecks", Datum::Flag(checks)),
        ],
        ..Message::default()
    };
    tell(organisation, caller, table, &steps, message);
}

/// A lead was qualified.
pub(crate) fn qualified(
    organisation: &mut Organisation,
    caller: &Caller,
    (leads, lead): (TableId, Uuid),
    status: i64,
    made: &[(&str, bool)],
) {
    let steps = organisation.steps_for("QualifyLead", leads);
    if steps.is_empty() {
        return;
    }
    let mut input = vec![named(
        "LeadId",
        snapshot::reference(organisation, leads, lead),
    )];
    input.extend(
        made.iter()
            .map(|(name, made)| named(name, Datum::Flag(*made))),
    );
    input.push(named("Status", Datum::Choice(status)));
    let message = Message {
        name: "QualifyLead",
        primary: Some(lead),
        input,
        ..Message::default()
    };
    tell(organisation, caller, leads, &steps, message);
}

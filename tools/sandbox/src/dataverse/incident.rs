//! What cases do: closing with a resolution, and what follows from a change of state.
//! Source: Microsoft Learn, "Incident (case) entity" and "CloseIncident action".

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::access::Right;
use super::activity;
use super::caller::Caller;
use super::change;
use super::model::{Model, Table, TableId};
use super::operations::{Invocation, Parameters, refuse_unknown_parameters};
use super::payload::{self, Changes, References};
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::state;
use super::steps;
use super::value::Value;

/// States of a case.
pub(crate) const RESOLVED: i64 = 1;
pub(crate) const CANCELLED: i64 = 2;
/// The states of an activity that is still to be done.
const OPEN: &[i64] = &[0, 3];
/// State and status reason of a resolution that holds, and of one whose case was opened again.
const COMPLETED: (i64, i64) = (1, 2);
const WITHDRAWN: (i64, i64) = (2, 3);

/// `CloseIncident`: parameters `IncidentResolution` and `Status`.
pub(crate) fn close(
    organisation: &mut Organisation,
    caller: &Caller,
    body: &Map<String, Json>,
    references: &References,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let (Some(cases), Some(resolutions)) = (
        model.by_name("incident"),
        model.by_name("incidentresolution"),
    ) else {
        return Err(Refusal::unknown_segment("CloseIncident"));
    };
    refuse_unknown_parameters(body, &["IncidentResolution", "Status"])?;
    let Some(Json::Object(resolution)) = body.get("IncidentResolution") else {
        return Err(Refusal::payload(
            "CloseIncident",
            "The parameter 'IncidentResolution' is missing.",
        ));
    };
    let Some(status) = body.get("Status").and_then(Json::as_i64) else {
        return Err(Refusal::payload(
            "CloseIncident",
            "The parameter 'Status' is missing or no number.",
        ));
    };
    // Callers name the case by binding it or by an object with its key.
    let mut resolution = resolution.clone();
    if let Some(named) = resolution
        .get("incidentid")
        .filter(|named| !named.is_null())
    {
        let (_, id) = payload::entity(&model, named, Some("incident"))?;
        resolution.remove("incidentid");
        resolution.insert(
            "incidentid@odata.bind".to_owned(),
            Json::String(format!("incidents({id})")),
        );
    }
    let changes = payload::read(organisation, resolutions, &resolution, references)?;
    let about = model
        .table(resolutions)
        .column("incidentid")
        .and_then(|column| changes.given(column))
        .and_then(Value::as_row);
    let Some((_, case)) = about else {
        return Err(Refusal::required("incidentid", "incidentresolution"));
    };
    caller.may(Right::Write, model.table(cases))?;
    let status = organisation.deeper(|organisation| {
        close_case(
            organisation,
            caller,
            cases,
            resolutions,
            case,
            status,
            &changes,
        )
    })?;
    let resolution = (resolutions, &changes);
    steps::closed(organisation, caller, cases, resolution, status);
    Ok(())
}

/// Returns the status reason that the case has now.
fn close_case(
    organisation: &mut Organisation,
    caller: &Caller,
    cases: TableId,
    resolutions: TableId,
    case: Uuid,
    status: i64,
    changes: &Changes,
) -> Result<i64, Refusal> {
    let model = Arc::clone(organisation.model());
    let table = model.table(cases);
    let row = organisation
        .row(cases, case)
        .ok_or_else(|| Refusal::missing_row(&table.name, case))?;
    if !change::is_active(table, row) {
        return Err(Refusal::already_closed());
    }
    let status = state::reason(table, case, RESOLVED, status)?;
    let before = row.clone();
    check_open_activities(organisation, cases, case, RESOLVED)?;
    let resolution = change::create(organisation, caller, resolutions, None, changes)?;
    change::as_system(
        organisation,
        caller,
        resolutions,
        resolution,
        |table, row| {
            row.set(table, "statecode", Value::Whole(COMPLETED.0));
            row.set(table, "statuscode", Value::Whole(COMPLETED.1));
            row.set(table, "resolutiontypecode", Value::Whole(status));
            if row.get(table, "actualend").is_null() {
                row.set(table, "actualend", Value::time(caller.now));
            }
        },
    );
    change::as_system(organisation, caller, cases, case, |table, row| {
        row.set(table, "statecode", Value::Whole(RESOLVED));
        row.set(table, "statuscode", Value::Whole(status));
    });
    state::after_write(organisation, caller, cases, case, Some(&before))?;
    Ok(status)
}

/// What follows when a case changed its state: one that is opened again withdraws its resolutions.
pub(crate) fn state_changed(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: Option<i64>,
) {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    if described.name != "incident" {
        return;
    }
    let Some(active) = organisation
        .row(table, id)
        .map(|row| change::is_active(described, row))
    else {
        return;
    };
    if active && before == Some(RESOLVED) {
        each_active(
            organisation,
            caller,
            &model,
            (table, id),
            "Incident_IncidentResolutions",
            COMPLETED.0,
            WITHDRAWN,
        );
    }
}

/// Gives every row of a collection that is in one state another.
fn each_active(
    organisation: &mut Organisation,
    caller: &Caller,
    model: &Model,
    (table, id): (TableId, Uuid),
    collection: &str,
    from: i64,
    (state, status): (i64, i64),
) {
    let Some(collection) = model.table(table).collection(collection) else {
        return;
    };
    let child = model.table(collection.table);
    for related in organisation.having(collection.table, collection.column, &Value::Guid(id)) {
        let concerned = organisation
            .row(collection.table, related)
            .is_some_and(|row| row.get(child, "statecode").as_whole() == Some(from));
        if concerned {
            change::as_system(
                organisation,
                caller,
                collection.table,
                related,
                |child, row| {
                    row.set(child, "statecode", Value::Whole(state));
                    row.set(child, "statuscode", Value::Whole(status));
                },
            );
        }
    }
}

/// Refuses to close a case that has activities to be done.
/// Source: Microsoft Learn, "Web service error codes" (IncidentCannotCancel and its sibling for closing).
pub(crate) fn check_open_activities(
    organisation: &Organisation,
    cases: TableId,
    case: Uuid,
    state: i64,
) -> Result<(), Refusal> {
    let open = activities(organisation, cases, case)
        .into_iter()
        .any(|(table, row)| {
            row.get(table, "statecode")
                .as_whole()
                .is_some_and(|state| OPEN.contains(&state))
        });
    match (open, state) {
        (false, _) => Ok(()),
        (true, CANCELLED) => Err(Refusal::new(
            400,
            "0x8004440e",
            "The incident can not be cancelled because there are open activities for this incident.",
        )),
        (true, _) => Err(Refusal::new(
            400,
            "0x8004440a",
            "The incident can not be closed because there are open activities for this incident.",
        )),
    }
}

/// The minutes that the activities of a case took, as `CalculateTotalTimeIncident` counts them.
pub(crate) fn total_minutes(organisation: &Organisation, cases: TableId, case: Uuid) -> i64 {
    let done = activities(organisation, cases, case).into_iter();
    done.filter(|(table, row)| row.get(table, "statecode").as_whole() == Some(COMPLETED.0))
        .filter_map(|(table, row)| row.get(table, "actualdurationminutes").as_whole())
        .sum()
}

/// The activities about a case, as the view over all activities shows them.
fn activities(organisation: &Organisation, cases: TableId, case: Uuid) -> Vec<(&Table, &Row)> {
    let model = organisation.model();
    let found = model.by_name(activity::VIEW).and_then(|view| {
        let table = model.table(view);
        Some((view, table, table.column("regardingobjectid")?))
    });
    let Some((view, table, regarding)) = found else {
        return Vec::new();
    };
    let about = organisation.having(view, regarding, &Value::Row(cases, case));
    about
        .into_iter()
        .filter_map(|id| organisation.row(view, id).map(|row| (table, row)))
        .collect()
}

/// The minutes that the newest resolution of a case says were spent on it.
pub(crate) fn minutes_of_last_resolution(
    organisation: &Organisation,
    cases: TableId,
    case: Uuid,
) -> f64 {
    let model = organisation.model();
    let Some(collection) = model
        .table(cases)
        .collection("Incident_IncidentResolutions")
    else {
        return 0.0;
    };
    let table = model.table(collection.table);
    let rows = organisation.related(collection, case).into_iter();
    let newest = rows
        .filter_map(|id| organisation.row(collection.table, id))
        .max_by_key(|row| row.version);
    newest
        .and_then(|row| row.get(table, "timespent").as_whole())
        .and_then(|minutes| i32::try_from(minutes).ok())
        .map_or(0.0, f64::from)
}

/// `ApplyRoutingRule`: this organisation has no active rule. Source: Microsoft Learn, "Web service error codes".
pub(crate) fn apply_routing_rule(organisation: &Organisation, call: &Invocation<'_>) -> Refusal {
    let target = Parameters::read(call, &["Target"])
        .and_then(|parameters| parameters.row(organisation, "Target", None));
    match target {
        Ok(_) => Refusal::new(
            400,
            "0x8004f874",
            "Currently there's no active rule to route this case.",
        ),
        Err(refusal) => refusal,
    }
}

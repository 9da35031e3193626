//! What cases do: closing with a resolution, what follows from a change of state, merging.
//! Source: Microsoft Learn, "Incident (case) entity", "CloseIncident action" and "Merge table rows using the Web API".

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::caller::Caller;
use super::change;
use super::model::{Model, TableId};
use super::payload::{self, Changes, References};
use super::refusal::Refusal;
use super::rows::Organisation;
use super::value::Value;

/// States of a case.
pub(crate) const RESOLVED: i64 = 1;
pub(crate) const CANCELLED: i64 = 2;
/// The status reason of a case that was merged into another.
const MERGED: i64 = 2000;
/// State and status reason of a resolution that holds, and of one whose case was opened again.
const COMPLETED: (i64, i64) = (1, 2);
const WITHDRAWN: (i64, i64) = (2, 3);
/// State and status reason of a queue item that is out of work.
const OUT_OF_QUEUE: (i64, i64) = (1, 2);

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
    close_case(
        organisation,
        caller,
        cases,
        resolutions,
        case,
        status,
        &changes,
    )
}

fn close_case(
    organisation: &mut Organisation,
    caller: &Caller,
    cases: TableId,
    resolutions: TableId,
    case: Uuid,
    status: i64,
    changes: &Changes,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let table = model.table(cases);
    let row = organisation
        .row(cases, case)
        .ok_or_else(|| Refusal::missing_row(&table.name, case))?;
    if !change::is_active(table, row) {
        return Err(Refusal::already_closed());
    }
    let reasons = table
        .column("statuscode")
        .map(|column| table.options(column))
        .unwrap_or_default();
    let status = if status == -1 {
        reasons
            .iter()
            .find(|reason| reason.state == Some(RESOLVED))
            .map_or(status, |reason| reason.value)
    } else {
        status
    };
    if !reasons
        .iter()
        .any(|reason| reason.value == status && reason.state == Some(RESOLVED))
    {
        return Err(Refusal::status_not_of_state(
            status,
            RESOLVED,
            &table.name,
            case,
        ));
    }
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
    state_changed(organisation, caller, cases, case, Some(0));
    Ok(())
}

/// What follows when a row changed its state: queue items of a case that is no longer active leave their queues, and a case
/// that is opened again withdraws its resolutions.
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
    if !active {
        each_active(
            organisation,
            caller,
            &model,
            (table, id),
            "Incident_QueueItem",
            0,
            OUT_OF_QUEUE,
        );
    } else if before == Some(RESOLVED) {
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

/// `Merge` for cases: the subordinate case is cancelled as merged and names the case that goes on.
pub(crate) fn merge(
    organisation: &mut Organisation,
    caller: &Caller,
    body: &Map<String, Json>,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    refuse_unknown_parameters(
        body,
        &[
            "Target",
            "Subordinate",
            "UpdateContent",
            "PerformParentingChecks",
        ],
    )?;
    let parameter = |name: &str| match body.get(name) {
        Some(json) => payload::entity(&model, json, None),
        None => Err(Refusal::payload(
            "Merge",
            &format!("The parameter '{name}' is missing."),
        )),
    };
    let ((target_table, target), (table, subordinate)) =
        (parameter("Target")?, parameter("Subordinate")?);
    let described = model.table(table);
    if described.name != "incident" {
        return Err(Refusal::not_implemented("Merging rows of this table"));
    }
    if target_table != table || target == subordinate {
        return Err(Refusal::invalid_argument(
            "A case can be merged only into another case.",
        ));
    }
    for id in [target, subordinate] {
        let row = organisation
            .row(table, id)
            .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
        if !change::is_active(described, row) {
            return Err(Refusal::already_closed());
        }
    }
    change::as_system(
        organisation,
        caller,
        table,
        subordinate,
        |described, row| {
            row.set(described, "statecode", Value::Whole(CANCELLED));
            row.set(described, "statuscode", Value::Whole(MERGED));
            row.set(described, "merged", Value::Flag(true));
            row.set(described, "masterid", Value::Row(table, target));
        },
    );
    state_changed(organisation, caller, table, subordinate, Some(0));
    Ok(())
}

pub(crate) fn refuse_unknown_parameters(
    body: &Map<String, Json>,
    known: &[&str],
) -> Result<(), Refusal> {
    match body
        .keys()
        .find(|name| !name.starts_with('@') && !known.contains(&name.as_str()))
    {
        Some(name) => Err(Refusal::payload(
            "",
            &format!(
                "The parameter '{name}' in the request payload is not a valid parameter for the operation."
            ),
        )),
        None => Ok(()),
    }
}

//! What an agent does with cases: opens them, works on them, ends them. Every action is a form of the pages.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Dataverse;
use super::agent_page::{case_page, cases_page, cause_column, find, object};
use super::caller::Caller;
use super::change;
use super::incident;
use super::operations;
use super::payload::{self, References};
use super::refusal::Refusal;
use super::rows::Organisation;
use super::value::Value;

/// What the subject of a comment that the customer may see begins with.
const PUBLIC: &str = "[public]";

/// The fields of every form of a case.
#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text: String,
    /// A choice's value.
    #[serde(default)]
    value: String,
    /// `public` for a comment that the customer may see.
    #[serde(default)]
    visibility: String,
}

/// The fields of a case that is opened.
#[derive(Deserialize)]
pub(super) struct NewCase {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    customer: String,
}

/// `POST /agent/cases`
pub(super) async fn open(State(dataverse): State<Dataverse>, Form(new): Form<NewCase>) -> Response {
    let caller = dataverse.agent();
    let mut case = json!({"title": new.title, "description": new.description});
    if !new.customer.is_empty() {
        case["customerid_contact@odata.bind"] = Json::from(format!("/contacts({})", new.customer));
    }
    let made = dataverse
        .transaction(|organisation| {
            if new.title.trim().is_empty() {
                return Err(Refusal::invalid_argument("A case needs a title."));
            }
            create(organisation, &caller, "incident", &case)
        })
        .await;
    match made {
        Ok(id) => Redirect::to(&format!("/agent/cases/{id}")).into_response(),
        Err(refusal) => cases_page(&dataverse, Some(refusal)),
    }
}

/// `POST /agent/cases/{id}/{resolve|note|status|cause|cancel|merge|reactivate}`
pub(super) async fn act(
    State(dataverse): State<Dataverse>,
    Path((id, action)): Path<(Uuid, String)>,
    Form(fields): Form<Fields>,
) -> Response {
    let caller = dataverse.agent();
    let done = dataverse
        .transaction(|organisation| match action.as_str() {
            "resolve" => resolve(organisation, &caller, id, &fields),
            "note" => comment(organisation, &caller, id, &fields),
            "status" => status(organisation, &caller, id, &fields.value),
            "cause" => cause(organisation, &caller, id, &fields),
            "cancel" => write(
                organisation,
                &caller,
                id,
                json!({"statecode": incident::CANCELLED}),
            ),
            "merge" => merge(organisation, &caller, id, fields.text.trim()),
            // The form of the product sets the state by a message of its own.
            "reactivate" => write(
                organisation,
                &caller.clone().setting_states(),
                id,
                json!({"statecode": 0}),
            ),
            other => Err(Refusal::unknown_segment(other)),
        })
        .await;
    match done {
        Ok(()) => Redirect::to(&format!("/agent/cases/{id}")).into_response(),
        Err(refusal) => case_page(&dataverse, id, Some(refusal)),
    }
}

fn resolve(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    fields: &Fields,
) -> Result<(), Refusal> {
    let subject = match fields.subject.trim() {
        "" => "Resolved",
        subject => subject,
    };
    let resolution = json!({"subject": subject, "description": fields.text, "incidentid@odata.bind": format!("/incidents({id})")});
    let body = object(json!({"IncidentResolution": resolution, "Status": -1}));
    incident::close(organisation, caller, &body, &References::default())
}

/// A note, which says in its subject whether the customer may see it.
fn comment(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    fields: &Fields,
) -> Result<(), Refusal> {
    let subject = match (fields.visibility.as_str(), fields.subject.trim()) {
        ("public", subject) => format!("{PUBLIC} {subject}").trim().to_owned(),
        (_, subject) => subject.to_owned(),
    };
    note(organisation, caller, id, &subject, &fields.text)
}

fn note(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    subject: &str,
    text: &str,
) -> Result<(), Refusal> {
    let note = json!({"subject": subject, "notetext": text, "objectid_incident@odata.bind": format!("/incidents({id})")});
    create(organisation, caller, "annotation", &note).map(|_| ())
}

fn status(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    value: &str,
) -> Result<(), Refusal> {
    let reason: i64 = value
        .parse()
        .map_err(|_| Refusal::invalid_argument("Choose a status."))?;
    write(organisation, caller, id, json!({"statuscode": reason}))
}

/// The cause in the column that somebody added for it, else as a note.
fn cause(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    fields: &Fields,
) -> Result<(), Refusal> {
    let column = find(organisation, "incident")
        .and_then(|(_, table)| Some(table.columns[cause_column(table)?].name.clone()));
    let Some(column) = column else {
        if fields.text.trim().is_empty() {
            return Err(Refusal::invalid_argument("Write what the cause was."));
        }
        return note(organisation, caller, id, "Root cause", &fields.text);
    };
    let chosen = match fields.value.as_str() {
        "" => Json::Null,
        value => value
            .parse::<i64>()
            .map(Json::from)
            .map_err(|_| Refusal::invalid_argument("Choose a cause."))?,
    };
    write(organisation, caller, id, json!({ column: chosen }))
}

/// Merges the case into the one with this number.
fn merge(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    ticket: &str,
) -> Result<(), Refusal> {
    let found = find(organisation, "incident").and_then(|(cases, table)| {
        let with_number =
            organisation.having(cases, table.column("ticketnumber")?, &Value::text(ticket));
        with_number.first().copied()
    });
    let target =
        found.ok_or_else(|| Refusal::invalid_argument("There is no case with this number."))?;
    let entity = |id: Uuid| json!({"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id.to_string()});
    let body = json!({"Target": entity(target), "Subordinate": entity(id), "PerformParentingChecks": false});
    operations::perform(organisation, caller, None, "Merge", &body).map(|_| ())
}

/// Changes columns of a case.
fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    id: Uuid,
    columns: Json,
) -> Result<(), Refusal> {
    update(organisation, caller, "incident", id, columns)
}

/// Changes columns of a row.
pub(super) fn update(
    organisation: &mut Organisation,
    caller: &Caller,
    table: &str,
    id: Uuid,
    columns: Json,
) -> Result<(), Refusal> {
    let found = organisation.model().by_name(table);
    let table = found.ok_or_else(|| Refusal::unknown_segment(table))?;
    let columns = object(columns);
    let changes = payload::read(organisation, table, &columns, &References::default())?;
    change::update(organisation, caller, table, id, &changes)
}

/// Makes a row.
pub(super) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    table: &str,
    body: &Json,
) -> Result<Uuid, Refusal> {
    let (Some(table), Json::Object(body)) = (organisation.model().by_name(table), body) else {
        return Err(Refusal::unknown_segment(table));
    };
    let changes = payload::read(organisation, table, body, &References::default())?;
    change::create(organisation, caller, table, None, &changes)
}

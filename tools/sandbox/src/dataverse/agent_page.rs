//! The page on which an agent sees the cases and works on them: a list, and one page per case with its forms.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Dataverse;
use super::change;
use super::incident;
use super::model::{Table, TableId};
use super::operations;
use super::payload::{self, References};
use super::query::order::name_of;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::value::Value;

/// One line of the list, and the head of a case's page.
struct Summary {
    id: Uuid,
    ticket: String,
    title: String,
    customer: String,
    queue: String,
    priority: String,
    state: String,
    status: String,
    created: String,
    active: bool,
}

struct Note {
    subject: String,
    text: String,
    author: String,
    created: String,
}

struct Resolution {
    subject: String,
    text: String,
    state: String,
    created: String,
}

#[derive(Template)]
#[template(path = "dataverse/cases.html")]
struct CasesPage {
    open: Vec<Summary>,
    closed: Vec<Summary>,
}

#[derive(Template)]
#[template(path = "dataverse/case.html")]
struct CasePage {
    case: Summary,
    description: String,
    owner: String,
    notes: Vec<Note>,
    resolutions: Vec<Resolution>,
    refused: Option<String>,
}

/// The fields of every form on a case's page.
#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text: String,
}

/// `GET /`
pub(super) async fn cases(State(dataverse): State<Dataverse>) -> Response {
    let page = {
        let organisation = dataverse.reading();
        let Some((cases, table)) = find(&organisation, "incident") else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut rows: Vec<(Uuid, &Row)> = organisation.rows(cases).collect();
        // The running number in the ticket tells apart what was made in the same second.
        rows.sort_by_key(|(_, row)| {
            std::cmp::Reverse((
                row.get(table, "createdon").as_time(),
                text(row.get(table, "ticketnumber")),
            ))
        });
        let (open, closed) = rows
            .into_iter()
            .map(|(id, row)| summary(&organisation, table, id, row))
            .partition(|case| case.active);
        CasesPage { open, closed }
    };
    rendered(page.render(), StatusCode::OK)
}

/// `GET /agent/style.css`
pub(super) async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../../templates/dataverse/style.css"),
    )
}

/// `GET /agent/cases/{id}`
pub(super) async fn case(State(dataverse): State<Dataverse>, Path(id): Path<Uuid>) -> Response {
    case_page(&dataverse, id, None)
}

/// What the address of a record names.
#[derive(Deserialize)]
pub(super) struct RecordLink {
    etn: String,
    id: Uuid,
}

/// `GET /main.aspx?etn=incident&pagetype=entityrecord&id=…`, the address under which the product opens a record.
/// Source: Microsoft Learn, "Open apps, forms, views, dialogs, and reports with a URL".
pub(super) async fn record_link(Query(link): Query<RecordLink>) -> Response {
    if link.etn != "incident" {
        return StatusCode::NOT_FOUND.into_response();
    }
    Redirect::to(&format!("/agent/cases/{}", link.id)).into_response()
}

/// `POST /agent/cases/{id}/{resolve|note|cancel|merge|reactivate}`
pub(super) async fn act(
    State(dataverse): State<Dataverse>,
    Path((id, action)): Path<(Uuid, String)>,
    Form(fields): Form<Fields>,
) -> Response {
    let caller = dataverse.agent();
    let done = dataverse.change(|organisation| match action.as_str() {
        "resolve" => {
            let subject = if fields.subject.trim().is_empty() { "Resolved" } else { fields.subject.trim() };
            let resolution = json!({"subject": subject, "description": fields.text, "incidentid@odata.bind": format!("/incidents({id})")});
            let body = object(json!({"IncidentResolution": resolution, "Status": -1}));
            incident::close(organisation, &caller, &body, &References::default())
        }
        "note" => {
            let note = object(json!({"subject": fields.subject, "notetext": fields.text, "objectid_incident@odata.bind": format!("/incidents({id})")}));
            let table = organisation.model().by_name("annotation").ok_or_else(|| Refusal::unknown_segment("annotations"))?;
            let changes = payload::read(organisation, table, &note, &References::default())?;
            change::create(organisation, &caller, table, None, &changes).map(|_| ())
        }
        "cancel" => set_state(organisation, &caller, id, incident::CANCELLED),
        "merge" => merge(organisation, &caller, id, fields.text.trim()),
        "reactivate" => set_state(organisation, &caller, id, 0),
        other => Err(Refusal::unknown_segment(other)),
    });
    match done {
        Ok(()) => Redirect::to(&format!("/agent/cases/{id}")).into_response(),
        Err(refusal) => case_page(&dataverse, id, Some(refusal)),
    }
}

/// Merges the case into the one with this number.
fn merge(
    organisation: &mut Organisation,
    caller: &super::caller::Caller,
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

fn set_state(
    organisation: &mut Organisation,
    caller: &super::caller::Caller,
    id: Uuid,
    state: i64,
) -> Result<(), Refusal> {
    let table = organisation
        .model()
        .by_name("incident")
        .ok_or_else(|| Refusal::unknown_segment("incidents"))?;
    let changes = payload::read(
        organisation,
        table,
        &object(json!({"statecode": state})),
        &References::default(),
    )?;
    change::update(organisation, caller, table, id, &changes)
}

fn case_page(dataverse: &Dataverse, id: Uuid, refusal: Option<Refusal>) -> Response {
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| {
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
    });
    let page = {
        let organisation = dataverse.reading();
        let Some((cases, table)) = find(&organisation, "incident") else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let Some(row) = organisation.row(cases, id) else {
            return (StatusCode::NOT_FOUND, Html("<!doctype html><title>No such case</title><p>There is no case with this key. <a href=\"/\">All cases</a></p>")).into_response();
        };
        CasePage {
            case: summary(&organisation, table, id, row),
            description: text(row.get(table, "description")),
            owner: name(&organisation, row.get(table, "ownerid")),
            notes: notes(&organisation, table, id),
            resolutions: resolutions(&organisation, table, id),
            refused: refusal.map(|refusal| refusal.message),
        }
    };
    rendered(page.render(), status)
}

fn summary(organisation: &Organisation, table: &Table, id: Uuid, row: &Row) -> Summary {
    let label = |column: &str| {
        let found = table
            .column(column)
            .and_then(|at| table.choice_label(at, row.at(at).as_whole()?));
        found.unwrap_or_default().to_owned()
    };
    let items = related(organisation, table, "Incident_QueueItem", id);
    let queue = items
        .iter()
        .find(|(items, row)| change::is_active(items, row))
        .map(|(items, row)| name(organisation, row.get(items, "queueid")));
    Summary {
        id,
        ticket: text(row.get(table, "ticketnumber")),
        title: text(row.get(table, "title")),
        customer: name(organisation, row.get(table, "customerid")),
        queue: queue.unwrap_or_default(),
        priority: label("prioritycode"),
        state: label("statecode"),
        status: label("statuscode"),
        created: time(row.get(table, "createdon")),
        active: change::is_active(table, row),
    }
}

fn notes(organisation: &Organisation, table: &Table, id: Uuid) -> Vec<Note> {
    let mut notes = related(organisation, table, "Incident_Annotation", id);
    notes.sort_by_key(|(notes, row)| {
        std::cmp::Reverse((row.get(notes, "createdon").as_time(), row.version))
    });
    let read = |(notes, row): (&Table, &Row)| Note {
        subject: text(row.get(notes, "subject")),
        text: text(row.get(notes, "notetext")),
        author: name(organisation, row.get(notes, "createdby")),
        created: time(row.get(notes, "createdon")),
    };
    notes.into_iter().map(read).collect()
}

fn resolutions(organisation: &Organisation, table: &Table, id: Uuid) -> Vec<Resolution> {
    let mut resolutions = related(organisation, table, "Incident_IncidentResolutions", id);
    resolutions.sort_by_key(|(_, row)| std::cmp::Reverse(row.version));
    let read = |(resolutions, row): (&Table, &Row)| Resolution {
        subject: text(row.get(resolutions, "subject")),
        text: text(row.get(resolutions, "description")),
        state: resolutions
            .column("statecode")
            .and_then(|at| resolutions.choice_label(at, row.at(at).as_whole()?))
            .unwrap_or_default()
            .to_owned(),
        created: time(row.get(resolutions, "createdon")),
    };
    resolutions.into_iter().map(read).collect()
}

fn related<'o>(
    organisation: &'o Organisation,
    table: &Table,
    collection: &str,
    id: Uuid,
) -> Vec<(&'o Table, &'o Row)> {
    let Some(collection) = table.collection(collection) else {
        return Vec::new();
    };
    let child = organisation.model().table(collection.table);
    let ids = organisation.having(collection.table, collection.column, &Value::Guid(id));
    ids.into_iter()
        .filter_map(|id| {
            organisation
                .row(collection.table, id)
                .map(|row| (child, row))
        })
        .collect()
}

fn find<'o>(organisation: &'o Organisation, name: &str) -> Option<(TableId, &'o Table)> {
    let id = organisation.model().by_name(name)?;
    Some((id, organisation.model().table(id)))
}

fn text(value: &Value) -> String {
    value.as_text().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> String {
    value
        .as_time()
        .map(|at| {
            at.to_zoned(jiff::tz::TimeZone::UTC)
                .strftime("%Y-%m-%d %H:%M:%S UTC")
                .to_string()
        })
        .unwrap_or_default()
}

fn name(organisation: &Organisation, value: &Value) -> String {
    value
        .as_row()
        .and_then(|(table, id)| name_of(organisation, table, id))
        .unwrap_or_default()
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(object) => object,
        _ => Map::new(),
    }
}

fn rendered(page: Result<String, askama::Error>, status: StatusCode) -> Response {
    match page {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

//! The pages on which an agent sees the cases: a list, and one page per case with the forms for the work on it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::Dataverse;
use super::change;
use super::model::{ChoiceOption, ColumnId, Kind, Table, TableId};
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
    contacts: Vec<Choice>,
    refused: Option<String>,
}

#[derive(Template)]
#[template(path = "dataverse/case.html")]
struct CasePage {
    case: Summary,
    description: String,
    owner: String,
    notes: Vec<Note>,
    resolutions: Vec<Resolution>,
    /// The status reasons of an open case.
    reasons: Vec<Choice>,
    /// The causes to choose from; none where the cause is a text.
    causes: Vec<Choice>,
    refused: Option<String>,
}

/// One option of a form.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// `GET /`
pub(super) async fn cases(State(dataverse): State<Dataverse>) -> Response {
    cases_page(&dataverse, None)
}

/// Every case, and why one could not be opened.
pub(super) fn cases_page(dataverse: &Dataverse, refusal: Option<Refusal>) -> Response {
    let status = status_of(refusal.as_ref());
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
        CasesPage {
            open,
            closed,
            contacts: contacts(&organisation),
            refused: refusal.map(|refusal| refusal.message),
        }
    };
    rendered(page.render(), status)
}

/// Every active contact, to choose a customer from.
pub(super) fn contacts(organisation: &Organisation) -> Vec<Choice> {
    let Some((contacts, table)) = find(organisation, "contact") else {
        return Vec::new();
    };
    let active = organisation
        .rows(contacts)
        .filter(|(_, row)| change::is_active(table, row));
    let choice = |(id, row): (Uuid, &Row)| Choice {
        value: id.to_string(),
        label: text(row.get(table, "fullname")),
        chosen: false,
    };
    active.map(choice).collect()
}

/// The column for the cause of a case that somebody added: the first choice whose name says so.
pub(super) fn cause_column(table: &Table) -> Option<ColumnId> {
    table.columns.iter().position(|column| {
        column.custom
            && column.name.ends_with("rootcause")
            && matches!(column.kind, Kind::Choice { .. })
    })
}

fn status_of(refusal: Option<&Refusal>) -> StatusCode {
    refusal.map_or(StatusCode::OK, |refusal| {
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
    })
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

/// One case, and why the last thing could not be done.
pub(super) fn case_page(dataverse: &Dataverse, id: Uuid, refusal: Option<Refusal>) -> Response {
    let status = status_of(refusal.as_ref());
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
            reasons: reasons(table, row),
            causes: cause_column(table)
                .map(|column| choices(table, column, row, |_| true))
                .unwrap_or_default(),
            refused: refusal.map(|refusal| refusal.message),
        }
    };
    rendered(page.render(), status)
}

/// The status reasons that the case may have in its state.
fn reasons(table: &Table, row: &Row) -> Vec<Choice> {
    let state = row.get(table, "statecode").as_whole();
    let column = table.column("statuscode");
    column
        .map(|column| choices(table, column, row, |option| option.state == state))
        .unwrap_or_default()
}

fn choices(
    table: &Table,
    column: ColumnId,
    row: &Row,
    wanted: impl Fn(&ChoiceOption) -> bool,
) -> Vec<Choice> {
    let now = row.at(column).as_whole();
    let options = table.options(column).iter().filter(|option| wanted(option));
    options
        .map(|option| Choice {
            value: option.value.to_string(),
            label: option.label.clone(),
            chosen: Some(option.value) == now,
        })
        .collect()
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

pub(super) fn find<'o>(organisation: &'o Organisation, name: &str) -> Option<(TableId, &'o Table)> {
    let id = organisation.model().by_name(name)?;
    Some((id, organisation.model().table(id)))
}

pub(super) fn text(value: &Value) -> String {
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

pub(super) fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(object) => object,
        _ => Map::new(),
    }
}

pub(super) fn rendered(page: Result<String, askama::Error>, status: StatusCode) -> Response {
    match page {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

//! The page on which an agent sees leads, opportunities and marketing lists, and says how leads and opportunities ended.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Dataverse;
use super::agent_case::create;
use super::agent_page::{Choice, contacts};
use super::caller::Caller;
use super::change;
use super::model::{Table, TableId};
use super::operations;
use super::payload::{self, References};
use super::query::order::name_of;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};

/// One line of a list.
struct Line {
    id: Uuid,
    name: String,
    customer: String,
    state: String,
    status: String,
    open: bool,
}

/// One marketing list.
struct MarketingList {
    name: String,
    members: i64,
    locked: bool,
}

#[derive(Template)]
#[template(path = "dataverse/sales.html")]
struct SalesPage {
    leads: Vec<Line>,
    opportunities: Vec<Line>,
    lists: Vec<MarketingList>,
    contacts: Vec<Choice>,
    refused: Option<String>,
}

/// What an agent writes beside an end.
#[derive(Deserialize)]
pub(super) struct Comment {
    #[serde(default)]
    text: String,
}

/// `GET /agent/sales`
pub(super) async fn sales(State(dataverse): State<Dataverse>) -> Response {
    page(&dataverse, None)
}

/// The fields of a lead or an opportunity that is opened.
#[derive(Deserialize)]
pub(super) struct Prospect {
    #[serde(default)]
    topic: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    customer: String,
}

/// `POST /agent/sales/{leads|opportunities}`
pub(super) async fn open(
    State(dataverse): State<Dataverse>,
    Path(set): Path<String>,
    Form(new): Form<Prospect>,
) -> Response {
    let caller = dataverse.agent();
    let made = dataverse
        .transaction(|organisation| {
            if new.topic.trim().is_empty() {
                return Err(Refusal::invalid_argument("Write what it is about."));
            }
            match set.as_str() {
                "leads" => {
                    let lead = json!({"subject": new.topic, "firstname": new.first_name, "lastname": new.last_name, "emailaddress1": new.email});
                    create(organisation, &caller, "lead", &lead)
                }
                "opportunities" => {
                    let customer = format!("/contacts({})", new.customer);
                    let opportunity = json!({"name": new.topic, "customerid_contact@odata.bind": customer});
                    create(organisation, &caller, "opportunity", &opportunity)
                }
                other => Err(Refusal::unknown_segment(other)),
            }
        })
        .await;
    match made {
        Ok(_) => Redirect::to("/agent/sales").into_response(),
        Err(refusal) => page(&dataverse, Some(refusal)),
    }
}

/// `POST /agent/sales/{leads|opportunities}/{id}/{qualify|disqualify|win|lose|reopen}`
pub(super) async fn end(
    State(dataverse): State<Dataverse>,
    Path((set, id, action)): Path<(String, Uuid, String)>,
    Form(comment): Form<Comment>,
) -> Response {
    let caller = dataverse.agent();
    let done = dataverse.transaction(|organisation| {
        let table = organisation
            .model()
            .by_set(&set)
            .ok_or_else(|| Refusal::unknown_segment(&set))?;
        note(organisation, &caller, (table, id), &set, &comment.text)?;
        match (set.as_str(), action.as_str()) {
            ("leads", "qualify") => {
                let body = json!({"CreateAccount": false, "CreateContact": true, "CreateOpportunity": true, "Status": -1});
                operations::perform(organisation, &caller, Some((table, id)), "QualifyLead", &body).map(|_| ())
            }
            ("leads", "disqualify") => set_state(organisation, &caller, (table, id), 2),
            ("opportunities", "win" | "lose") => {
                let name = if action == "win" { "WinOpportunity" } else { "LoseOpportunity" };
                let subject = if action == "win" { "Won" } else { "Lost" };
                let close = json!({"subject": subject, "description": comment.text, "opportunityid@odata.bind": format!("/opportunities({id})")});
                let body = json!({"OpportunityClose": close, "Status": -1});
                operations::perform(organisation, &caller, None, name, &body).map(|_| ())
            }
            (_, "reopen") => set_state(organisation, &caller, (table, id), 0),
            _ => Err(Refusal::unknown_segment(&action)),
        }
    }).await;
    match done {
        Ok(()) => Redirect::to("/agent/sales").into_response(),
        Err(refusal) => page(&dataverse, Some(refusal)),
    }
}

/// Writes down what the agent says about a row that still is open.
fn note(
    organisation: &mut Organisation,
    caller: &Caller,
    (_, id): (TableId, Uuid),
    set: &str,
    text: &str,
) -> Result<(), Refusal> {
    let about = match set {
        "leads" => "lead",
        _ => "opportunity",
    };
    if text.trim().is_empty() {
        return Ok(());
    }
    let bind = format!("objectid_{about}@odata.bind");
    let mut body = json!({"subject": "Comment", "notetext": text});
    body[bind] = Json::String(format!("/{set}({id})"));
    create(organisation, caller, "annotation", &body).map(|_| ())
}

fn set_state(
    organisation: &mut Organisation,
    caller: &Caller,
    (table, id): (TableId, Uuid),
    state: i64,
) -> Result<(), Refusal> {
    let body = serde_json::Map::from_iter([("statecode".to_owned(), Json::from(state))]);
    let changes = payload::read(organisation, table, &body, &References::default())?;
    change::update(organisation, caller, table, id, &changes)
}

fn page(dataverse: &Dataverse, refusal: Option<Refusal>) -> Response {
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| {
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
    });
    let page = {
        let organisation = dataverse.reading();
        SalesPage {
            leads: lines(&organisation, "lead"),
            opportunities: lines(&organisation, "opportunity"),
            lists: lists(&organisation),
            contacts: contacts(&organisation),
            refused: refusal.map(|refusal| refusal.message),
        }
    };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The rows of a table, newest first.
fn rows<'o>(organisation: &'o Organisation, name: &str) -> Vec<(&'o Table, Uuid, &'o Row)> {
    let model = organisation.model();
    let Some(id) = model.by_name(name) else {
        return Vec::new();
    };
    let table = model.table(id);
    let mut rows: Vec<_> = organisation
        .rows(id)
        .map(|(id, row)| (table, id, row))
        .collect();
    rows.sort_by_key(|(table, id, row)| {
        std::cmp::Reverse((row.get(table, "createdon").as_time(), *id))
    });
    rows
}

fn lines(organisation: &Organisation, name: &str) -> Vec<Line> {
    let read = |(table, id, row): (&Table, Uuid, &Row)| {
        let text = |column: &str| row.get(table, column).as_text().unwrap_or_default();
        let label = |column: &str| {
            let found = table
                .column(column)
                .and_then(|at| table.choice_label(at, row.at(at).as_whole()?));
            found.unwrap_or_default().to_owned()
        };
        let customer = ["customerid", "parentcontactid", "parentaccountid"]
            .iter()
            .find_map(|column| row.get(table, column).as_row())
            .and_then(|(of, id)| name_of(organisation, of, id));
        let fallback = || text("fullname").to_owned();
        Line {
            id,
            name: match text("subject") {
                "" => text("name").to_owned(),
                subject => subject.to_owned(),
            },
            customer: customer.unwrap_or_else(fallback),
            state: label("statecode"),
            status: label("statuscode"),
            open: change::is_active(table, row),
        }
    };
    rows(organisation, name).into_iter().map(read).collect()
}

fn lists(organisation: &Organisation) -> Vec<MarketingList> {
    let read = |(table, _, row): (&Table, Uuid, &Row)| MarketingList {
        name: row
            .get(table, "listname")
            .as_text()
            .unwrap_or_default()
            .to_owned(),
        members: row.get(table, "membercount").as_whole().unwrap_or_default(),
        locked: *row.get(table, "lockstatus") == super::value::Value::Flag(true),
    };
    rows(organisation, "list").into_iter().map(read).collect()
}

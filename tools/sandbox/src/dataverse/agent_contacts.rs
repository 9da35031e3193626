//! The page on which an agent sees the contacts, notes how they may be reached, and takes them out of use.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Dataverse;
use super::agent_case::update;
use super::agent_consents::{self, Agreement};
use super::agent_page::{find, rendered, text};
use super::change;
use super::refusal::Refusal;
use super::rows::Row;
use super::value::Value;

/// The columns by which a contact refuses a way of being reached, with what people call them.
/// Source: Microsoft Learn, "Contact table" (DoNotEMail and its siblings).
const REFUSALS: &[(&str, &str)] = &[
    ("donotemail", "No e-mail"),
    ("donotbulkemail", "No bulk e-mail"),
    ("donotphone", "No phone"),
    ("donotpostalmail", "No letters"),
    ("donotsendmm", "No marketing material"),
];

/// One contact.
struct Contact {
    id: Uuid,
    name: String,
    email: String,
    phone: String,
    active: bool,
    refusals: Vec<Refused>,
    agreements: Vec<Agreement>,
}

/// One way of being reached.
struct Refused {
    column: &'static str,
    label: &'static str,
    refused: bool,
}

#[derive(Template)]
#[template(path = "dataverse/contacts.html")]
struct ContactsPage {
    contacts: Vec<Contact>,
    refused: Option<String>,
}

/// `GET /agent/contacts`
pub(super) async fn contacts(State(dataverse): State<Dataverse>) -> Response {
    page(&dataverse, None)
}

/// `POST /agent/contacts/{id}/{consent|agreements|deactivate|activate}`; a consent form names the columns that are refused,
/// and one of agreements what is said to each purpose.
pub(super) async fn act(
    State(dataverse): State<Dataverse>,
    Path((id, action)): Path<(Uuid, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let caller = dataverse.agent();
    let refused: BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let done = dataverse
        .transaction(|organisation| {
            let columns = match action.as_str() {
                "consent" => {
                    let known = find(organisation, "contact").map(|(_, table)| table);
                    let flags = REFUSALS
                        .iter()
                        .filter(|(column, _)| {
                            known.is_some_and(|table| table.column(column).is_some())
                        })
                        .map(|(column, _)| {
                            let flag = Json::from(refused.contains(column));
                            ((*column).to_owned(), flag)
                        });
                    Json::Object(Map::from_iter(flags))
                }
                "agreements" => {
                    return agent_consents::save(organisation, &caller, id, &fields);
                }
                "deactivate" => json!({"statecode": 1}),
                "activate" => json!({"statecode": 0}),
                other => return Err(Refusal::unknown_segment(other)),
            };
            update(organisation, &caller, "contact", id, columns)
        })
        .await;
    match done {
        Ok(()) => Redirect::to("/agent/contacts").into_response(),
        Err(refusal) => page(&dataverse, Some(refusal)),
    }
}

fn page(dataverse: &Dataverse, refusal: Option<Refusal>) -> Response {
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| {
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
    });
    let page = {
        let organisation = dataverse.reading();
        let Some((contacts, table)) = find(&organisation, "contact") else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let read = |(id, row): (Uuid, &Row)| Contact {
            id,
            name: text(row.get(table, "fullname")),
            email: text(row.get(table, "emailaddress1")),
            phone: text(row.get(table, "mobilephone")),
            active: change::is_active(table, row),
            refusals: REFUSALS
                .iter()
                .filter(|(column, _)| table.column(column).is_some())
                .map(|(column, label)| Refused {
                    column,
                    label,
                    refused: *row.get(table, column) == Value::Flag(true),
                })
                .collect(),
            agreements: agent_consents::of(&organisation, table, row),
        };
        ContactsPage {
            contacts: organisation.rows(contacts).map(read).collect(),
            refused: refusal.map(|refusal| refusal.message),
        }
    };
    rendered(page.render(), status)
}

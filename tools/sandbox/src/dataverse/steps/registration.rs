//! What a registration must be to be stored: webhooks, their steps and images, and what may be changed of a system job.
//! Sources: Microsoft Learn, "Register a webhook", "Register a plug-in" (images) and "Asynchronous service in Dataverse".

use super::super::model::Table;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::authentication::{HTTP_HEADER, HTTP_QUERY_STRING, WEBHOOK_KEY};
use super::registry::{POST_OPERATION, WEBHOOK, follow};

/// Where steps of others may stand: before validation, in the transaction before and after the main operation.
const STAGES: [i64; 3] = [10, 20, POST_OPERATION];
/// The parameters that images show, by message, and whether there is a row before and after it.
const IMAGES: &[(&str, &[&str], bool, bool)] = &[
    ("Create", &["id"], false, true),
    ("Update", &["Target"], true, true),
    ("Delete", &["Target"], true, false),
    ("Assign", &["Target"], true, true),
    ("SetState", &["EntityMoniker"], true, true),
    ("SetStateDynamicEntity", &["EntityMoniker"], true, true),
    ("Merge", &["Target", "SubordinateId"], true, true),
    ("Send", &["EmailId", "FaxId", "TemplateId"], true, true),
];
/// The columns of a system job that callers may change.
const OF_JOBS: [&str; 3] = ["statecode", "statuscode", "postponeuntil"];

/// Holds a row of a registration, or of a job, against what it must be; completes what follows from it.
pub(crate) fn check(
    organisation: &Organisation,
    table: &Table,
    before: Option<&Row>,
    row: &mut Row,
) -> Result<(), Refusal> {
    match table.name.as_str() {
        "serviceendpoint" => endpoint(organisation, table, row),
        "sdkmessageprocessingstep" => step(organisation, table, row),
        "sdkmessageprocessingstepimage" => image(organisation, table, row),
        _ => job(table, before, row),
    }
}

fn refused(message: impl Into<String>) -> Refusal {
    Refusal::invalid_argument(message)
}

fn endpoint(organisation: &Organisation, table: &Table, row: &mut Row) -> Result<(), Refusal> {
    let is_set = !row.get(table, "authvalue").is_null();
    row.set(table, "isauthvalueset", Value::Flag(is_set));
    if row.get(table, "contract").as_whole() != Some(WEBHOOK) {
        return Ok(());
    }
    let kind = row.get(table, "authtype").as_whole();
    let known = [WEBHOOK_KEY, HTTP_HEADER, HTTP_QUERY_STRING];
    if !kind.is_some_and(|kind| known.contains(&kind)) {
        return Err(refused(
            "A webhook needs the authentication type WebhookKey, HttpHeader or HttpQueryString.",
        ));
    }
    let url = row.get(table, "url").as_text().unwrap_or_default();
    let address: http::Uri = url
        .parse()
        .map_err(|_| refused("The address of the webhook is not valid."))?;
    let expected = match address.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => {
            return Err(refused(
                "The address of a webhook begins with http:// or https://.",
            ));
        }
    };
    let host = address.host().unwrap_or_default();
    let here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    let port = address.port_u16().unwrap_or(expected);
    if port == expected || here && organisation.events.loopback_ports {
        return Ok(());
    }
    Err(refused(format!(
        "Webhooks support only port 80 for HTTP and port 443 for HTTPS, not {port}."
    )))
}

fn step(organisation: &Organisation, table: &Table, row: &Row) -> Result<(), Refusal> {
    if row.get(table, "eventhandler").is_null() {
        return Err(Refusal::required("eventhandler", &table.name));
    }
    let stage = row.get(table, "stage").as_whole().unwrap_or_default();
    if !STAGES.contains(&stage) {
        return Err(refused(format!(
            "Steps cannot be registered in the stage {stage}."
        )));
    }
    if row.get(table, "mode").as_whole() == Some(1) && stage != POST_OPERATION {
        return Err(refused(
            "Asynchronous steps run in the post-operation stage only.",
        ));
    }
    if let Value::Row(filters, id) = row.get(table, "sdkmessagefilterid") {
        let own = organisation.model().table(*filters);
        let message = organisation
            .row(*filters, *id)
            .map(|filter| filter.get(own, "sdkmessageid"));
        if message != Some(row.get(table, "sdkmessageid")) {
            return Err(refused(
                "The filter of the step belongs to another message.",
            ));
        }
    }
    Ok(())
}

fn image(organisation: &Organisation, table: &Table, row: &Row) -> Result<(), Refusal> {
    let model = organisation.model();
    let message = row
        .get(table, "sdkmessageprocessingstepid")
        .as_row()
        .and_then(|(steps, id)| {
            let step = organisation.row(steps, id)?;
            let lookup = step.get(model.table(steps), "sdkmessageid");
            follow(organisation, lookup, "name")
        });
    let Some(message) = message else {
        return Ok(());
    };
    let Some((_, properties, before, after)) = IMAGES.iter().find(|(name, ..)| *name == message)
    else {
        return Err(refused(format!("The message '{message}' has no images.")));
    };
    let property = row.get(table, "messagepropertyname").as_text();
    if !property.is_some_and(|property| properties.contains(&property)) {
        return Err(refused(format!(
            "Message property name '{}' is not valid on message {message}.",
            property.unwrap_or_default()
        )));
    }
    let kind = row.get(table, "imagetype").as_whole();
    if kind != Some(1) && !before || kind != Some(0) && !after {
        return Err(refused(format!(
            "The message '{message}' has no image of this type."
        )));
    }
    Ok(())
}

fn job(table: &Table, before: Option<&Row>, row: &Row) -> Result<(), Refusal> {
    let Some(before) = before else {
        return Ok(());
    };
    let changed = (0..table.columns.len())
        .filter(|column| before.at(*column) != row.at(*column))
        .map(|column| table.columns[column].name.as_str());
    let mut refused_columns = changed.filter(|name| !OF_JOBS.contains(name));
    match refused_columns.next() {
        Some(name) => Err(Refusal::read_only(name, &table.name)),
        None => Ok(()),
    }
}

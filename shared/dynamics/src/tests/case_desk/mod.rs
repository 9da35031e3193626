//! The case desk against answers made by hand.

mod columns;
mod customers;
mod desks;
mod mapping;
mod names;
mod opening;
mod records;
mod reopening;
mod rows;

use cxloop_domain::names::ConnectionName;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, path_regex},
};

use super::{CASE, CONTACT, NOTE, Organisation, refusal};
use crate::case_desk::DynamicsCaseDesk;

const QUEUE: Uuid = uuid!("7d3a1c55-4b1e-4f6a-9f10-1a2b3c4d5e66");
const QUEUE_ITEM: Uuid = uuid!("3e2d1c0b-9a88-5777-8666-5a4b3c2d1e77");

pub(super) fn connection_name() -> ConnectionName {
    "dynamics".parse().unwrap()
}

fn desk(organisation: &Organisation) -> DynamicsCaseDesk {
    DynamicsCaseDesk::new(organisation.client.clone(), connection_name())
}

/// Answers the next batch with these parts, one group each.
async fn answer_batch(organisation: &Organisation, status: u16, groups: &[String]) {
    let body = format!("{}--batchresponse_1--\r\n", groups.concat());
    Mock::given(method("POST"))
        .and(path("/api/data/v9.2/$batch"))
        .respond_with(ResponseTemplate::new(status).set_body_raw(
            body.into_bytes(),
            "multipart/mixed; boundary=batchresponse_1",
        ))
        .up_to_n_times(1)
        .mount(&organisation.server)
        .await;
}

/// Answers reads of rows of a set.
async fn answer_reads(organisation: &Organisation, set: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path_regex(format!(r"^/api/data/v9\.2/{set}(\(.*\))?$")))
        .respond_with(answer)
        .mount(&organisation.server)
        .await;
}

/// Answers writes of rows of a set.
async fn answer_writes(organisation: &Organisation, set: &str, answer: ResponseTemplate) {
    Mock::given(method("PATCH"))
        .and(path_regex(format!(r"^/api/data/v9\.2/{set}\(.*\)$")))
        .respond_with(answer)
        .mount(&organisation.server)
        .await;
}

fn row(columns: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(columns)
}

fn gone() -> ResponseTemplate {
    refusal(404, "0x80040217", "incident With Id = 5f0c Does Not Exist")
}

fn exists() -> ResponseTemplate {
    refusal(
        412,
        "0x80040237",
        "A record with matching key values already exists.",
    )
}

/// A group of a batch answer that holds rows.
fn rows(rows: Value) -> String {
    single(200, &json!({"value": rows}))
}

fn single(status: u16, body: &Value) -> String {
    format!(
        "--batchresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{}",
        message(status, body)
    )
}

/// A group of a batch answer that is a change set, with the `Content-ID`, status and body of each.
fn change_set(parts: &[(u32, u16, Value)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(id, status, body)| {
            format!(
                "--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{}",
                message(*status, body)
            )
        })
        .collect();
    format!(
        "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n{parts}--changesetresponse_1--\r\n"
    )
}

fn message(status: u16, body: &Value) -> String {
    match body {
        Value::Null => format!("HTTP/1.1 {status} X\r\nOData-Version: 4.0\r\n\r\n\r\n"),
        body => format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json; odata.metadata=minimal\r\n\r\n{body}\r\n"
        ),
    }
}

fn error(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

/// The requests of the last batch: their first lines and their bodies.
async fn last_batch(organisation: &Organisation) -> Vec<(String, Option<Value>)> {
    let requests = organisation.requests().await;
    let batch = requests
        .iter()
        .rfind(|request| request.url.path().ends_with("/$batch"))
        .unwrap();
    let text = String::from_utf8(batch.body.clone()).unwrap();
    let mut sent: Vec<(String, Option<Value>)> = Vec::new();
    for line in text.split("\r\n") {
        if line.ends_with(" HTTP/1.1") {
            sent.push((line.trim_end_matches(" HTTP/1.1").to_owned(), None));
        } else if line.starts_with('{') {
            sent.last_mut().unwrap().1 = Some(serde_json::from_str(line).unwrap());
        }
    }
    sent
}

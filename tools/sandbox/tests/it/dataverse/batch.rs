//! Batches and their change sets.
//! Source: Microsoft Learn, "Execute batch operations using the Web API".

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::organisation::{Answer, IRIA, NOWHERE, Organisation, RECOVERY};

/// One request inside a change set.
pub(super) fn part(content_id: usize, line: &str, headers: &str, body: &str) -> String {
    format!(
        "--set_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {content_id}\r\n\r\n{line} HTTP/1.1\r\nContent-Type: application/json\r\n{headers}\r\n{body}\r\n"
    )
}

pub(super) fn change_set(parts: &[String]) -> String {
    format!(
        "--batch_1\r\nContent-Type: multipart/mixed; boundary=\"set_1\"\r\n\r\n{}--set_1--\r\n",
        parts.concat()
    )
}

pub(super) fn single(line: &str, body: &str) -> String {
    format!(
        "--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{line} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    )
}

pub(super) async fn send(organisation: &Organisation, items: &[String], prefer: &str) -> Answer {
    let body = format!("{}--batch_1--\r\n", items.concat());
    let mut request = organisation
        .request(Method::POST, "$batch")
        .header("Content-Type", "multipart/mixed; boundary=\"batch_1\"")
        .body(body);
    if !prefer.is_empty() {
        request = request.header("Prefer", prefer);
    }
    Answer::of(request).await
}

const CASE: &str = "11111111-0000-4000-8000-000000000001";
const NOTE: &str = "11111111-0000-4000-8000-000000000002";
const ITEM: &str = "11111111-0000-4000-8000-000000000003";

/// Case, queue item and note as one change set, each made only when it is not there.
fn opening() -> String {
    let case = json!({"title": "Não resolveram a avaria", "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
    let item = json!({"queueid@odata.bind": format!("/queues({RECOVERY})"), "objectid_incident@odata.bind": "$1"});
    let note = json!({"notetext": "Non volverei", "objectid_incident@odata.bind": format!("/incidents({CASE})")});
    change_set(&[
        part(
            1,
            &format!("PATCH /api/data/v9.2/incidents({CASE})?tag=cxloop"),
            "If-None-Match: *\r\n",
            &case.to_string(),
        ),
        part(
            2,
            &format!("PATCH queueitems({ITEM})?tag=cxloop"),
            "If-None-Match: *\r\n",
            &item.to_string(),
        ),
        part(
            3,
            &format!("PATCH /api/data/v9.2/annotations({NOTE})?tag=cxloop"),
            "If-None-Match: *\r\n",
            &note.to_string(),
        ),
    ])
}

#[tokio::test]
async fn a_change_set_takes_effect_as_a_whole_and_its_answer_has_the_documented_form() {
    let organisation = Organisation::start().await;
    let before = organisation.dataverse.writes().len();
    let answer = send(
        &organisation,
        &[opening(), single("GET incidents?$select=title", "")],
        "",
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let boundary = answer
        .header("content-type")
        .strip_prefix("multipart/mixed; boundary=")
        .unwrap()
        .to_owned();
    assert!(boundary.starts_with("batchresponse_"));
    assert!(
        answer.text.starts_with(&format!(
            "--{boundary}\r\nContent-Type: multipart/mixed; boundary=changesetresponse_"
        )),
        "{}",
        answer.text
    );
    assert!(answer.text.ends_with(&format!("--{boundary}--\r\n")));
    assert_eq!(
        answer.text.matches("HTTP/1.1 204 No Content\r\n").count(),
        3
    );
    for id in 1..=3 {
        assert!(answer.text.contains(&format!(
            "Content-ID: {id}\r\n\r\nHTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\nLocation: "
        )));
    }
    assert!(answer.text.contains(&format!(
        "OData-EntityId: {}/api/data/v9.2/incidents({CASE})",
        organisation.root
    )));
    assert!(
        answer.text.contains(
            "Content-Type: application/json; odata.metadata=minimal; odata.streaming=true"
        ) && answer.text.contains("Não resolveram a avaria")
    );
    let writes = organisation.dataverse.writes();
    assert_eq!(writes.len(), before + 3);
    assert!(
        writes[before..]
            .iter()
            .all(|write| write.tag.as_deref() == Some("cxloop"))
    );
}

#[tokio::test]
async fn a_change_set_that_fails_leaves_nothing_and_names_the_part_that_failed() {
    let organisation = Organisation::start().await;
    let before = organisation.dataverse.writes().len();
    let good = json!({"title": "x", "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
    let set = change_set(&[
        part(
            1,
            &format!("PATCH incidents({CASE})"),
            "If-None-Match: *\r\n",
            &good.to_string(),
        ),
        part(
            2,
            &format!("PATCH contacts({IRIA})"),
            "If-Match: W/\"1\"\r\n",
            r#"{"jobtitle":"x"}"#,
        ),
        part(
            3,
            &format!("PATCH contacts({IRIA})"),
            "",
            r#"{"jobtitle":"y"}"#,
        ),
    ]);
    let answer = send(&organisation, &[set, single("GET WhoAmI", "")], "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer
            .text
            .contains("Content-ID: 2\r\n\r\nHTTP/1.1 412 Precondition Failed")
            && answer.text.contains("0x80060882"),
        "{}",
        answer.text
    );
    assert!(
        !answer.text.contains("204 No Content") && !answer.text.contains("UserId"),
        "the answer ends at the failed part"
    );
    organisation
        .get(&format!("incidents({CASE})"))
        .await
        .is_refused(404, "0x80040217");
    assert_eq!(organisation.dataverse.writes().len(), before);
}

#[tokio::test]
async fn the_same_change_set_again_answers_412_with_the_code_of_an_existing_row() {
    let organisation = Organisation::start().await;
    send(&organisation, &[opening()], "").await;
    let again = send(&organisation, &[opening()], "").await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(
        again.text.contains("HTTP/1.1 412")
            && again.text.contains("0x80040237")
            && again.text.contains("Content-ID: 1")
    );
}

#[tokio::test]
async fn with_continue_on_error_every_part_is_answered() {
    let organisation = Organisation::start().await;
    let items = [
        single(&format!("GET contacts({NOWHERE})"), ""),
        change_set(&[part(1, "POST contacts", "", r#"{"lastnam":"x"}"#)]),
        single("GET WhoAmI", ""),
    ];
    let answer = send(&organisation, &items, "odata.continue-on-error").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.contains("HTTP/1.1 404 Not Found")
            && answer.text.contains("HTTP/1.1 400 Bad Request")
            && answer.text.contains("UserId")
    );
    let stopped = send(&organisation, &items, "").await;
    assert_eq!(stopped.status, StatusCode::BAD_REQUEST);
    assert!(!stopped.text.contains("UserId"));
}

#[tokio::test]
async fn content_ids_stand_for_rows_in_addresses_and_bindings() {
    let organisation = Organisation::start().await;
    let set = change_set(&[
        part(
            1,
            "POST contacts",
            "Prefer: return=representation\r\n",
            r#"{"lastname":"Seoane"}"#,
        ),
        part(2, "PATCH /api/data/v9.2/$1", "", r#"{"firstname":"Lúa"}"#),
        part(3, "PUT $1/jobtitle", "", r#"{"value":"Enxeñeira"}"#),
        part(
            4,
            "POST incidents",
            "",
            r#"{"title":"x","customerid_contact@odata.bind":"$1"}"#,
        ),
    ]);
    let answer = send(&organisation, &[set], "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("HTTP/1.1 201 Created"));
    let row = organisation
        .get("incidents?$select=title&$expand=customerid_contact($select=fullname,jobtitle)")
        .await
        .json();
    assert_eq!(
        row["value"][0]["customerid_contact"]["fullname"],
        "Lúa Seoane"
    );
    assert_eq!(
        row["value"][0]["customerid_contact"]["jobtitle"],
        "Enxeñeira"
    );
    let early = send(
        &organisation,
        &[change_set(&[part(
            1,
            "PATCH $7",
            "",
            r#"{"firstname":"x"}"#,
        )])],
        "",
    )
    .await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST);
    assert!(
        early
            .text
            .contains("Content-ID Reference: '$7' does not exist in the batch context.")
    );
}

#[tokio::test]
async fn a_reopening_is_one_change_set_with_the_state_first() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    organisation.close_case(&id).await;
    let etag = organisation
        .get(&format!("incidents({id})"))
        .await
        .header("etag")
        .to_owned();
    let note =
        json!({"notetext": "CSAT 1 de 5", "objectid_incident@odata.bind": format!("/incidents({id})")})
            .to_string();
    let parts = [
        part(
            1,
            &format!("PATCH incidents({id})"),
            &format!("If-Match: {etag}\r\n"),
            r#"{"statecode":0,"statuscode":1}"#,
        ),
        part(2, &format!("PATCH annotations({NOTE})"), "If-None-Match: *\r\n", &note),
        part(3, &format!("PATCH incidents({id})"), "", r#"{"prioritycode":1}"#),
        part(
            4,
            &format!("POST queues({RECOVERY})/Microsoft.Dynamics.CRM.AddToQueue"),
            "",
            &json!({"Target": {"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id}})
                .to_string(),
        ),
    ];
    let answer = send(&organisation, &[change_set(&parts)], "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let row = organisation.get(&format!("incidents({id})")).await.json();
    assert_eq!(
        (&row["statecode"], &row["prioritycode"]),
        (&json!(0), &json!(1))
    );
    let stale = send(&organisation, &[change_set(&parts)], "").await;
    assert!(stale.text.contains("0x80060882") && stale.text.contains("Content-ID: 1"));
}

#[tokio::test]
async fn change_sets_hold_no_reads_and_every_request_in_them_a_content_id() {
    let organisation = Organisation::start().await;
    let read = send(
        &organisation,
        &[change_set(&[part(1, "GET contacts", "", "")])],
        "",
    )
    .await;
    assert_eq!(read.status, StatusCode::BAD_REQUEST);
    let nameless =
        part(1, "POST contacts", "", r#"{"lastname":"x"}"#).replace("Content-ID: 1\r\n", "");
    let answer = send(&organisation, &[change_set(&[nameless])], "").await;
    assert!(
        answer.status == StatusCode::BAD_REQUEST && answer.text.contains("0x80060888"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn line_feeds_alone_are_accepted_when_two_of_them_end_the_batch() {
    let organisation = Organisation::start().await;
    let text = format!(
        "{}--batch_1--\r\n",
        single("POST contacts", r#"{"lastname":"Vilariño"}"#)
    )
    .replace("\r\n", "\n");
    let post = |body: String| {
        organisation
            .request(Method::POST, "$batch")
            .header("Content-Type", "multipart/mixed;boundary=batch_1")
            .body(body)
    };
    let refused = Answer::of(post(text.clone())).await;
    assert!(
        refused.status == StatusCode::BAD_REQUEST
            && refused.text.contains("Stream was not readable"),
        "{}",
        refused.text
    );
    assert_eq!(Answer::of(post(text + "\n")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_without_boundary_with_another_batch_or_with_too_many_requests_is_refused() {
    let organisation = Organisation::start().await;
    let post = organisation
        .request(Method::POST, "$batch")
        .header("Content-Type", "application/json")
        .body("{}");
    Answer::of(post).await.is_refused(400, "0x80060888");
    let nested = send(&organisation, &[single("POST $batch", "{}")], "").await;
    assert_eq!(nested.status, StatusCode::BAD_REQUEST);
    let many: Vec<String> = (0..1001).map(|_| single("GET WhoAmI", "")).collect();
    send(&organisation, &many, "")
        .await
        .is_refused(400, "0x80060888");
    assert_eq!(
        send(&organisation, &many[..1000], "").await.status,
        StatusCode::OK
    );
}

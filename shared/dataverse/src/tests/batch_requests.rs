//! The exact bytes of a batch.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, NOTE, Organisation, header};
use crate::{
    Condition, Error, Etag, Query, Request, Row,
    batch::{Batch, ChangeSet},
};

/// Reopening: the state alone under the version read, then the note under its own id.
fn reopening() -> ChangeSet {
    let unchanged = Condition::Unchanged(Etag::new("W/\"71\"").unwrap());
    let active = Row::new().set("statecode", 0).set("statuscode", 1);
    let note = Row::new()
        .set(
            "notetext",
            "Non volverei:\r\n--batch_requests--\r\na atención foi pésima",
        )
        .bind("objectid_incident", "incidents", CASE);
    ChangeSet::new()
        .request(Request::update("incidents", CASE, &unchanged, active))
        .request(Request::create_with_id("annotations", NOTE, note).returning(["annotationid"]))
}

#[tokio::test]
async fn a_change_set_is_written_with_conditions_ids_and_tags_inside() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(500)).await;
    let batch = Batch::new()
        .request(Request::get(
            "contacts",
            CONTACT,
            &Query::new().select(["fullname"]),
        ))
        .change_set(reopening());
    assert!(organisation.client.batch(&batch).await.is_err());

    let sent = &organisation.requests().await[0];
    assert_eq!(
        (sent.method.as_str(), sent.url.path()),
        ("POST", "/api/data/v9.2/$batch")
    );
    assert_eq!(sent.url.query(), None);
    assert_eq!(
        header(sent, "content-type"),
        "multipart/mixed; boundary=batch_requests"
    );
    let text = String::from_utf8(sent.body.clone()).unwrap();
    assert!(
        !text.replace("\r\n", "").contains(['\r', '\n']),
        "every line ends in CRLF"
    );
    let note = json!({
        "notetext": "Non volverei:\r\n--batch_requests--\r\na atención foi pésima",
        "objectid_incident@odata.bind": format!("/incidents({CASE})"),
    });
    let expected = [
        "--batch_requests",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        &format!("GET /api/data/v9.2/contacts({CONTACT})?$select=fullname HTTP/1.1"),
        "Accept: application/json",
        "If-None-Match: null",
        "",
        "--batch_requests",
        "Content-Type: multipart/mixed; boundary=changeset_requests_1",
        "",
        "--changeset_requests_1",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "Content-ID: 2",
        "",
        &format!("PATCH /api/data/v9.2/incidents({CASE})?tag=cxloop HTTP/1.1"),
        "Accept: application/json",
        "If-Match: W/\"71\"",
        "Content-Type: application/json; charset=utf-8",
        "",
        "{\"statecode\":0,\"statuscode\":1}",
        "--changeset_requests_1",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "Content-ID: 3",
        "",
        &format!(
            "PATCH /api/data/v9.2/annotations({NOTE})?$select=annotationid&tag=cxloop HTTP/1.1"
        ),
        "Accept: application/json",
        "If-None-Match: *",
        "Prefer: return=representation",
        "Content-Type: application/json; charset=utf-8",
        "",
        &note.to_string(),
        "--changeset_requests_1--",
        "",
        "--batch_requests--",
        "",
    ];
    assert_eq!(text.split("\r\n").collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_cannot_stand_in_a_batch_is_not_sent() {
    let organisation = Organisation::start().await;
    let read = Request::get("contacts", CONTACT, &Query::new());
    let many = (0..1_001).fold(Batch::new(), |batch, _| batch.request(read.clone()));
    let impossible = [
        Batch::new(),
        Batch::from(ChangeSet::new()),
        Batch::from(ChangeSet::new().request(read.clone())),
        many,
    ];
    for batch in impossible {
        let error = organisation.client.batch(&batch).await.unwrap_err();
        assert!(matches!(error, Error::NotSendable { .. }), "{error:?}");
    }
    assert!(organisation.requests().await.is_empty());
    assert!(reopening().len() == 2 && !reopening().is_empty());
}

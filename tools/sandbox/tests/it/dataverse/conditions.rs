//! Conditional requests.
//! Source: Microsoft Learn, "Perform conditional operations using the Web API".

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::organisation::{Answer, IRIA, NOWHERE, Organisation, XOAN};

async fn patch_if(
    organisation: &Organisation,
    path: &str,
    header: (&str, &str),
    body: serde_json::Value,
) -> Answer {
    Answer::of(
        organisation
            .request(Method::PATCH, path)
            .header(header.0, header.1)
            .json(&body),
    )
    .await
}

fn case() -> serde_json::Value {
    json!({"title": "Avaría", "customerid_contact@odata.bind": format!("/contacts({IRIA})")})
}

#[tokio::test]
async fn a_patch_to_a_new_key_creates_the_row_once() {
    let organisation = Organisation::start().await;
    let path = format!("incidents({NOWHERE})");
    let made = patch_if(&organisation, &path, ("If-None-Match", "*"), case()).await;
    assert_eq!(
        (made.status, made.key().as_str()),
        (StatusCode::NO_CONTENT, NOWHERE)
    );
    let again = patch_if(&organisation, &path, ("If-None-Match", "*"), case()).await;
    again.is_refused(412, "0x80040237");
    assert!(
        again
            .text
            .contains("A record with matching key values already exists.")
    );
}

#[tokio::test]
async fn an_upsert_tells_by_its_status_what_it_did() {
    let organisation = Organisation::start().await;
    let path = format!("contacts({NOWHERE})?$select=contactid");
    let upsert = || {
        organisation
            .request(Method::PATCH, &path)
            .header("Prefer", "return=representation")
            .json(&json!({"lastname": "Vázquez"}))
    };
    let (first, second) = (Answer::of(upsert()).await, Answer::of(upsert()).await);
    assert_eq!(
        (first.status, second.status),
        (StatusCode::CREATED, StatusCode::OK)
    );
    assert_eq!(first.json()["contactid"], NOWHERE);
}

#[tokio::test]
async fn if_match_star_never_creates() {
    let organisation = Organisation::start().await;
    patch_if(
        &organisation,
        &format!("contacts({NOWHERE})"),
        ("If-Match", "*"),
        json!({"lastname": "x"}),
    )
    .await
    .is_refused(404, "0x80040217");
    let there = patch_if(
        &organisation,
        &format!("contacts({IRIA})"),
        ("If-Match", "*"),
        json!({"jobtitle": "x"}),
    )
    .await;
    assert_eq!(there.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_stale_entity_tag_is_refused_and_every_write_changes_it() {
    let organisation = Organisation::start().await;
    let path = format!("contacts({XOAN})");
    let first = organisation.get(&path).await.header("etag").to_owned();
    assert_eq!(
        patch_if(
            &organisation,
            &path,
            ("If-Match", &first),
            json!({"jobtitle": "a"})
        )
        .await
        .status,
        StatusCode::NO_CONTENT
    );
    let second = organisation.get(&path).await;
    assert_ne!(first, second.header("etag"));
    assert_eq!(second.json()["@odata.etag"], second.header("etag"));
    let stale = patch_if(
        &organisation,
        &path,
        ("If-Match", &first),
        json!({"jobtitle": "b"}),
    )
    .await;
    stale.is_refused(412, "0x80060882");
    assert!(stale.text.contains(
        "The version of the existing record doesn't match the RowVersion property provided."
    ));
    Answer::of(
        organisation
            .request(Method::DELETE, &path)
            .header("If-Match", &first),
    )
    .await
    .is_refused(412, "0x80060882");
    assert_eq!(organisation.get(&path).await.json()["jobtitle"], "a");
}

#[tokio::test]
async fn a_conditional_read_answers_304_and_the_literal_null_is_ignored() {
    let organisation = Organisation::start().await;
    let path = format!("contacts({IRIA})?$select=fullname");
    let etag = organisation.get(&path).await.header("etag").to_owned();
    let get = |tag: &str| {
        Answer::of(
            organisation
                .request(Method::GET, &path)
                .header("If-None-Match", tag),
        )
    };
    assert_eq!(get(&etag).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(get("W/\"1\"").await.status, StatusCode::OK);
    assert_eq!(get("null").await.status, StatusCode::OK);
    let annotated = organisation
        .request(Method::GET, &path)
        .header("If-None-Match", &etag)
        .header("Prefer", "odata.include-annotations=\"*\"");
    assert_eq!(Answer::of(annotated).await.status, StatusCode::OK);
    let patched = patch_if(
        &organisation,
        &format!("contacts({IRIA})"),
        ("If-None-Match", "null"),
        json!({"jobtitle": "x"}),
    )
    .await;
    assert_eq!(patched.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_post_with_a_key_that_exists_is_refused() {
    let organisation = Organisation::start().await;
    organisation
        .post("contacts", json!({"contactid": IRIA, "lastname": "x"}))
        .await
        .is_refused(412, "0x80040237");
}

#[tokio::test]
async fn duplicates_are_detected_only_on_request() {
    let organisation = Organisation::start().await;
    let twin = json!({"lastname": "Outra", "emailaddress1": "IRIA.Fernandez@example.com"});
    let suppressed = |value: &'static str| {
        organisation
            .request(Method::POST, "contacts")
            .header("MSCRM.SuppressDuplicateDetection", value)
            .json(&twin)
    };
    Answer::of(suppressed("false"))
        .await
        .is_refused(412, "0x80040333");
    assert_eq!(
        Answer::of(suppressed("true")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        organisation.post("contacts", twin.clone()).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn of_ten_copies_sent_at_once_exactly_one_creates_the_row() {
    let organisation = Organisation::start().await;
    let path = format!("incidents({NOWHERE})");
    let copies = (0..10).map(|_| {
        Answer::of(
            organisation
                .request(Method::PATCH, &path)
                .header("If-None-Match", "*")
                .json(&case()),
        )
    });
    let mut running = tokio::task::JoinSet::new();
    for copy in copies {
        running.spawn(copy);
    }
    let answers = running.join_all().await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.status == StatusCode::NO_CONTENT)
            .count(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.status == StatusCode::PRECONDITION_FAILED)
            .count(),
        9
    );
}

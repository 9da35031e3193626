use cxloop_sandbox::dataverse::Operation;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::organisation::{Answer, IRIA, Organisation};

#[tokio::test]
async fn more_requests_than_the_limit_are_refused_until_the_window_has_passed() {
    let organisation = Organisation::start().await;
    organisation.dataverse.limit_requests(2);
    assert_eq!(organisation.get("WhoAmI").await.status, StatusCode::OK);
    organisation.pass(100);
    let second = organisation.get("WhoAmI").await;
    assert_eq!(
        second.header("x-ms-ratelimit-burst-remaining-xrm-requests"),
        "0"
    );
    organisation.pass(50);
    let refused = organisation.get("WhoAmI").await;
    refused.is_refused(429, "0x80072322");
    assert_eq!(refused.header("retry-after"), "150");
    assert!(
        refused
            .text
            .contains("limit of 2 over time window of 300 seconds")
    );
    organisation.pass(150);
    assert_eq!(organisation.get("WhoAmI").await.status, StatusCode::OK);
}

#[tokio::test]
async fn names_of_resources_are_case_sensitive() {
    let organisation = Organisation::start().await;
    let answer = organisation.get("Incidents").await;
    answer.is_refused(404, "0x8006088a");
    assert!(
        answer
            .text
            .contains("Resource not found for the segment 'Incidents'.")
    );
}

#[tokio::test]
async fn a_function_with_the_wrong_method_and_a_patch_on_a_set_are_refused() {
    let organisation = Organisation::start().await;
    organisation
        .post("WhoAmI", json!({}))
        .await
        .is_refused(404, "");
    organisation.get("CloseIncident").await.is_refused(404, "");
    assert_eq!(
        organisation
            .patch("incidents", json!({"title": "x"}))
            .await
            .status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        Answer::of(organisation.request(Method::DELETE, "incidents"))
            .await
            .status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn every_answer_tells_the_odata_version_and_other_versions_of_the_service_are_there() {
    let organisation = Organisation::start().await;
    assert_eq!(
        organisation.get("WhoAmI").await.header("odata-version"),
        "4.0"
    );
    let older = Answer::of(
        organisation
            .http
            .get(format!("{}/api/data/v9.0/WhoAmI()", organisation.root))
            .bearer_auth("sandbox"),
    )
    .await;
    assert_eq!(older.status, StatusCode::OK);
    let none = Answer::of(
        organisation
            .http
            .get(format!("{}/api/data/v8.0/WhoAmI", organisation.root))
            .bearer_auth("sandbox"),
    )
    .await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_tag_of_a_write_is_remembered_and_refused_writes_leave_none() {
    let organisation = Organisation::start().await;
    let before = organisation.dataverse.writes().len();
    organisation
        .patch(
            &format!("contacts({IRIA})?tag=cxloop"),
            json!({"jobtitle": "Mestra"}),
        )
        .await;
    organisation
        .patch(
            &format!("contacts({IRIA})?tag=cxloop"),
            json!({"jobtitel": "x"}),
        )
        .await;
    let writes = organisation.dataverse.writes();
    assert_eq!(writes.len(), before + 1);
    let last = writes.last().unwrap();
    assert_eq!(
        (
            last.table.as_str(),
            last.id.to_string().as_str(),
            last.operation,
            last.tag.as_deref()
        ),
        ("contact", IRIA, Operation::Update, Some("cxloop"))
    );
}

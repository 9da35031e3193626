//! Versions, headers, limits and the form of refusals.
//! Source: Microsoft Learn, "Compose HTTP requests and handle errors" and "Service protection API limits".

use std::time::Duration;

use cxloop_sandbox::dataverse::Operation;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::organisation::{Answer, IRIA, Organisation};

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
async fn more_requests_at_once_than_the_limit_are_refused_until_one_has_ended() {
    let organisation = Organisation::start().await;
    organisation.dataverse.limit_concurrency(1);
    let address = organisation.root.trim_start_matches("http://");
    let mut slow = TcpStream::connect(address).await.unwrap();
    // A body that never comes keeps its request in flight.
    let head = "POST /api/data/v9.2/contacts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sandbox\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let refused = answered(&organisation, StatusCode::TOO_MANY_REQUESTS).await;
    refused.is_refused(429, "0x80072326");
    assert!(
        refused
            .text
            .contains("Number of concurrent requests exceeded the limit of 1."),
        "{}",
        refused.text
    );
    assert_eq!(refused.header("retry-after"), "1");
    drop(slow);
    answered(&organisation, StatusCode::OK).await;
}

/// Asks until the answer has this status.
async fn answered(organisation: &Organisation, status: StatusCode) -> Answer {
    let asking = async {
        loop {
            let answer = organisation.get("WhoAmI").await;
            if answer.status == status {
                return answer;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking)
        .await
        .expect("never answered so")
}

#[tokio::test]
async fn options_that_choose_rows_are_refused_for_a_single_one() {
    let organisation = Organisation::start().await;
    for option in [
        "$top=1",
        "$filter=lastname eq 'x'",
        "$orderby=lastname",
        "$count=true",
    ] {
        organisation
            .get(&format!("contacts({IRIA})?{option}"))
            .await
            .is_refused(400, "0x80060888");
    }
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

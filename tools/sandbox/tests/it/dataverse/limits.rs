//! Service protection. Source: Microsoft Learn, "Service protection API limits".

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use super::organisation::{Answer, Organisation};

#[tokio::test]
async fn the_execution_time_of_a_users_requests_is_limited() {
    let organisation = Organisation::start().await;
    let service = &organisation.dataverse;
    service.limit_execution_time(SignedDuration::from_secs(90));
    service.cost_of_requests(SignedDuration::from_secs(45));
    let first = organisation.get("WhoAmI").await;
    assert_eq!(
        first.header("x-ms-ratelimit-time-remaining-xrm-requests"),
        "45.00"
    );
    organisation.pass(10);
    organisation.get("WhoAmI").await;
    let refused = organisation.get("WhoAmI").await;
    refused.is_refused(429, "0x80072321");
    assert!(
        refused.text.contains("Combined execution time of incoming requests exceeded limit of 90,000 milliseconds over time window of 300 seconds."),
        "{}",
        refused.text
    );
    assert_eq!(refused.header("retry-after"), "290");
    organisation.pass(290);
    assert_eq!(organisation.get("WhoAmI").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_goes_on_asking_while_refused_waits_longer() {
    let organisation = Organisation::start().await;
    organisation.dataverse.limit_requests(1);
    organisation
        .dataverse
        .limit_window(SignedDuration::from_secs(60));
    organisation.get("WhoAmI").await;
    let wait = async || {
        organisation
            .get("WhoAmI")
            .await
            .header("retry-after")
            .to_owned()
    };
    assert_eq!(wait().await, "60");
    organisation.pass(50);
    assert_eq!(wait().await, "11", "a second was added");
    organisation.pass(10);
    assert_eq!(wait().await, "2", "and another");
    organisation.pass(2);
    assert_eq!(organisation.get("WhoAmI").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_user_has_limits_of_its_own() {
    let organisation = Organisation::start().await;
    organisation.dataverse.add_application("other", "secret");
    organisation.dataverse.limit_requests(1);
    organisation.get("WhoAmI").await;
    organisation
        .get("WhoAmI")
        .await
        .is_refused(429, "0x80072322");
    let token = organisation.token("other", "secret").await;
    let request = organisation
        .http
        .get(format!("{}/api/data/v9.2/WhoAmI", organisation.root))
        .bearer_auth(token);
    assert_eq!(Answer::of(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_counts_as_one_request() {
    let organisation = Organisation::start().await;
    organisation.dataverse.limit_requests(2);
    let part = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /api/data/v9.2/WhoAmI HTTP/1.1\r\n\r\n";
    let body = format!("{}--b--\r\n", part.repeat(3));
    let request = organisation
        .request(Method::POST, "$batch")
        .header("content-type", "multipart/mixed; boundary=b")
        .body(body);
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.text.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(
        answer.header("x-ms-ratelimit-burst-remaining-xrm-requests"),
        "1"
    );
}

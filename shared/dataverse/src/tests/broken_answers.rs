//! Answers that are no answers: pages, halves, silence, floods.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::ResponseTemplate;

use super::{CASE, Organisation, connection};
use crate::{Action, Client, Connection, Error, Query, Row, Timeouts, classify};

async fn read(organisation: &Organisation) -> Error {
    organisation
        .client
        .get("incidents", CASE, &Query::new())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_page_with_status_200_is_not_an_answer() {
    let organisation = Organisation::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    organisation.answers(page).await;
    let error = read(&organisation).await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn success_must_be_whole_json_of_the_right_kind() {
    for (body, content_type) in [
        ("{\"incidentid\": \"5f0c", "application/json"),
        ("", "application/json"),
        ("[]", "application/json"),
        ("{\"incidentid\": null}", "text/plain"),
    ] {
        let organisation = Organisation::start().await;
        organisation
            .answers(ResponseTemplate::new(200).set_body_raw(body, content_type))
            .await;
        let error = read(&organisation).await;
        assert_eq!(
            classify(&error).action,
            Action::RetryLater,
            "{body} {error:?}"
        );
        assert!(
            matches!(error, Error::Unavailable { .. }),
            "{body} {error:?}"
        );
    }
}

#[tokio::test]
async fn a_list_without_rows_is_not_an_empty_list() {
    let organisation = Organisation::start().await;
    organisation
        .answers(ResponseTemplate::new(200).set_body_json(serde_json::json!({"@odata.count": 1})))
        .await;
    let error = organisation
        .client
        .list("contacts", &Query::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let organisation = Organisation::start().await;
    let elsewhere = format!("{}/elsewhere", organisation.server.uri());
    organisation
        .answers(ResponseTemplate::new(302).insert_header("Location", elsewhere.as_str()))
        .await;
    let error = read(&organisation).await;
    assert!(
        matches!(&error, Error::Unexpected(detail) if detail.status == 302),
        "{error:?}"
    );
    let all = organisation.server.received_requests().await.unwrap();
    assert!(all.iter().all(|request| request.url.path() != "/elsewhere"));
}

#[tokio::test]
async fn silence_ends_with_the_time_limit() {
    let organisation = Organisation::start().await;
    organisation
        .answers(ResponseTemplate::new(204).set_delay(Duration::from_secs(60)))
        .await;
    let timeouts = Timeouts {
        request: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let client = Client::new(
        Connection::http_client(timeouts).unwrap(),
        connection(&organisation.server.uri()).with_timeouts(timeouts),
        std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    );
    let error = client
        .create_with_id("incidents", CASE, Row::new())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Dynamics is unavailable: no answer in time"
    );
}

#[tokio::test]
async fn a_closed_port_is_a_transient_failure_that_names_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(
        Connection::http_client(Timeouts::default()).unwrap(),
        connection(&format!("http://{address}")),
        std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    );
    let error = client
        .get("incidents", CASE, &Query::new())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "Dynamics is unavailable: no connection");
}

#[tokio::test]
async fn half_a_body_is_no_body() {
    let error = answered_with(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"incidentid\":1}".to_vec(),
    )
    .await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_cut_before_the_answer_is_a_transient_failure() {
    let error = answered_with(Vec::new()).await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_over_eight_megabytes_is_refused() {
    let organisation = Organisation::start().await;
    let body = vec![b' '; 8 * 1024 * 1024 + 1];
    organisation
        .answers(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .await;
    let error = read(&organisation).await;
    assert_eq!(
        error,
        Error::Oversized {
            limit_bytes: 8 * 1024 * 1024
        }
    );
}

/// The error of a read whose answer is exactly these bytes, after which the connection is cut.
async fn answered_with(bytes: Vec<u8>) -> Error {
    let tokens = Organisation::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let token_url = format!("{}/contoso/oauth2/v2.0/token", tokens.server.uri());
    let client = Client::new(
        Connection::http_client(Timeouts::default()).unwrap(),
        connection(&root).with_token_url(&token_url).unwrap(),
        std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    );
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let query = Query::new();
    let (error, answered) = tokio::join!(client.get("incidents", CASE, &query), answering);
    answered.unwrap();
    error.unwrap_err()
}

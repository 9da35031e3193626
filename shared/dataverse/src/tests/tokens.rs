//! The token: asked for once, renewed in time, and never more than once per refusal.

use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{header as has_header, method, path, path_regex},
};

use super::{CASE, Organisation, connection, refusal};
use crate::{Action, Connection, Error, FailureKind, Query, classify};
use secrecy::SecretString;

async fn read(organisation: &Organisation) -> Result<(), Error> {
    organisation
        .client
        .get("incidents", CASE, &Query::new())
        .await
        .map(drop)
}

fn row() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"incidentid": CASE}))
}

#[tokio::test]
async fn the_token_is_asked_for_with_client_credentials_and_the_default_scope() {
    let organisation = Organisation::start().await;
    organisation.answers(row()).await;
    read(&organisation).await.unwrap();

    let all = organisation.server.received_requests().await.unwrap();
    assert_eq!(
        all[0].headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let form = String::from_utf8(all[0].body.clone()).unwrap();
    let root = organisation
        .server
        .uri()
        .replace(':', "%3A")
        .replace('/', "%2F");
    assert_eq!(
        form,
        format!(
            "grant_type=client_credentials&client_id=application\
             &client_secret=segredo+da+aplicaci%C3%B3n&scope={root}%2F.default"
        )
    );
}

#[tokio::test]
async fn one_token_serves_many_requests_until_shortly_before_its_end() {
    let organisation = Organisation::start().await;
    organisation.answers(row()).await;

    read(&organisation).await.unwrap();
    organisation.pass(3_599 - 121);
    read(&organisation).await.unwrap();
    assert_eq!(organisation.token_requests().await, 1);
    organisation.pass(1);
    read(&organisation).await.unwrap();
    assert_eq!(organisation.token_requests().await, 2);
}

#[tokio::test]
async fn ten_callers_at_once_share_one_token() {
    let organisation = Organisation::start().await;
    organisation.answers(row()).await;

    let reads = (0..10).map(|_| {
        let client = organisation.client.clone();
        tokio::spawn(async move { client.get("incidents", CASE, &Query::new()).await })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap().unwrap();
    }
    assert_eq!(organisation.token_requests().await, 1);
}

#[tokio::test]
async fn ten_callers_at_once_share_one_failure_to_get_a_token() {
    let organisation = Organisation::without_tokens().await;
    let slow = ResponseTemplate::new(503).set_delay(std::time::Duration::from_millis(200));
    Mock::given(method("POST"))
        .respond_with(slow)
        .mount(&organisation.server)
        .await;

    let reads = (0..10).map(|_| {
        let client = organisation.client.clone();
        tokio::spawn(async move { client.get("incidents", CASE, &Query::new()).await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(matches!(
            read.await.unwrap(),
            Err(Error::Unavailable { .. })
        ));
    }
    assert_eq!(organisation.token_requests().await, 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_request_sent_again() {
    let organisation = Organisation::without_tokens().await;
    organisation.gives_token("revoked", 3_599, Some(1)).await;
    organisation.gives_token("fresh", 3_599, None).await;
    Mock::given(path_regex("^/api/"))
        .and(has_header("authorization", "Bearer revoked"))
        .respond_with(refusal(401, "", "expired"))
        .mount(&organisation.server)
        .await;
    organisation.answers(row()).await;

    read(&organisation).await.unwrap();
    read(&organisation).await.unwrap();

    assert_eq!(organisation.token_requests().await, 2);
    assert_eq!(organisation.requests().await.len(), 3);
}

#[tokio::test]
async fn callers_whose_token_is_refused_at_once_share_the_new_one() {
    let organisation = Organisation::without_tokens().await;
    organisation.gives_token("revoked", 3_599, Some(1)).await;
    organisation.gives_token("fresh", 3_599, None).await;
    Mock::given(path_regex("^/api/"))
        .and(has_header("authorization", "Bearer revoked"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&organisation.server)
        .await;
    organisation.answers(row()).await;

    let reads = (0..10).map(|_| {
        let client = organisation.client.clone();
        tokio::spawn(async move { client.get("incidents", CASE, &Query::new()).await })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap().unwrap();
    }
    assert_eq!(organisation.token_requests().await, 2);
}

#[tokio::test]
async fn a_second_401_is_an_error_that_points_at_the_application_user() {
    let organisation = Organisation::start().await;
    organisation
        .answers(refusal(
            401,
            "0x80072560",
            "not a member of the organization",
        ))
        .await;

    let error = read(&organisation).await.unwrap_err();

    assert!(
        matches!(&error, Error::TokenRejected(detail) if detail.status == 401),
        "{error:?}"
    );
    let verdict = classify(&error);
    assert_eq!(
        (verdict.action, verdict.kind),
        (Action::RetryLater, FailureKind::Configuration)
    );
    assert_eq!(organisation.requests().await.len(), 2);
    assert_eq!(organisation.token_requests().await, 2);
}

#[tokio::test]
async fn wrong_credentials_say_so_and_never_reach_the_web_api() {
    let organisation = Organisation::without_tokens().await;
    Mock::given(method("POST"))
        .and(path("/contoso/oauth2/v2.0/token"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({
            "error": "invalid_client", "error_description": "the secret is not right",
        })))
        .mount(&organisation.server)
        .await;

    let error = read(&organisation).await.unwrap_err();

    let Error::CredentialsRefused(detail) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(detail.message, "invalid_client: the secret is not right");
    assert_eq!(classify(&error).kind, FailureKind::Configuration);
    assert!(organisation.requests().await.is_empty());
}

#[tokio::test]
async fn an_identity_provider_that_is_busy_or_broken_is_not_a_wrong_secret() {
    let table = [
        (
            ResponseTemplate::new(429).insert_header("Retry-After", "7"),
            Action::WaitUntil { seconds: 7 },
        ),
        (ResponseTemplate::new(503), Action::RetryLater),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            Action::RetryLater,
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({"token_type": "Bearer"})),
            Action::RetryLater,
        ),
        (
            ResponseTemplate::new(400).set_body_json(json!({"error": "temporarily_unavailable"})),
            Action::RetryLater,
        ),
    ];
    for (answer, action) in table {
        let organisation = Organisation::without_tokens().await;
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(&organisation.server)
            .await;
        let error = read(&organisation).await.unwrap_err();
        let verdict = classify(&error);
        assert_eq!(
            (verdict.action, verdict.kind),
            (action, FailureKind::Transient),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn after_a_failed_fetch_the_next_request_asks_again() {
    let organisation = Organisation::without_tokens().await;
    Mock::given(path("/contoso/oauth2/v2.0/token"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&organisation.server)
        .await;
    organisation.gives_token("token", 3_599, None).await;
    organisation.answers(row()).await;

    assert!(matches!(
        read(&organisation).await,
        Err(Error::Unavailable { .. })
    ));
    read(&organisation).await.unwrap();
}

#[test]
fn a_secret_never_travels_in_clear_text_over_a_network_nor_into_a_log() {
    let secret = || SecretString::from("segredo".to_owned());
    for url in ["http://contoso.example.com", "ftp://127.0.0.1", "contoso"] {
        assert!(
            Connection::new(url, "t", "c", secret(), "tag").is_err(),
            "{url}"
        );
    }
    for url in [
        "http://127.0.0.1:8687",
        "http://localhost:1",
        "http://[::1]:1",
        "https://contoso.example.com/",
    ] {
        assert!(
            Connection::new(url, "t", "c", secret(), "tag").is_ok(),
            "{url}"
        );
    }
    let connection =
        Connection::new("https://contoso.example.com", "t", "c", secret(), "tag").unwrap();
    assert!(
        connection
            .with_token_url("http://example.com/token")
            .is_err()
    );
    assert!(!format!("{:?}", connection_for_debug()).contains("segredo"));
}

fn connection_for_debug() -> Connection {
    connection("http://127.0.0.1:1")
}

#[test]
fn tokens_come_from_the_tenant_unless_told_otherwise() {
    let secret = SecretString::from("segredo".to_owned());
    let connection =
        Connection::new("https://contoso.example.com/", "a b", "c", secret, "tag").unwrap();
    assert_eq!(
        connection.token_url.as_str(),
        "https://login.microsoftonline.com/a%20b/oauth2/v2.0/token"
    );
    assert_eq!(connection.scope, "https://contoso.example.com/.default");
}

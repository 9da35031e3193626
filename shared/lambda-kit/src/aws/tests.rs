mod sending;
mod wake_ups;

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_ports::{Bus, Clock, Postpone, Remedy, Secrets};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{EventBridge, SecretsManager, Sqs, WallClock};
use crate::test_doubles::HandClock;

async fn service(answer: ResponseTemplate) -> (MockServer, SdkConfig) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(answer)
        .mount(&server)
        .await;
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys(
            "test", "test", None,
        )))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(server.uri())
        .build();
    (server, config)
}

fn event() -> Outgoing {
    Outgoing::of(&ResponseHinted {
        connection: "wxm".parse().unwrap(),
        inbox_id: "i-1".parse().unwrap(),
    })
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(
        json!({ "__type": code, "message": "no" }).to_string(),
        "application/x-amz-json-1.1",
    )
}

async fn publish(answer: ResponseTemplate) -> Result<(), cxloop_ports::Failure> {
    let (_server, config) = service(answer).await;
    EventBridge::new(&config, "cxloop", HandClock::at("2026-03-02T10:00:00Z"))
        .publish(&event())
        .await
}

#[tokio::test]
async fn an_event_goes_to_its_bus_with_name_source_time_and_detail() {
    let server = MockServer::start().await;
    let entry = json!({ "Entries": [{
        "EventBusName": "cxloop", "Source": "cxloop", "DetailType": "ResponseHinted", "Detail": event().detail, "Time": 1_772_445_600
    }] });
    Mock::given(body_partial_json(entry))
        .and(header("x-amz-target", "AWSEvents.PutEvents"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "e" }] })),
        )
        .expect(1)
        .mount(&server)
        .await;
    let config = service(ResponseTemplate::new(500))
        .await
        .1
        .into_builder()
        .endpoint_url(server.uri())
        .build();
    let bus = EventBridge::new(&config, "cxloop", HandClock::at("2026-03-02T10:00:00Z"));
    bus.publish(&event()).await.unwrap();
}

#[tokio::test]
async fn an_entry_that_the_bus_did_not_take_is_a_failure_although_the_answer_is_200() {
    let answer = |code: &str| {
        ResponseTemplate::new(200).set_body_json(json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": code, "ErrorMessage": "no" }] }))
    };
    let passing = publish(answer("ThrottlingException")).await.unwrap_err();
    assert_eq!(passing.remedy, Remedy::Retry);
    let ours = publish(answer("NotAuthorizedForSourceException"))
        .await
        .unwrap_err();
    assert_eq!(ours.remedy, Remedy::Mend);
    assert_eq!(
        ours.detail,
        "PutEvents, 1 failed, NotAuthorizedForSourceException"
    );
}

#[tokio::test]
async fn a_refusal_of_the_service_tells_passing_trouble_from_our_own() {
    for (answer, remedy) in [
        (refusal(500, "InternalFailure"), Remedy::Retry),
        (refusal(400, "ThrottlingException"), Remedy::Retry),
        (refusal(400, "ResourceNotFoundException"), Remedy::Mend),
        (refusal(400, "AccessDeniedException"), Remedy::Mend),
        (
            ResponseTemplate::new(200).set_body_raw("{\"FailedEntry", "application/x-amz-json-1.1"),
            Remedy::Retry,
        ),
    ] {
        let described = format!("{answer:?}");
        assert_eq!(
            publish(answer).await.unwrap_err().remedy,
            remedy,
            "{described}"
        );
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_passing_trouble() {
    let (_, config) = service(ResponseTemplate::new(500)).await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = config
        .into_builder()
        .endpoint_url(format!("http://{unused}"))
        .build();
    let failure = Sqs::new(&config, "http://127.0.0.1/q")
        .send_again("{}", 5)
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
}

#[tokio::test]
async fn a_message_is_sent_again_with_a_delay_that_the_queue_takes() {
    let (server, config) =
        service(ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "m" }))).await;
    Sqs::new(&config, "http://127.0.0.1/000000000000/intake")
        .send_again("{\"á\":1}", 5_000)
        .await
        .unwrap();
    let sent: Value = server.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    assert_eq!(sent["DelaySeconds"], 900);
    assert_eq!(sent["MessageBody"], "{\"á\":1}");
}

async fn secret(answer: ResponseTemplate) -> (MockServer, Arc<HandClock>, SecretsManager) {
    let (server, config) = service(answer).await;
    let clock = HandClock::at("2026-03-02T10:00:00Z");
    let secrets = SecretsManager::new(&config, clock.clone());
    (server, clock, secrets)
}

fn holding(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "Name": "cxloop/wxm", "SecretString": text }))
}

#[tokio::test]
async fn a_secret_is_read_once_in_five_minutes_and_again_when_forgotten() {
    let (server, clock, secrets) = secret(holding(
        "{\"username\":\"sandbox\",\"password\":\"contrasinal\"}",
    ))
    .await;
    for field in ["username", "password", "username"] {
        secrets.field("cxloop/wxm", field).await.unwrap();
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert_eq!(
        secrets
            .field("cxloop/wxm", "password")
            .await
            .unwrap()
            .expose_secret(),
        "contrasinal"
    );
    clock.advance_seconds(301);
    secrets.field("cxloop/wxm", "username").await.unwrap();
    secrets.forget("cxloop/wxm").await;
    secrets.field("cxloop/wxm", "username").await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_secret_that_is_missing_or_unfit_is_named_and_never_shown() {
    let table = [
        (
            refusal(400, "ResourceNotFoundException"),
            Remedy::Mend,
            "Secret cxloop/wxm does not exist.",
        ),
        (
            refusal(400, "AccessDeniedException"),
            Remedy::Mend,
            "Secret cxloop/wxm refuses: AccessDeniedException.",
        ),
        (
            refusal(500, "InternalServiceError"),
            Remedy::Retry,
            "Secret cxloop/wxm is not available.",
        ),
        (
            holding("contrasinal"),
            Remedy::Mend,
            "Secret cxloop/wxm is no JSON object.",
        ),
        (
            holding("{\"username\":\"contrasinal\"}"),
            Remedy::Mend,
            "Secret cxloop/wxm has no text field password.",
        ),
        (
            holding("{\"password\":[\"contrasinal\"]}"),
            Remedy::Mend,
            "Secret cxloop/wxm has no text field password.",
        ),
    ];
    for (answer, remedy, message) in table {
        let (_server, _, secrets) = secret(answer).await;
        let failure = secrets.field("cxloop/wxm", "password").await.unwrap_err();
        assert_eq!(
            (failure.remedy.clone(), failure.message.as_str()),
            (remedy, message)
        );
        assert!(!format!("{failure:?}").contains("contrasinal"));
    }
}

#[test]
fn the_wall_clock_goes_forward() {
    let first = WallClock.now();
    assert!(WallClock.now() >= first);
    assert!(first.as_second() > 1_700_000_000);
}

use http::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::Webhook;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::program::{NOBODY, Place, events};

/// 32 bytes made up for this test, in base64.
const SECRET: &str = "whsec_dW5oYSBjaGF2ZSBmZWl0YSBzw7MgcGFyYSBhcyBwcm9iYXM=";

fn event(name: &str) -> String {
    events().join(name).to_str().unwrap().to_owned()
}

fn body_in(name: &str) -> String {
    let envelope: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(event(name)).unwrap()).unwrap();
    envelope["body"].as_str().unwrap().to_owned()
}

async fn receiver(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    server
}

async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn headers(request: &Request) -> HeaderMap {
    let pairs = request.headers.iter();
    pairs
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_ref()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_signed_webhook_is_sent_byte_by_byte_with_a_signature_made_now() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/webhooks/generic"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let run = Place::new()
        .cxloop(&[
            "send",
            &event("webhooks/standard-new.json"),
            "--to",
            &server.uri(),
            "--secret",
            SECRET,
        ])
        .await
        .fine();
    assert!(
        run.out.contains("signed now") && run.out.contains("200 OK"),
        "{run:?}"
    );
    let request = only_request(&server).await;
    assert_eq!(
        request.body,
        body_in("webhooks/standard-new.json").as_bytes()
    );
    Webhook::new(SECRET)
        .unwrap()
        .verify(&request.body, &headers(&request))
        .unwrap();
    assert_eq!(request.headers["webhook-id"], "msg-2041");
    assert_eq!(
        request.headers["content-type"],
        "application/json; charset=utf-8"
    );
    assert!(!request.headers.contains_key("x-forwarded-for"));
}

#[tokio::test]
async fn a_webhook_that_is_not_signed_goes_to_its_secret_path_which_is_not_shown() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/webhooks/wxm/sandbox"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let run = Place::new()
        .cxloop(&[
            "send",
            &event("webhooks/wxm-camel-case.json"),
            "--to",
            &server.uri(),
            "--json",
        ])
        .await
        .fine();
    assert_eq!(run.json()["status"], 200);
    assert_eq!(
        run.json()["to"],
        format!("{}/webhooks/wxm/***", server.uri())
    );
    assert_eq!(
        only_request(&server).await.body,
        body_in("webhooks/wxm-camel-case.json").as_bytes()
    );
}

#[tokio::test]
async fn a_webhook_can_go_through_another_connection() {
    let server = receiver(200).await;
    let to = server.uri();
    Place::new()
        .cxloop(&[
            "send",
            &event("webhooks/wxm-camel-case.json"),
            "--to",
            &to,
            "--connection",
            "wxm-galicia",
        ])
        .await
        .fine();
    assert_eq!(
        only_request(&server).await.url.path(),
        "/webhooks/wxm-galicia/sandbox"
    );
}

#[tokio::test]
async fn a_refusal_is_exit_code_1_and_silence_exit_code_2() {
    let server = receiver(401).await;
    let file = event("webhooks/standard-new.json");
    let run = Place::new()
        .cxloop(&["send", &file, "--to", &server.uri(), "--as-is"])
        .await;
    assert_eq!(run.code, 1);
    assert!(run.out.contains("401"), "{run:?}");
    assert!(
        only_request(&server).await.headers["webhook-signature"]
            .to_str()
            .unwrap()
            .starts_with("v1,AAAA")
    );
    let run = Place::new()
        .cxloop(&["send", &file, "--to", NOBODY, "--as-is"])
        .await;
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("http://127.0.0.1:1 does not answer."),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let server = receiver(200).await;
    let file = event("webhooks/standard-new.json");
    let run = Place::new()
        .cxloop(&[
            "send",
            &file,
            "--to",
            &server.uri(),
            "--secret",
            SECRET,
            "--dry-run",
        ])
        .await
        .fine();
    assert!(run.out.contains("not sent (dry run)"), "{run:?}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_secret_a_signed_webhook_is_not_sent() {
    let server = receiver(200).await;
    let run = Place::new()
        .cxloop(&[
            "send",
            &event("webhooks/standard-new.json"),
            "--to",
            &server.uri(),
        ])
        .await;
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("--secret") && run.err.contains("--as-is"),
        "{run:?}"
    );
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_sandbox_that_runs_here_gives_address_and_secret() {
    let server = receiver(200).await;
    let place = Place::new();
    let noted = format!(
        "CXLOOP_SANDBOX_URL={}\nCXLOOP_WEBHOOK_SECRET={SECRET}\nAWS_ENDPOINT_URL={NOBODY}\n",
        server.uri()
    );
    place.file(".sandbox/env", &noted);
    place
        .cxloop(&["send", &event("webhooks/standard-new.json")])
        .await
        .fine();
    let request = only_request(&server).await;
    Webhook::new(SECRET)
        .unwrap()
        .verify(&request.body, &headers(&request))
        .unwrap();
}

#[tokio::test]
async fn the_envelope_itself_can_be_had_with_a_signature_made_now() {
    let run = Place::new()
        .cxloop(&[
            "send",
            &event("webhooks/standard-new.json"),
            "--secret",
            SECRET,
            "--envelope",
        ])
        .await
        .fine();
    let (request, body) = lambda_http::request::from_str(&run.out)
        .unwrap()
        .into_parts();
    let lambda_http::Body::Text(body) = body else {
        panic!("{body:?}")
    };
    Webhook::new(SECRET)
        .unwrap()
        .verify(body.as_bytes(), &request.headers)
        .unwrap();
}

#[tokio::test]
async fn queue_messages_go_to_the_queue_of_their_function() {
    let server = MockServer::start().await;
    let taken = ResponseTemplate::new(200).set_body_string(r#"{"MessageId":"m-1"}"#);
    Mock::given(method("POST"))
        .respond_with(taken)
        .expect(1)
        .mount(&server)
        .await;
    let place = Place::new();
    let queue_url = format!("{}/000000000000/case", server.uri());
    place.file(
        ".sandbox/env",
        &format!("AWS_ENDPOINT_URL={}\n", server.uri()),
    );
    place.file(
        ".sandbox/response-to-case.env",
        &format!("CXLOOP_QUEUE_URL={queue_url}\n"),
    );
    let file = event("response-to-case/new.json");
    let planned = place
        .cxloop(&["send", &file, "--dry-run", "--json"])
        .await
        .fine();
    assert_eq!(planned.json()["queue_url"], queue_url.as_str());
    assert!(server.received_requests().await.unwrap().is_empty());
    let run = place.cxloop(&["send", &file]).await.fine();
    assert!(run.out.contains("m-1"), "{run:?}");
    let request = only_request(&server).await;
    assert_eq!(request.headers["x-amz-target"], "AmazonSQS.SendMessage");
    let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let envelope: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(sent["MessageBody"], envelope["Records"][0]["body"]);
    assert_eq!(sent["QueueUrl"], queue_url.as_str());
}

#[tokio::test]
async fn an_event_that_comes_from_nowhere_is_refused_with_what_to_do() {
    let run = Place::new()
        .cxloop(&["send", &event("sweep/every-minute.json")])
        .await;
    assert_eq!(run.code, 2);
    assert!(run.err.contains("cargo lambda invoke"), "{run:?}");
    let run = Place::new()
        .cxloop(&["send", &event("response-to-case/new.json")])
        .await;
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--queue-url"), "{run:?}");
}

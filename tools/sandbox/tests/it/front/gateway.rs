//! Requests pass to the deployed API and back as they came.

use axum::body::Body;
use axum::response::Response;
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::sandbox_front::{API_HOST, SandboxFront};

#[tokio::test]
async fn a_body_arrives_byte_by_byte_with_path_query_and_headers_as_sent() {
    let front = SandboxFront::start().await;
    // Neither text nor JSON, a signature's worst case: zero bytes, line ends, broken UTF-8.
    let body: Vec<u8> = (0..=255).chain(*b"\r\n\n  {\"a\" : 1}\xc3").collect();
    let sent = front
        .http
        .post(front.at("/webhooks/generic/t%2Fk?x=1&y=%20a%C3%B3"))
        .header("webhook-signature", "v1,abc= v1,def=")
        .header("content-encoding", "identity")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    let (request, arrived) = front.api.arrived().await;
    assert_eq!(arrived, body);
    assert_eq!(request.method, Method::POST);
    assert_eq!(request.uri, "/webhooks/generic/t%2Fk?x=1&y=%20a%C3%B3");
    assert_eq!(request.headers["host"], API_HOST);
    assert_eq!(request.headers["webhook-signature"], "v1,abc= v1,def=");
    assert_eq!(request.headers["content-encoding"], "identity");
    let twice: Vec<_> = request.headers.get_all("x-twice").iter().collect();
    assert_eq!(twice, ["1", "2"]);
}

#[tokio::test]
async fn a_chunked_body_and_headers_of_the_connection_end_at_the_front() {
    let front = SandboxFront::start().await;
    let mut stream = TcpStream::connect(front.url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let request = "POST /webhooks/wxm/sandbox HTTP/1.1\r\nHost: 127.0.0.1:8686\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\
        TE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nboa \r\n9\r\natención\r\n0\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (request, body) = front.api.arrived().await;
    assert_eq!(body, "boa atención".as_bytes());
    for gone in ["connection", "x-hop", "te", "transfer-encoding"] {
        assert!(!request.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(request.headers["content-length"], body.len().to_string());
}

#[tokio::test]
async fn an_answer_comes_back_with_its_status_headers_and_bytes() {
    let front = SandboxFront::start().await;
    let answer = Response::builder()
        .status(303)
        .header("location", "/loops/wxm~52c7")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .header("keep-alive", "timeout=5")
        .body(Body::from(&[0_u8, 255, 10][..]))
        .unwrap();
    front.api.answer_with(answer);
    let got = front.http.get(front.at("/loops")).send().await.unwrap();
    assert_eq!(got.status(), StatusCode::SEE_OTHER);
    assert_eq!(got.headers()["location"], "/loops/wxm~52c7");
    assert_eq!(got.headers().get_all("set-cookie").iter().count(), 2);
    assert!(!got.headers().contains_key("keep-alive"));
    assert_eq!(got.bytes().await.unwrap(), [0_u8, 255, 10][..]);
}

#[tokio::test]
async fn a_head_request_is_passed_on_and_answered_without_a_body() {
    let front = SandboxFront::start().await;
    let got = front
        .http
        .head(front.at("/webhooks/wxm/sandbox"))
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), StatusCode::OK);
    assert_eq!(front.api.arrived().await.0.method, Method::HEAD);
}

#[tokio::test]
async fn an_api_that_is_not_there_is_answered_502_in_clear_words() {
    let mut front = SandboxFront::start().await;
    front.end_api().await;
    let got = front.http.get(front.at("/loops")).send().await.unwrap();
    assert_eq!(got.status(), StatusCode::BAD_GATEWAY);
    let words = got.text().await.unwrap();
    assert!(
        words.starts_with("the API on the emulator cannot be reached at 127.0.0.1:"),
        "{words}"
    );
}

#[tokio::test]
async fn a_body_past_what_the_api_takes_is_refused_413() {
    let front = SandboxFront::start().await;
    let body = vec![b'a'; 10 * 1024 * 1024 + 1];
    let got = front
        .http
        .post(front.at("/webhooks/generic"))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_mistyped_switch_does_not_reach_the_api() {
    let front = SandboxFront::start().await;
    let got = front
        .http
        .get(front.at("/_sandbox/faultz"))
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), StatusCode::NOT_FOUND);
    assert!(got.text().await.unwrap().contains("/_sandbox/faults"));
    let faults = front
        .http
        .get(front.at("/_sandbox/faults"))
        .send()
        .await
        .unwrap();
    assert_eq!(faults.text().await.unwrap(), "[]");
    let calls = front
        .http
        .get(front.at("/_sandbox/calls?target=dynamics"))
        .send()
        .await
        .unwrap();
    assert_eq!(calls.text().await.unwrap(), "[]");
}

//! The wire in front of a stand-in: faults take effect, calls are written down.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use cxloop_sandbox::stand_in::{
    Call, Calls, Faults, Now, Wire, control_router, serve_on, wall_clock,
};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::platform::client;

/// A stand-in that only counts what reaches it.
struct Counter {
    reached: Arc<AtomicUsize>,
    faults: Faults,
    calls: Calls,
    address: String,
    http: reqwest::Client,
    serving: tokio::task::JoinHandle<()>,
}

async fn counter(target: &'static str) -> Counter {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let effect = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        StatusCode::NO_CONTENT
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (faults, calls) = (Faults::new(), Calls::new());
    let now: Now = wall_clock();
    let wire = Wire::new(target, faults.clone(), calls.clone(), now);
    let router = Router::new().fallback(post(effect));
    let serving = tokio::spawn(serve_on(listener, router, wire));
    Counter {
        reached,
        faults,
        calls,
        address,
        http: client(),
        serving,
    }
}

impl Counter {
    fn fault(&self, rule: Value) {
        self.faults
            .add(serde_json::from_value(rule).unwrap())
            .unwrap();
    }

    fn effects(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }

    async fn post(&self, path: &str) -> Result<reqwest::Response, reqwest::Error> {
        self.http
            .post(format!("http://{}{path}", self.address))
            .body("x")
            .send()
            .await
    }

    /// Every byte that a request is answered with.
    async fn bytes_answered(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nOl");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answered = Vec::new();
        stream.read_to_end(&mut answered).await.unwrap();
        answered
    }

    fn statuses(&self, target: &str) -> Vec<u16> {
        self.calls
            .of(target)
            .iter()
            .map(|call: &Call| call.status)
            .collect()
    }
}

#[tokio::test]
async fn a_connection_cut_before_the_effect_leaves_nothing_done_and_nothing_said() {
    let counter = counter("dynamics").await;
    counter.fault(json!({"target": "dynamics", "match": "POST /incidents", "drop": "before"}));
    assert!(counter.bytes_answered("/incidents").await.is_empty());
    assert_eq!(counter.effects(), 0);
    assert_eq!(
        counter.post("/incidents").await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(counter.effects(), 1);
    assert_eq!(counter.statuses("dynamics"), [0, 204]);
}

#[tokio::test]
async fn a_connection_cut_after_the_effect_has_done_the_work_without_a_word() {
    let counter = counter("dynamics").await;
    counter.fault(json!({"target": "dynamics", "match": "/incidents", "drop": "after"}));
    assert!(counter.bytes_answered("/incidents").await.is_empty());
    assert_eq!(counter.effects(), 1);
    counter.fault(json!({"target": "dynamics", "drop": "after"}));
    assert!(counter.post("/contacts").await.is_err());
    assert_eq!(counter.effects(), 2);
    assert_eq!(counter.statuses("dynamics"), [0, 0]);
}

#[tokio::test]
async fn a_status_is_answered_in_the_words_of_its_system_as_often_as_ordered() {
    let counter = counter("dynamics").await;
    counter.fault(json!({"target": "dynamics", "match": "/incidents", "status": 429, "retry_after": 2, "times": 2}));
    for _ in 0..2 {
        let refused = counter.post("/api/data/v9.2/incidents").await.unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["retry-after"], "2");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"]["code"], "0x80072322");
    }
    assert_eq!(
        counter
            .post("/api/data/v9.2/incidents")
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(counter.effects(), 1);
    assert_eq!(counter.statuses("dynamics"), [429, 429, 204]);
}

#[tokio::test]
async fn a_fault_finds_its_request_inside_a_batch() {
    let counter = counter("dynamics").await;
    let id = "c0ffee00-0000-5000-8000-000000000001";
    let wanted = format!("PATCH /api/data/v9.2/incidents({id})");
    counter.fault(json!({"target": "dynamics", "match": wanted, "status": 503}));
    let batch = |method: &str| {
        let body = format!(
            "--b\r\nContent-Type: application/http\r\n\r\n{method} http://{}/api/data/v9.2/incidents({id}) HTTP/1.1\r\n\r\n{{}}\r\n--b--\r\n",
            counter.address
        );
        counter
            .http
            .post(format!("http://{}/api/data/v9.2/$batch", counter.address))
            .body(body)
            .send()
    };
    assert_eq!(batch("GET").await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(
        batch("PATCH").await.unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    let calls = counter.calls.of("dynamics");
    assert_eq!(calls[1].path, "/api/data/v9.2/$batch");
    assert_eq!(calls[1].parts, [wanted]);
}

#[tokio::test]
async fn a_delayed_request_does_its_work_although_the_caller_has_gone() {
    let counter = counter("wxm").await;
    counter.fault(json!({"target": "wxm", "delay_ms": 50}));
    let mut stream = TcpStream::connect(&counter.address).await.unwrap();
    stream
        .write_all(b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let arrived = async {
        while counter.calls.of("wxm").is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived)
        .await
        .expect("the request never arrived");
    drop(stream);
    let done = async {
        while counter.effects() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done)
        .await
        .expect("the work was lost");
}

#[tokio::test]
async fn calls_are_listed_oldest_first_and_cleared_by_target() {
    let counter = counter("wxm").await;
    for path in ["/api/Answers?x=1", "/api/Settings", "/api/Answers?x=1"] {
        counter.post(path).await.unwrap();
    }
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/_sandbox", control.local_addr().unwrap());
    let router = control_router(counter.faults.clone(), counter.calls.clone());
    tokio::spawn(async move { axum::serve(control, router).await });
    let listed = || async {
        let response = counter
            .http
            .get(format!("{url}/calls?target=wxm"))
            .send()
            .await
            .unwrap();
        response.json::<Vec<Value>>().await.unwrap()
    };
    let calls = listed().await;
    let paths: Vec<&Value> = calls.iter().map(|call| &call["path"]).collect();
    assert_eq!(
        paths,
        ["/api/Answers?x=1", "/api/Settings", "/api/Answers?x=1"]
    );
    assert_eq!(
        (&calls[0]["method"], &calls[0]["status"]),
        (&json!("POST"), &json!(204))
    );
    assert!(calls[0]["at"].is_string());
    counter
        .http
        .delete(format!("{url}/calls?target=dynamics"))
        .send()
        .await
        .unwrap();
    assert_eq!(listed().await.len(), 3);
    counter
        .http
        .delete(format!("{url}/calls?target=wxm"))
        .send()
        .await
        .unwrap();
    assert!(listed().await.is_empty());
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let of_nobody = counter
            .http
            .request(method, format!("{url}/calls?target=vmx"))
            .send()
            .await
            .unwrap();
        assert_eq!(of_nobody.status(), StatusCode::BAD_REQUEST);
        let words = of_nobody.text().await.unwrap();
        assert!(words.contains("expected one of: dynamics, wxm"), "{words}");
    }

    let add = |body: &'static str| counter.http.post(format!("{url}/faults")).body(body).send();
    let refused = add(r#"{"target":"wxm","status":503,"retry-after":2}"#)
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(
        refused.json::<Value>().await.unwrap()["error"]
            .as_str()
            .unwrap()
            .contains("retry-after")
    );
    let rules =
        r#"[{"target":"wxm","match":"/x","status":503},{"target":"wxm","webhook":"double"}]"#;
    assert_eq!(add(rules).await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        counter.post("/x").await.unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    let left: Value = counter
        .http
        .get(format!("{url}/faults"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        left,
        json!([{"target": "wxm", "match": "", "webhook": "double", "times": 1}])
    );
    counter
        .http
        .delete(format!("{url}/faults"))
        .send()
        .await
        .unwrap();
    assert!(counter.faults.standing().is_empty());
}

#[tokio::test]
async fn a_body_over_sixteen_megabytes_is_refused() {
    let counter = counter("wxm").await;
    let large = vec![b'x'; 16 * 1024 * 1024 + 1];
    let sent = counter
        .http
        .post(format!("http://{}/x", counter.address))
        .body(large)
        .send()
        .await
        .unwrap();
    // The last byte is the one too many, so that nothing is left unread when the answer comes.
    assert_eq!(sent.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        sent.text().await.unwrap(),
        r#"{"message":"the body is too large"}"#
    );
    assert_eq!(counter.effects(), 0);
    assert_eq!(counter.statuses("wxm"), [413]);
}

#[tokio::test]
async fn ordered_refusals_are_worded_as_the_target_words_its_own() {
    for (target, body) in [
        (
            "wxm",
            json!({"error": "Authorization Error", "error_description": "Authorization has been denied for this request."}),
        ),
        (
            "dynamics",
            json!({"error": {"code": "", "message": "The request has no bearer token, or the token is unknown or has expired."}}),
        ),
    ] {
        let counter = counter(target).await;
        counter.fault(json!({"target": target, "status": 401}));
        let refused = counter.post("/x").await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let text = refused.text().await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), body);
    }
}

#[tokio::test]
async fn ending_the_server_closes_its_connections() {
    let counter = counter("wxm").await;
    let mut open = TcpStream::connect(&counter.address).await.unwrap();
    counter.post("/x").await.unwrap();
    counter.serving.abort();
    let mut rest = Vec::new();
    // Either way of closing will do.
    let _closed = open.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(counter.post("/x").await.is_err());
}

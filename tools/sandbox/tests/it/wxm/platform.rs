//! A stand-in on a loopback port, a clock moved by hand, and a receiver of notifications.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use cxloop_sandbox::stand_in::{Calls, FaultRule, Faults, Now, Wire, serve_on};
use cxloop_sandbox::wxm::Wxm;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const NPS: &str = "64c0ffe0a11ce0000000a101";
pub(crate) const COMMENTS: &str = "64c0ffe0a11ce0000000a102";
pub(crate) const NAME: &str = "64c0ffe0a11ce0000000a103";
pub(crate) const EMAIL: &str = "64c0ffe0a11ce0000000a104";
pub(crate) const CSAT: &str = "64c0ffe0a11ce0000000b201";
pub(crate) const CASE_ID: &str = "64c0ffe0a11ce0000000b203";

pub(crate) struct Platform {
    pub(crate) wxm: Wxm,
    pub(crate) faults: Faults,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    time: Arc<Mutex<Timestamp>>,
    serving: JoinHandle<()>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub(crate) async fn platform() -> Platform {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let time = Arc::new(Mutex::new(
        "2026-03-04T10:00:00.250Z".parse::<Timestamp>().unwrap(),
    ));
    let clock = Arc::clone(&time);
    let now: Now = Arc::new(move || *clock.lock().unwrap());
    let faults = Faults::new();
    let wxm = Wxm::new(now.clone(), url.clone())
        .with_questionnaires()
        .with_faults(faults.clone());
    let wire = Wire::new("wxm", faults.clone(), Calls::new(), now);
    let serving = tokio::spawn(serve_on(listener, wxm.router(), wire));
    Platform {
        wxm,
        faults,
        http: client(),
        url,
        time,
        serving,
    }
}

/// Loopback only: neither proxies nor certificates of the machine matter, and redirects are looked at.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Platform {
    pub(crate) fn pass(&self, hours: i64, seconds: i64) {
        *self.time.lock().unwrap() += SignedDuration::from_secs(hours * 3600 + seconds);
    }

    pub(crate) fn fault(&self, rule: Value) {
        let rule: FaultRule = serde_json::from_value(rule).unwrap();
        self.faults.add(rule).unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = self
            .http
            .get(format!("{}{path}", self.url))
            .basic_auth("sandbox", Some("sandbox"));
        answered(request).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .basic_auth("sandbox", Some("sandbox"));
        answered(request.json(&body)).await
    }

    pub(crate) async fn public(&self, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.url);
        match body {
            Some(body) => answered(self.http.post(url).json(&body)).await,
            None => answered(self.http.get(url)).await,
        }
    }

    /// An answer to the questionnaire about a visit.
    pub(crate) async fn visit(&self, score: i64, words: &str) -> Value {
        let body = json!({
            "locationId": "store-visit",
            "responses": [
                {"questionId": NPS, "numberInput": score},
                {"questionId": COMMENTS, "textInput": words},
            ],
        });
        let (status, answer) = self.post("/api/answers/add", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Waits until every notification has been sent.
    pub(crate) async fn settled(&self) {
        let quiet = async {
            while self.wxm.pending_notifications() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), quiet)
            .await
            .expect("notifications never end");
    }
}

pub(crate) async fn answered(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

/// Takes notifications, answering with the statuses that were prepared and then with 200.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    taken: Arc<Mutex<Vec<Value>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(crate) async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let router = Router::new().fallback(take).with_state(receiver.clone());
        // Ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, format!("http://{address}/webhooks/wxm/sandbox"))
    }

    pub(crate) fn answer_next_with(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    pub(crate) fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }

    /// The scores of the answers told, in the order of their arrival.
    pub(crate) fn scores(&self) -> Vec<i64> {
        let score = |body: &Value| {
            body["answer"]["responses"][0]["numberInput"]
                .as_i64()
                .unwrap()
        };
        self.taken().iter().map(score).collect()
    }
}

async fn take(State(receiver): State<Receiver>, body: String) -> StatusCode {
    receiver
        .taken
        .lock()
        .unwrap()
        .push(serde_json::from_str(&body).unwrap());
    let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

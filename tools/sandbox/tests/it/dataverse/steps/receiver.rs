//! A receiver of webhooks on a port of its own, which keeps what it is sent and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// One call that arrived.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Path and query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Call {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What the receiver does with a call.
#[derive(Clone, Copy)]
enum Reply {
    Status(u16),
    Never,
}

#[derive(Default)]
struct Kept {
    calls: Vec<Call>,
    replies: VecDeque<Reply>,
}

/// A served receiver; dropping it stops the server.
pub(super) struct Receiver {
    pub(super) url: String,
    kept: Arc<Mutex<Kept>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/caso", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, kept, server }
    }

    /// The next calls are answered with these statuses, all later ones with 200.
    pub(super) fn answers(&self, statuses: &[u16]) {
        let replies = statuses.iter().map(|status| Reply::Status(*status));
        self.kept.lock().unwrap().replies.extend(replies);
    }

    /// The next call is never answered.
    pub(super) fn hangs(&self) {
        self.kept.lock().unwrap().replies.push_back(Reply::Never);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.kept.lock().unwrap().calls.clone()
    }

    /// The bodies of all calls.
    pub(super) fn bodies(&self) -> Vec<Value> {
        self.calls().iter().map(Call::json).collect()
    }

    /// The only call.
    #[track_caller]
    pub(super) fn only(&self) -> Call {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls[0].clone()
    }

    /// The names of the messages, in the order of the calls.
    pub(super) fn messages(&self) -> Vec<String> {
        let bodies = self.bodies();
        let names = bodies.iter().map(|body| body["MessageName"].as_str());
        names.map(|name| name.unwrap().to_owned()).collect()
    }
}

async fn receive(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let reply = {
        let mut kept = kept.lock().unwrap();
        kept.calls.push(Call {
            path: parts.uri.to_string(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        });
        kept.replies.pop_front()
    };
    match reply {
        Some(Reply::Status(status)) => StatusCode::from_u16(status).unwrap(),
        Some(Reply::Never) => std::future::pending().await,
        None => StatusCode::OK,
    }
}

/// The value of a key in a list of pairs.
pub(super) fn pair<'j>(list: &'j Value, key: &str) -> &'j Value {
    let pairs = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let found = pairs.iter().find(|pair| pair["key"] == key);
    found.map_or(&Value::Null, |pair| &pair["value"])
}

/// The keys of a list of pairs, in their order.
pub(super) fn keys(list: &Value) -> Vec<&str> {
    let pairs = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    pairs
        .iter()
        .map(|pair| pair["key"].as_str().unwrap())
        .collect()
}

/// A column of the row in the parameter `Target`.
pub(super) fn target<'j>(body: &'j Value, column: &str) -> &'j Value {
    let target = pair(&body["InputParameters"], "Target");
    pair(&target["Attributes"], column)
}

//! Tests against answers made by hand. What the service documents is in the stand-in's tests.

mod answer_lines;
mod answers;
mod case_desk;
mod execution_context;
mod setup;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{Client, Connection, Timeouts};

const CASE: Uuid = uuid!("5f0c6a52-9c2d-5a53-8d2a-0d6a4f1f7b11");
const CONTACT: Uuid = uuid!("9b9d1c0e-77f1-5d0e-9a52-3a4f1c2b7d22");
const NOTE: Uuid = uuid!("2c1a7c4e-1b0d-5e4c-b0a8-6d5e4f3a2b33");

/// A stand-in organisation whose clock stands still until it is moved.
struct Organisation {
    server: MockServer,
    client: Client,
    second: Arc<AtomicI64>,
}

impl Organisation {
    /// An organisation that gives tokens named `token` for an hour.
    async fn start() -> Self {
        let organisation = Self::without_tokens().await;
        organisation.gives_token("token", 3_599, None).await;
        organisation
    }

    async fn without_tokens() -> Self {
        let server = MockServer::start().await;
        let second = Arc::new(AtomicI64::new(1_790_000_000));
        let clock = Arc::clone(&second);
        let timeouts = Timeouts::default();
        let http = Connection::http_client(timeouts).unwrap();
        let client = Client::new(
            http,
            connection(&server.uri()).with_timeouts(timeouts),
            Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
        );
        Self {
            server,
            client,
            second,
        }
    }

    async fn gives_token(&self, name: &str, lifetime_seconds: u32, times: Option<u64>) {
        let mock = Mock::given(method("POST"))
            .and(path("/contoso/oauth2/v2.0/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({
                "token_type": "Bearer", "expires_in": lifetime_seconds, "access_token": name,
            })));
        match times {
            Some(times) => mock.up_to_n_times(times).mount(&self.server).await,
            None => mock.mount(&self.server).await,
        }
    }

    /// Every request to the Web API is answered so.
    async fn answers(&self, answer: ResponseTemplate) {
        Mock::given(wiremock::matchers::path_regex("^/api/"))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    fn pass(&self, seconds: i64) {
        self.second.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The requests that reached the Web API so far.
    async fn requests(&self) -> Vec<wiremock::Request> {
        let all = self.server.received_requests().await.unwrap();
        all.into_iter()
            .filter(|request| request.url.path().starts_with("/api/"))
            .collect()
    }

    async fn token_requests(&self) -> usize {
        let all = self.server.received_requests().await.unwrap();
        all.iter()
            .filter(|request| request.url.path().ends_with("/token"))
            .count()
    }
}

fn connection(url: &str) -> Connection {
    Connection::new(
        url,
        "contoso",
        "application",
        SecretString::from("segredo da aplicación".to_owned()),
        "cxloop",
    )
    .unwrap()
    .with_token_url(&format!("{url}/contoso/oauth2/v2.0/token"))
    .unwrap()
}

fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"error": {"code": code, "message": message}}))
}

fn body(request: &wiremock::Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

//! A front on a loopback port with both stand-ins, an API that answers as told, and queues that hold what the
//! test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::front::{Addresses, Front, Gateway, Outbox, Parts, Sent, Work, serve_on};
use cxloop_sandbox::stand_in::{Calls, Faults, Now};
use cxloop_sandbox::text_messages::TextMessages;
use cxloop_sandbox::wxm::Wxm;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, request};
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

pub(crate) const API_HOST: &str = "a1b2c3.execute-api.localhost:8696";
pub(crate) const SECRET: &str = "whsec_Y3hsb29wIHNhbmRib3ggc2lnbmluZyBrZXkgMzBi";

pub(crate) struct SandboxFront {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) api: Api,
    pub(crate) queues: Queues,
    pub(crate) survey: Wxm,
    pub(crate) dynamics: Dataverse,
    pub(crate) texts: TextMessages,
    pub(crate) calls: Calls,
    time: Arc<Mutex<Timestamp>>,
    serving: Vec<JoinHandle<()>>,
}

impl Drop for SandboxFront {
    fn drop(&mut self) {
        for task in &self.serving {
            task.abort();
        }
    }
}

impl SandboxFront {
    /// Starts with a company and questionnaires.
    pub(crate) async fn start() -> Self {
        Self::start_with(true).await
    }

    /// Starts as `--empty` does.
    pub(crate) async fn start_empty() -> Self {
        Self::start_with(false).await
    }

    async fn start_with(filled: bool) -> Self {
        let time = Arc::new(Mutex::new(
            "2026-03-04T10:00:00Z".parse::<Timestamp>().unwrap(),
        ));
        let clock = Arc::clone(&time);
        let now: Now = Arc::new(move || *clock.lock().unwrap());
        let mut survey = Wxm::new(now.clone(), "http://127.0.0.1:8688".to_owned());
        let mut dynamics = Dataverse::new(Model::customer_service().unwrap(), now.clone());
        if filled {
            survey = survey.with_questionnaires();
            dynamics = dynamics.with_company();
        }
        let texts = TextMessages::new(now.clone());
        let (api, address, playing) = Api::start().await;
        let queues = Queues::default();
        let calls = Calls::new();
        let front = Front::new(Parts {
            survey: survey.clone(),
            dynamics: dynamics.clone(),
            faults: Faults::new(),
            calls: calls.clone(),
            gateway: Gateway {
                address,
                host: HeaderValue::from_static(API_HOST),
            },
            work: Arc::new(queues.clone()),
            addresses: Addresses {
                front: "http://127.0.0.1:8686".to_owned(),
                dynamics: "http://127.0.0.1:8687".to_owned(),
                survey: "http://127.0.0.1:8688".to_owned(),
                text_messages: "http://127.0.0.1:8689".to_owned(),
                emulator: "http://127.0.0.1:8696".to_owned(),
            },
            outbox: Arc::new(Mails),
            texts: texts.clone(),
            webhook_secret: SECRET.to_owned(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = vec![playing, tokio::spawn(serve_on(listener, front))];
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url,
            http,
            api,
            queues,
            survey,
            dynamics,
            texts,
            calls,
            time,
            serving,
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        *self.time.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    /// Ends the API, as if the emulator had died.
    pub(crate) async fn end_api(&mut self) {
        let api = self.serving.remove(0);
        api.abort();
        let _cancelled = api.await;
    }
}

/// What the emulator took, played: one e-mail.
struct Mails;

impl Outbox for Mails {
    fn sent(&self) -> BoxFuture<'_, anyhow::Result<Vec<Sent>>> {
        let mail = Sent {
            service: "SES",
            id: "m-1".to_owned(),
            from: "cxloop@example.com".to_owned(),
            to: vec!["iria.fernandez@example.com".to_owned()],
            subject: "Como foi a reparación?".to_owned(),
            text: "Responda en http://127.0.0.1:8688/s/after-case.".to_owned(),
            html: Some("<b>Responda</b>".to_owned()),
            at: "2026-03-04T10:00:00Z".parse().ok(),
        };
        std::future::ready(Ok(vec![mail])).boxed()
    }
}

/// The deployed API, played: it keeps each request and answers what the test has laid out, else 200. While it is
/// held back, requests wait in it.
#[derive(Clone)]
pub(crate) struct Api {
    taken: mpsc::UnboundedSender<(request::Parts, Bytes)>,
    arrivals: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<(request::Parts, Bytes)>>>,
    answer: Arc<Mutex<Option<Response>>>,
    gate: Arc<Semaphore>,
}

impl Api {
    async fn start() -> (Self, SocketAddr, JoinHandle<()>) {
        let (taken, arrivals) = mpsc::unbounded_channel();
        let api = Self {
            taken,
            arrivals: Arc::new(tokio::sync::Mutex::new(arrivals)),
            answer: Arc::default(),
            gate: Arc::new(Semaphore::new(1)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(play).with_state(api.clone());
        let playing = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (api, address, playing)
    }

    /// The next request that arrived, waiting for it.
    pub(crate) async fn arrived(&self) -> (request::Parts, Bytes) {
        self.arrivals.lock().await.recv().await.unwrap()
    }

    /// What the next request is answered with.
    pub(crate) fn answer_with(&self, response: Response) {
        *self.answer.lock().unwrap() = Some(response);
    }

    /// Keeps requests waiting until [`Api::go_on`].
    pub(crate) fn hold(&self) {
        self.gate.try_acquire().unwrap().forget();
    }

    pub(crate) fn go_on(&self) {
        self.gate.add_permits(1);
    }
}

async fn play(State(api): State<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 100_000_000).await.unwrap();
    api.taken.send((parts, body)).unwrap();
    let _passed = api.gate.acquire().await.unwrap();
    let answer = api.answer.lock().unwrap().take();
    answer.unwrap_or_else(|| Response::new(Body::empty()))
}

/// Queues that hold what the test says, look by look.
#[derive(Clone, Default)]
pub(crate) struct Queues {
    looks: Arc<Mutex<Vec<Option<String>>>>,
}

impl Queues {
    /// What the coming looks find, in order; the last is found for ever after.
    pub(crate) fn hold(&self, looks: &[Option<&str>]) {
        *self.looks.lock().unwrap() = looks
            .iter()
            .rev()
            .map(|one| one.map(str::to_owned))
            .collect();
    }

    /// How many of the looks laid out have not been taken.
    pub(crate) fn looks_left(&self) -> usize {
        self.looks.lock().unwrap().len()
    }
}

impl Work for Queues {
    fn waiting(&self) -> BoxFuture<'_, Result<Option<String>>> {
        async {
            let mut looks = self.looks.lock().unwrap();
            let found = if looks.len() > 1 {
                looks.pop()
            } else {
                looks.last().cloned()
            };
            match found.flatten().as_deref() {
                Some("dead") => Err(anyhow::anyhow!("the emulator does not answer")),
                other => Ok(other.map(str::to_owned)),
            }
        }
        .boxed()
    }
}

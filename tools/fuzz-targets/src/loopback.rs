//! A server on the loopback that answers with the bytes of an input, and the runtime that it shares with the client.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Said {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            content_type: "application/json".to_owned(),
            body: body.into(),
        }
    }

    /// Reads an answer from an input: `200 application/json` in the first line, then the body. A status that no server sends
    /// becomes the nearest that one does; below 200 it would announce an answer that never comes.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (head, body) = crate::head_and_body(bytes);
        let (status, content_type) = head.split_once(' ').unwrap_or((&head, ""));
        Self {
            status: status.parse().unwrap_or(200).clamp(200, 599),
            content_type: content_type.trim().to_owned(),
            body: body.to_vec(),
        }
    }
}

type Script = Arc<dyn Fn(&str) -> Said + Send + Sync>;

/// The server of one thread.
pub(crate) struct Loopback {
    runtime: tokio::runtime::Runtime,
    /// Its address without a slash at the end.
    pub(crate) root: String,
    pub(crate) http: reqwest::Client,
    script: Arc<Mutex<Script>>,
}

thread_local! {
    static OF_THREAD: OnceCell<Loopback> = const { OnceCell::new() };
}

impl Loopback {
    /// Runs with the server of this thread.
    pub(crate) fn with<T>(run: impl FnOnce(&Self) -> T) -> T {
        OF_THREAD.with(|cell| run(cell.get_or_init(Self::start)))
    }

    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime on this thread can be made");
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Arc::new(|_| Said::json("{}"))));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("the loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        runtime.spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(10))
            .build()
            .expect("a client without special settings can be made");
        Self {
            runtime,
            root: format!("http://{address}"),
            http,
            script,
        }
    }

    /// Waits for `work`, while every request is answered by `script`, which is given the path.
    pub(crate) fn answering<T>(
        &self,
        script: impl Fn(&str) -> Said + Send + Sync + 'static,
        work: impl Future<Output = T>,
    ) -> T {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
        self.runtime.block_on(work)
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    request: Request<Body>,
) -> Response<Body> {
    let script = Arc::clone(&script.lock().unwrap_or_else(PoisonError::into_inner));
    let said = script(request.uri().path());
    let mut response = Response::new(Body::from(said.body));
    *response.status_mut() = StatusCode::from_u16(said.status)
        .expect("the status of an answer is one that servers send");
    if let Ok(kind) = HeaderValue::from_str(&said.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

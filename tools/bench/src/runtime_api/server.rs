//! The HTTP server that a function's runtime asks for events.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

/// An event on its way to the function.
pub(super) struct Invocation {
    pub(super) id: u64,
    pub(super) payload: Bytes,
    /// Milliseconds since 1970.
    pub(super) deadline: i64,
}

/// What the function did, in order.
pub(super) enum Signal {
    /// It asks for an event.
    Asked(Instant),
    /// It was given one.
    Handed(Instant),
    /// It answered, or said that it failed.
    Answered {
        at: Instant,
        body: Bytes,
        failed: bool,
    },
    /// It cannot start.
    CannotStart(Bytes),
}

#[derive(Clone)]
struct Runtime {
    events: Arc<Mutex<UnboundedReceiver<Invocation>>>,
    signals: UnboundedSender<Signal>,
}

pub(super) fn serve(
    listener: TcpListener,
    events: UnboundedReceiver<Invocation>,
    signals: UnboundedSender<Signal>,
) -> JoinHandle<()> {
    let runtime = Runtime {
        events: Arc::new(Mutex::new(events)),
        signals,
    };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(runtime);
    let listener = listener.tap_io(|stream| {
        // Without it a small answer waits for an acknowledgement; a failure only costs time.
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    })
}

impl Runtime {
    /// Nobody listens any more when the measurement is over.
    fn tell(&self, signal: Signal) {
        let _ = self.signals.send(signal);
    }

    fn answered(&self, body: Bytes, failed: bool) -> StatusCode {
        let at = Instant::now();
        self.tell(Signal::Answered { at, body, failed });
        StatusCode::ACCEPTED
    }
}

async fn next(State(runtime): State<Runtime>) -> Response {
    runtime.tell(Signal::Asked(Instant::now()));
    let Some(event) = runtime.events.lock().await.recv().await else {
        return answer(Response::builder().status(StatusCode::GONE), Bytes::new());
    };
    runtime.tell(Signal::Handed(Instant::now()));
    let headers = Response::builder()
        .header("content-type", "application/json")
        .header(
            "lambda-runtime-aws-request-id",
            format!("00000000-0000-4000-8000-{:012}", event.id),
        )
        .header("lambda-runtime-deadline-ms", event.deadline)
        .header(
            "lambda-runtime-trace-id",
            format!(
                "Root=1-00000000-{:024x};Parent={:016x};Sampled=0",
                event.id, event.id
            ),
        )
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:000000000000:function:cxloop-bench",
        );
    answer(headers, event.payload)
}

fn answer(head: http::response::Builder, body: Bytes) -> Response {
    head.body(Body::from(body))
        .expect("constant and numeric headers make an answer")
}

async fn response(State(runtime): State<Runtime>, body: Bytes) -> StatusCode {
    runtime.answered(body, false)
}

async fn error(State(runtime): State<Runtime>, body: Bytes) -> StatusCode {
    runtime.answered(body, true)
}

async fn init_error(State(runtime): State<Runtime>, body: Bytes) -> StatusCode {
    runtime.tell(Signal::CannotStart(body));
    StatusCode::ACCEPTED
}

//! The accept loop in front of a stand-in: orders faults into effect and keeps the log of calls.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::batch_lines::requests_in;
use super::refusal::{Refusal, refusal_of};
use super::{Call, Calls, DropAt, Fault, Faults, Now};

/// The largest request body taken, in bytes; a larger one is answered 413.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What stands between the network and one stand-in.
#[derive(Clone)]
pub struct Wire {
    /// The name by which faults and calls know the stand-in.
    pub target: &'static str,
    /// The faults that were ordered.
    pub faults: Faults,
    /// Where each call is written down.
    pub calls: Calls,
    /// The clock for the time of each call.
    pub now: Now,
    /// How the outside system words a refusal.
    pub refusal: Refusal,
}

impl Wire {
    /// A wire whose refusals are worded as the target words them ([`refusal_of`]).
    pub fn new(target: &'static str, faults: Faults, calls: Calls, now: Now) -> Self {
        Self {
            target,
            faults,
            calls,
            now,
            refusal: refusal_of(target),
        }
    }
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the connection is cut because a fault orders it")]
    Ordered,
    #[error("the request could not be read")]
    Unreadable,
    #[error("the stand-in panicked")]
    Panicked,
}

/// Serves a stand-in until the future is dropped, which closes all its connections.
///
/// A fault that drops a request closes the connection without a byte of an answer. A caller that gives up
/// early does not stop work that has begun, as it would not with the real system.
pub async fn serve_on(listener: TcpListener, router: Router, wire: Wire) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone(), wire.clone()));
                }
                Err(error) => pause_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn pause_after(error: &io::Error) {
    // Out of file descriptors: without a pause the loop would spin until others close.
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn serve_connection(stream: TcpStream, router: Router, wire: Wire) {
    // Small answers would otherwise wait for the peer's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no delay could not be set");
    }
    let service = service_fn(|request| answer(request, router.clone(), wire.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target = wire.target, %error, "a connection ended early");
    }
}

async fn answer(request: Request<Incoming>, router: Router, wire: Wire) -> Result<Response, Cut> {
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    let arrived = |path: String, status: u16, inner: Vec<String>| {
        let call = Call {
            method: parts.method.to_string(),
            path,
            status,
            at: (wire.now)(),
            parts: inner,
        };
        wire.calls.arrived(wire.target, call)
    };
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let status = StatusCode::PAYLOAD_TOO_LARGE.as_u16();
            arrived(path, status, Vec::new());
            return Ok((wire.refusal)(status, None));
        }
        Err(_) => return Err(Cut::Unreadable),
    };
    let inner = if is_batch(parts.uri.path()) {
        requests_in(parts.uri.path(), &body)
    } else {
        Vec::new()
    };
    let fault = wire.faults.take(
        wire.target,
        &lines_to_match(parts.method.as_str(), &path, &inner),
    );
    let number = arrived(path, 0, inner);
    let request = Request::from_parts(parts, body);
    // A task of its own, so that a caller who hangs up cannot stop the work halfway.
    let work = tokio::spawn(async move { carry_out(request, router, wire, fault, number).await });
    work.await.map_err(|_| Cut::Panicked)?
}

async fn carry_out(
    request: Request<Bytes>,
    router: Router,
    wire: Wire,
    fault: Option<Fault>,
    number: u64,
) -> Result<Response, Cut> {
    if let Some(Fault {
        delay_ms: delay @ 1..,
        ..
    }) = fault
    {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let drop = fault.and_then(|fault| fault.drop);
    if drop == Some(DropAt::Before) {
        return Err(Cut::Ordered);
    }
    let response = match fault.and_then(|fault| fault.answer) {
        Some((status, retry_after)) => (wire.refusal)(status, retry_after),
        None => {
            let answered: Result<Response, Infallible> =
                router.oneshot(request.map(Body::from)).await;
            answered.unwrap_or_else(|never| match never {})
        }
    };
    if drop == Some(DropAt::After) {
        return Err(Cut::Ordered);
    }
    wire.calls
        .answered(wire.target, number, response.status().as_u16());
    Ok(response)
}

fn is_batch(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.eq_ignore_ascii_case("$batch") || last.eq_ignore_ascii_case("%24batch")
}

/// Each line as sent and, where it differs, percent-decoded, so that `$filter` is found in either spelling.
fn lines_to_match(method: &str, path: &str, inner: &[String]) -> Vec<String> {
    let mut lines = vec![format!("{method} {path}")];
    lines.extend_from_slice(inner);
    let decoded: Vec<String> = lines
        .iter()
        .map(|line| {
            percent_encoding::percent_decode_str(line)
                .decode_utf8_lossy()
                .into_owned()
        })
        .filter(|decoded| !lines.contains(decoded))
        .collect();
    lines.extend(decoded);
    lines
}

//! Passes requests on to the deployed API as they came, byte by byte: a signature is over the raw body.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Front;

/// The largest body that an HTTP API takes, in bytes. Source: Amazon API Gateway Developer Guide, "Quotas for
/// configuring and running an HTTP API".
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// How long an answer may take. The API gives up after 30 seconds itself; this only bounds a hanging emulator.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Headers that speak of one connection and not of the request, and `Expect`, which was answered when the body
/// was read here. Source: RFC 9110, section 7.6.1.
const OF_ONE_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

/// Where the deployed API is: the emulator has one address for all services and tells them apart by the `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Address on loopback.
    pub address: SocketAddr,
    /// The `Host` header by which the emulator knows the API.
    pub host: HeaderValue,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the body is larger than the 10 MB that the API takes")]
    TooLarge,
    #[error("the request broke off")]
    BrokenOff,
    #[error("the API on the emulator cannot be reached at {address}: {source}")]
    NotReached {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("the API on the emulator broke off: {0}")]
    Failed(#[from] hyper::Error),
    #[error("the API on the emulator did not answer within {} seconds", ANSWER_WITHIN.as_secs())]
    Late,
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::NotReached { .. } | Self::Failed(_) => StatusCode::BAD_GATEWAY,
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.status(), format!("{self}\n")).into_response()
    }
}

/// Every path that is not the front's own.
pub(super) async fn pass_on(State(front): State<Front>, request: Request<Body>) -> Response {
    let passing = front.in_flight.enter();
    let gateway = front.parts.gateway.clone();
    // A task of its own: a caller who hangs up does not stop a deployed function either.
    let work = tokio::spawn(async move {
        let answer = tokio::time::timeout(ANSWER_WITHIN, gateway.exchange(request)).await;
        drop(passing);
        answer.unwrap_or(Err(Trouble::Late))
    });
    match work.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(trouble)) => {
            tracing::warn!(%trouble, "a request was not passed on");
            trouble.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Gateway {
    async fn exchange(&self, request: Request<Body>) -> Result<Response, Trouble> {
        let (mut parts, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if is_too_large(error.as_ref()) => return Err(Trouble::TooLarge),
            Err(_) => return Err(Trouble::BrokenOff),
        };
        keep_end_to_end(&mut parts.headers);
        parts.headers.insert(header::HOST, self.host.clone());
        // Only path and query: what a client sends to a server that is no proxy.
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
        parts.version = http::Version::HTTP_11;
        self.send(Request::from_parts(parts, Full::new(body))).await
    }

    /// A connection for each request: one that is kept could be closed by the emulator just when it is used.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response, Trouble> {
        let not_reached = |source| Trouble::NotReached {
            address: self.address,
            source,
        };
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(not_reached)?;
        stream.set_nodelay(true).map_err(not_reached)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driving = tokio::spawn(connection);
        let (mut parts, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        driving.abort();
        keep_end_to_end(&mut parts.headers);
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<LengthLimitError>())
}

/// Removes what was meant for one connection only, including what `Connection` itself names.
fn keep_end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_ONE_CONNECTION) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_connection_header_names_stays_on_its_connection() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("webhook-id", "msg_1"),
        ] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        keep_end_to_end(&mut headers);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["webhook-id"], "msg_1");
    }
}

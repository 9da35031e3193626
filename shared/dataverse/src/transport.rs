//! One exchange of bytes with a host, with bounded size and errors that name no address.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

use crate::{batch, error::Error};

/// Answers of the Web API larger than this are not held in memory. The largest page that is asked
/// for is far below.
pub(crate) const LARGEST_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// What an identity provider has to say fits into this.
pub(crate) const LARGEST_TOKEN_BYTES: usize = 64 * 1024;

/// An answer before anyone has judged it.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Sends a request and reads the answer to its end, or to `limit_bytes`.
///
/// An answer beyond the limit is [`Error::Oversized`] only if it could be the Web API's; what a
/// failing gateway pours out is judged by its status, or as no answer.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    limit_bytes: usize,
) -> Result<RawAnswer, Error> {
    let mut response = http.execute(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > limit_bytes {
            return match status {
                200..=299 if is_of_the_api(&headers) => Err(Error::Oversized { limit_bytes }),
                200..=299 => Err(Error::unavailable("the answer is not JSON")),
                _ => Ok(RawAnswer {
                    status,
                    headers,
                    body: Vec::new(),
                }),
            };
        }
        body.extend_from_slice(&piece);
    }
    Ok(RawAnswer {
        status,
        headers,
        body,
    })
}

fn is_of_the_api(headers: &HeaderMap) -> bool {
    is_json(headers.get(CONTENT_TYPE)) || batch::is_multipart(headers)
}

/// Whether a `Content-Type` header names JSON.
pub(crate) fn is_json(content_type: Option<&HeaderValue>) -> bool {
    content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
}

/// A request that could not be put together.
pub(crate) fn unbuildable(error: reqwest::Error) -> Error {
    Error::not_sendable(without_address(error))
}

fn broken(error: reqwest::Error) -> Error {
    let reason = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke before the answer was complete"
    };
    tracing::debug!(cause = without_address(error), "{reason}");
    Error::unavailable(reason)
}

/// The address may hold a person's e-mail in its filter, so it goes nowhere.
fn without_address(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

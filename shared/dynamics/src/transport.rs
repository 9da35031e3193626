//! One exchange of bytes with a host, with bounded size and errors that name no address.

use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};

use crate::error::Error;

/// Answers larger than this are not held in memory. The largest page that is asked for is far
/// below.
pub(crate) const LARGEST_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// An answer before anyone has judged it.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    pub(crate) fn retry_after(&self) -> Option<&str> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()
    }

    pub(crate) fn remaining_requests(&self) -> Option<u32> {
        let header = self
            .headers
            .get("x-ms-ratelimit-burst-remaining-xrm-requests")?;
        header.to_str().ok()?.trim().parse().ok()
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    request: reqwest::RequestBuilder,
) -> Result<RawAnswer, Error> {
    let request = request
        .build()
        .map_err(|error| Error::not_sendable(without_address(error)))?;
    let mut response = http.execute(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > LARGEST_ANSWER_BYTES {
            return Err(Error::Oversized {
                limit_bytes: LARGEST_ANSWER_BYTES,
            });
        }
        body.extend_from_slice(&piece);
    }
    Ok(RawAnswer {
        status,
        headers,
        body,
    })
}

/// Whether a `Content-Type` header names JSON.
pub(crate) fn is_json(content_type: Option<&HeaderValue>) -> bool {
    content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
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

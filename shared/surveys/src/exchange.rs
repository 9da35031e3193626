//! One request and its whole answer, whatever platform it goes to.

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::Error;

/// The largest answer that is read, in bytes. A questionnaire or response is far smaller.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// An answer, read to its end.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The `Retry-After` header as it came.
    pub(crate) retry_after: Option<String>,
    /// Whether the body is a web page, by its type or its first character.
    pub(crate) is_web_page: bool,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Sends a request and reads the answer. A cut connection in the middle of the body is an error, never half a body.
pub(crate) async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Error> {
    let mut response = request.send().await.map_err(|error| unreachable(&error))?;
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|v: &reqwest::header::HeaderValue| v.to_str().ok())
    };
    let retry_after = header(RETRY_AFTER).map(str::to_owned);
    let html_type = header(CONTENT_TYPE).is_some_and(|t| t.to_ascii_lowercase().contains("html"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable(&error))?
    {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Error::Unreadable {
                status,
                problem: "its body is larger than 8 MB",
            });
        }
        body.extend_from_slice(&chunk);
    }
    let is_web_page = html_type || body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<');
    Ok(Answer {
        status,
        retry_after,
        is_web_page,
        body,
    })
}

/// A time-out while connecting is no connection either.
fn unreachable(error: &reqwest::Error) -> Error {
    if error.is_connect() {
        return Error::NoConnection;
    }
    Error::Unreachable(if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection was cut"
    })
}

//! The error bodies with which a stand-in's outside system refuses a request.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

/// Makes the answer for a status and the seconds of its `Retry-After`.
pub type Refusal = fn(u16, Option<u64>) -> Response;

/// How the named target words a refusal.
pub fn refusal_of(target: &str) -> Refusal {
    if target == "dynamics" {
        dynamics
    } else {
        plain
    }
}

/// Sources: Microsoft Learn, "Service protection API limits", "Compose HTTP requests and handle errors" and
/// "Web service error codes" (Dataverse).
fn dynamics(status: u16, retry_after: Option<u64>) -> Response {
    let (code, message) = match status {
        401 => return answer(status, retry_after, String::new()),
        403 => ("0x80048306", "SecLib::CheckPrivilege failed."),
        404 => ("0x80040217", "The record does not exist."),
        412 => (
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        ),
        429 => (
            "0x80072322",
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        ),
        _ => ("0x80040216", "An unexpected error occurred."),
    };
    answer(
        status,
        retry_after,
        json!({"error": {"code": code, "message": message}}).to_string(),
    )
}

/// The survey platforms document no error body, so this one only says what happened.
fn plain(status: u16, retry_after: Option<u64>) -> Response {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    answer(
        status,
        retry_after,
        json!({"message": reason.unwrap_or("Refused")}).to_string(),
    )
}

fn answer(status: u16, retry_after: Option<u64>, body: String) -> Response {
    let mut builder = Response::builder().status(status);
    if !body.is_empty() {
        builder = builder.header(CONTENT_TYPE, "application/json; charset=utf-8");
    }
    if status == 401 {
        builder = builder.header(WWW_AUTHENTICATE, "Bearer");
    }
    if let Some(seconds) = retry_after {
        builder = builder.header(RETRY_AFTER, seconds);
    }
    // A fault may order a status that has no body, and then none may follow.
    let body = if matches!(status, 204 | 304) {
        Body::empty()
    } else {
        Body::from(body)
    };
    builder
        .body(body)
        .expect("fixed headers and a status that the rule's validation has bounded")
}

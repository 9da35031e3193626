//! The error bodies with which a stand-in's outside system refuses a request.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

/// Makes the answer for a status and the seconds of its `Retry-After`.
pub type Refusal = fn(u16, Option<u64>) -> Response;

/// How the named target words a refusal.
pub fn refusal_of(target: &str) -> Refusal {
    match target {
        "dynamics" => dynamics,
        "sms" => aws,
        _ => plain,
    }
}

/// Source: AWS End User Messaging SMS API reference, "Common error types" and "SendTextMessage".
fn aws(status: u16, retry_after: Option<u64>) -> Response {
    let kind = match status {
        400 => "ValidationException",
        403 => "AccessDeniedException",
        429 => "ThrottlingException",
        _ => "InternalServerException",
    };
    let body = json!({"__type": kind, "Message": "the sandbox was told to refuse this"});
    answer(status, retry_after, body.to_string())
}

/// Sources: Microsoft Learn, "Service protection API limits", "Compose HTTP requests and handle errors" and
/// "Web service error codes" (Dataverse).
fn dynamics(status: u16, retry_after: Option<u64>) -> Response {
    let (code, message) = match status {
        401 => (
            "",
            "The request has no bearer token, or the token is unknown or has expired.",
        ),
        403 => ("0x80048306", "SecLib::CheckPrivilege failed."),
        404 => ("0x80040217", "The record does not exist."),
        412 => (
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        ),
        413 => ("0x80060888", "The request body is too large."),
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

/// Of the survey platform's error bodies only that of a 401 is documented; the others say what happened.
/// Source: Webex Experience Management developer documentation, "Authentication".
fn plain(status: u16, retry_after: Option<u64>) -> Response {
    if status == 401 {
        let body = json!({
            "error": "Authorization Error",
            "error_description": "Authorization has been denied for this request.",
        });
        return answer(status, retry_after, body.to_string());
    }
    let reason = match http::StatusCode::from_u16(status) {
        Ok(http::StatusCode::PAYLOAD_TOO_LARGE) => Some("the body is too large"),
        Ok(status) => status.canonical_reason(),
        Err(_) => None,
    };
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

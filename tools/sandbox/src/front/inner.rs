//! Asking a stand-in within the process.

use std::convert::Infallible;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use http::Request;
use serde_json::Value;
use tower::ServiceExt;

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The JSON that a stand-in answers a request with.
///
/// # Errors
/// When it refuses the request; its words are part of the message.
pub(super) async fn ask(stand_in: Router, request: Request<Body>) -> Result<Value> {
    let answered: Result<_, Infallible> = stand_in.oneshot(request).await;
    let answer = answered.unwrap_or_else(|never| match never {});
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), MAX_ANSWER_BYTES)
        .await
        .context("the stand-in's answer broke off")?;
    if !status.is_success() {
        bail!(
            "the stand-in answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
    }
    serde_json::from_slice(&body).context("the stand-in's answer is no JSON")
}

//! The routes by which a script orders faults and reads the log of calls.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::faults::check_target;
use super::{Calls, FaultRule, Faults};

/// `/_sandbox/faults` (`POST` adds one rule or a list of them, `GET` lists, `DELETE` clears) and
/// `/_sandbox/calls?target=` (`GET` lists oldest first, `DELETE` clears; `DELETE` without a target clears all).
pub fn control_router(faults: Faults, calls: Calls) -> Router {
    let faults = Router::new()
        .route(
            "/_sandbox/faults",
            get(list_faults).post(add_faults).delete(clear_faults),
        )
        .with_state(faults);
    let calls = Router::new()
        .route("/_sandbox/calls", get(list_calls).delete(clear_calls))
        .with_state(calls);
    faults.merge(calls)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    target: Option<String>,
}

async fn list_faults(State(faults): State<Faults>) -> Json<Vec<FaultRule>> {
    Json(faults.standing())
}

async fn add_faults(State(faults): State<Faults>, body: Bytes) -> Response {
    match read_rules(&body) {
        Ok(rules) => {
            for rule in rules {
                // Checked when read: all rules of a request are taken, or none.
                if let Err(reason) = faults.add(rule) {
                    return refused(&reason);
                }
            }
            Json(faults.standing()).into_response()
        }
        Err(reason) => refused(&reason),
    }
}

async fn clear_faults(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}

async fn list_calls(State(calls): State<Calls>, Query(which): Query<Which>) -> Response {
    let Some(target) = which.target else {
        return refused("say of which stand-in: ?target=dynamics");
    };
    match check_target(&target) {
        Ok(()) => Json(calls.of(&target)).into_response(),
        Err(reason) => refused(&reason),
    }
}

async fn clear_calls(State(calls): State<Calls>, Query(which): Query<Which>) -> Response {
    if let Err(reason) = which.target.as_deref().map_or(Ok(()), check_target) {
        return refused(&reason);
    }
    calls.clear(which.target.as_deref());
    StatusCode::NO_CONTENT.into_response()
}

fn read_rules(body: &[u8]) -> Result<Vec<FaultRule>, String> {
    // Decided by the first byte and not by an untagged enum, whose message would hide the mistake.
    let list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let rules: Vec<FaultRule> = if list {
        serde_json::from_slice(body)
    } else {
        serde_json::from_slice(body).map(|rule| vec![rule])
    }
    .map_err(|error| error.to_string())?;
    rules.iter().try_for_each(FaultRule::validate)?;
    Ok(rules)
}

fn refused(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": reason}))).into_response()
}

//! The loops as JSON, and how anything is answered as JSON.

use cxloop_domain::names::{LoopId, ResponseId, ResponseKey};
use lambda_http::http::StatusCode;
use serde::Serialize;

use crate::{Answer, Deps, answer, pages::NEWEST};

const JSON: &str = "application/json; charset=utf-8";

#[derive(Serialize)]
struct Loops<T> {
    loops: Vec<T>,
}

pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    Ok(answer(
        status,
        JSON,
        serde_json::to_string(value).expect("what is shown is plain data"),
    ))
}

pub(crate) async fn newest(deps: &Deps) -> Answer {
    let loops = deps.loops.newest(deps.clock.now(), NEWEST).await?;
    json(StatusCode::OK, &Loops { loops })
}

pub(crate) async fn one(deps: &Deps, id: &LoopId) -> Answer {
    match deps.loops.load(id).await? {
        Some(history) => json(StatusCode::OK, &history),
        None => json(
            StatusCode::NOT_FOUND,
            &serde_json::json!({ "error": "there is no such loop" }),
        ),
    }
}

/// The loops of a response id, whatever connection it came through.
pub(crate) async fn of_response(deps: &Deps, response: &ResponseId) -> Answer {
    let applied = deps.configurations.current().await?;
    let mut loops = Vec::new();
    for connection in applied.configuration.connections.keys() {
        let key = ResponseKey::new(connection.clone(), response.clone());
        if let Some(id) = deps.loops.of_response(&key).await? {
            loops.extend(deps.loops.load(&id).await?);
        }
    }
    json(StatusCode::OK, &Loops { loops })
}

//! Whether anything still moves in the sandbox, for scripts that act, wait and look.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Front;
use crate::emulator::Stack;

/// Between two looks. An event that has left one queue and not yet reached the next is seen by the second.
const APART: Duration = Duration::from_millis(150);

/// The longest wait that may be asked for, in milliseconds: ten minutes.
const LONGEST_WAIT_MS: u64 = 600_000;

/// What works through queues behind the API.
pub trait Work: Send + Sync {
    /// What is waiting, being done or postponed, in words; nothing when there is no work.
    ///
    /// # Errors
    /// When it cannot be found out, which counts as work.
    fn waiting(&self) -> BoxFuture<'_, anyhow::Result<Option<String>>>;
}

impl Work for Stack {
    fn waiting(&self) -> BoxFuture<'_, anyhow::Result<Option<String>>> {
        async move {
            if self.idle().await? {
                return Ok(None);
            }
            let mut depths = self.depths().await?;
            // Nobody works on dead letters.
            depths.0.retain(|name, _| {
                [
                    "IntakeQueue",
                    "CaseQueue",
                    "ReopenQueue",
                    "WriteBackQueue",
                    "SurveyQueue",
                ]
                .contains(&name.as_str())
            });
            Ok(Some(format!(
                "queues (ready + in work + postponed): {depths}"
            )))
        }
        .boxed()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wait {
    #[serde(default = "half_a_minute")]
    wait_ms: u64,
}

fn half_a_minute() -> u64 {
    30_000
}

/// `GET /_sandbox/idle`: 200 once nothing moved twice in a row, 503 with the reason when that does not come.
pub(super) async fn wait(State(front): State<Front>, Query(wait): Query<Wait>) -> Response {
    let deadline = Instant::now() + Duration::from_millis(wait.wait_ms.min(LONGEST_WAIT_MS));
    let mut quiet_before = false;
    loop {
        match front.busy_with().await {
            None if quiet_before => return Json(json!({"idle": true})).into_response(),
            None => quiet_before = true,
            Some(why) if Instant::now() >= deadline => {
                let answer = json!({"idle": false, "why": why});
                return (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response();
            }
            Some(_) => quiet_before = false,
        }
        tokio::time::sleep(APART).await;
    }
}

impl Front {
    /// What still moves, looked for in the order in which an answer passes: each place hands on before it lets
    /// go, so nothing slips by between two looks.
    async fn busy_with(&self) -> Option<String> {
        let notifications = self.parts.survey.pending_notifications();
        if notifications > 0 {
            return Some(format!(
                "notifications of the survey platform on their way: {notifications}"
            ));
        }
        let jobs = self.parts.dynamics.pending_jobs();
        if jobs > 0 {
            return Some(format!(
                "system jobs of Dynamics that have not ended: {jobs}"
            ));
        }
        let requests = self.in_flight.count();
        if requests > 0 {
            return Some(format!("requests to the API in flight: {requests}"));
        }
        match self.parts.work.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => Some(format!("the queues cannot be looked at: {error:#}")),
        }
    }
}

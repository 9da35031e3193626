//! The stand-ins with one list of faults and one log of calls.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::ports::Ports;
use crate::dataverse::{AsyncService, Dataverse, Model};
use crate::stand_in::{Calls, Faults, Now, Wire, serve_on, wall_clock};
use crate::text_messages::TextMessages;
use crate::wxm::Wxm;

/// The answer that the raw webhooks under `events/webhooks/wxm-*.json` speak of. It is there from the start, so that
/// whoever sends one of them sees it fetched.
const KNOWN_ANSWER: &str = include_str!("../../data/known-answer.json");

/// The environment's name in its webhooks.
const HOST: &str = "127.0.0.1";

/// The asynchronous service: jobs take some time, overtake each other, and run beside each other.
const JOBS: AsyncService = AsyncService {
    seed: 1,
    delay: SignedDuration::from_millis(100),
    jitter: SignedDuration::from_millis(500),
    lanes: 8,
};

/// The stand-ins and what they share.
pub(super) struct StandIns {
    pub(super) dynamics: Dataverse,
    pub(super) survey: Wxm,
    pub(super) texts: TextMessages,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
    now: Now,
}

impl StandIns {
    pub(super) fn new(ports: Ports, empty: bool, kept: Option<&Path>) -> Result<Self> {
        let now = wall_clock();
        let faults = Faults::new();
        let model = Model::customer_service().context("the model of the tables cannot be read")?;
        let mut dynamics = Dataverse::new(model, now.clone()).with_faults(faults.clone());
        let mut survey = Wxm::new(now.clone(), ports.survey_url()).with_faults(faults.clone());
        if !empty {
            dynamics = dynamics.with_company();
            survey = survey.with_questionnaires();
            let known =
                serde_json::from_str(KNOWN_ANSWER).context("the known answer cannot be read")?;
            survey.keep_known_answer(known);
        }
        if let Some(file) = kept {
            dynamics = dynamics
                .kept_in(file)
                .context("the rows of the last time cannot be brought back")?;
        }
        // Webhooks lead to the front of this sandbox, which has a port of its own.
        dynamics.allow_loopback_webhooks();
        dynamics.known_as(HOST);
        dynamics.run_jobs(JOBS);
        Ok(Self {
            dynamics,
            survey,
            texts: TextMessages::new(now.clone()),
            faults,
            calls: Calls::new(),
            now,
        })
    }

    pub(super) fn serve_dynamics(&self, listener: TcpListener) -> JoinHandle<()> {
        tokio::spawn(serve_on(
            listener,
            self.dynamics.router(),
            self.wire("dynamics"),
        ))
    }

    pub(super) fn serve_survey(&self, listener: TcpListener) -> JoinHandle<()> {
        tokio::spawn(serve_on(listener, self.survey.router(), self.wire("wxm")))
    }

    pub(super) fn serve_text_messages(&self, listener: TcpListener) -> JoinHandle<()> {
        tokio::spawn(serve_on(listener, self.texts.router(), self.wire("sms")))
    }

    /// Has the survey platform tell of its answers: of all of them, and of low scores under a name of their own.
    /// So a low score is announced twice, which the receiver has to cope with as it has to in life.
    pub(super) fn notify(&self, webhook: &str) -> Result<()> {
        if let Some(score) = self.survey.question_id("store-visit", "NPS") {
            let low = json!({
                "location": ["store-visit"],
                "filterquestions": [{"questionId": score, "answerCheck": ["lt"], "number": 7, "groupBy": "AND"}],
            });
            self.add_notification("Detractors", webhook, low)?;
        }
        self.add_notification("Everything", webhook, Value::Null)
    }

    fn add_notification(&self, name: &str, webhook: &str, filter: Value) -> Result<()> {
        self.survey
            .add_notification(name, webhook, filter)
            .map_err(|reason| anyhow!("the notification {name} is refused: {reason}"))
    }

    fn wire(&self, target: &'static str) -> Wire {
        Wire::new(
            target,
            self.faults.clone(),
            self.calls.clone(),
            self.now.clone(),
        )
    }
}

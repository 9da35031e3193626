//! The whole way back in the sandbox: from an agent's change of a case until the response holds it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use cxloop_sandbox::emulator::Tools;
use cxloop_sandbox::launch::{Options, Sandbox, free_base_port};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Measuring;
use super::job::answered_badly;
use crate::Error;
use crate::outside::Agent;
use crate::percentile::{microseconds, percentile};

/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long something may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// `statuscode` of a case that waits for something, and its label.
const ON_HOLD: (u64, &str) = (2, "On Hold");

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxFigures {
    /// How many changes, one after another.
    pub changes: u64,
    /// From the change in Dynamics until the response holds it; median, in microseconds.
    pub p50_microseconds: u64,
    /// The same; 99th percentile, in microseconds.
    pub p99_microseconds: u64,
    /// From an answer until its case is there; median, in microseconds.
    pub case_p50_microseconds: u64,
    /// The same; 99th percentile, in microseconds.
    pub case_p99_microseconds: u64,
}

/// Deploys the template on the emulator, with the functions that are in `target/lambda`, answers surveys and puts each case on
/// hold.
///
/// # Errors
/// The sandbox does not start, or a change does not come back.
pub async fn sandbox(measuring: &Measuring<'_>) -> Result<SandboxFigures, Error> {
    let trouble = |why: anyhow::Error| Error::unusable("the sandbox", format!("{why:#}"));
    let changes = measuring.times.changes;
    (measuring.tell)("the sandbox: deploying the template on the emulator");
    let places = measuring.places;
    let options = Options {
        port: free_base_port().map_err(trouble)?,
        state_dir: places.output.join("sandbox"),
        tools: Tools::at(places.tools.clone()),
        tell: Arc::new(|_| {}),
        ..Options::at(&places.root)
    };
    let sandbox = Sandbox::start(options).await.map_err(trouble)?;
    // Looking every few milliseconds asks more than service protection allows a person.
    sandbox.dynamics().limit_requests(usize::MAX);
    let http = reqwest::Client::builder().timeout(PATIENCE).build();
    let http = http.map_err(|error| Error::unusable("an HTTP client", error))?;
    let url = sandbox.dynamics_url().to_owned();
    let agent = Agent::sign_in(http, &url, sandbox.dynamics()).await?;

    (measuring.tell)(&format!(
        "the sandbox: {changes} answers, each with a case that is put on hold"
    ));
    let (mut until_case, mut until_held) = (Vec::new(), Vec::new());
    for number in 0..changes {
        let began = Instant::now();
        let (response, case) = answered(&sandbox, number);
        eventually("a case for the answer", async || agent.is_there(case).await).await?;
        until_case.push(microseconds(began.elapsed()));

        let (value, label) = ON_HOLD;
        let began = Instant::now();
        if !agent.set(case, &json!({ "statuscode": value })).await? {
            return Err(Error::NotDone(format!("case {case} cannot be put on hold")));
        }
        let held = async || Ok(status(&sandbox, &response).as_deref() == Some(label));
        eventually("the case's status on its response", held).await?;
        until_held.push(microseconds(began.elapsed()));
    }
    let at = |values: &[u64], percent| percentile(values, percent).unwrap_or_default();
    Ok(SandboxFigures {
        changes,
        p50_microseconds: at(&until_held, 50),
        p99_microseconds: at(&until_held, 99),
        case_p50_microseconds: at(&until_case, 50),
        case_p99_microseconds: at(&until_case, 99),
    })
}

/// A customer answers badly. Every one is another person, because a second answer of one is added to the open case.
fn answered(sandbox: &Sandbox, number: u64) -> (ResponseKey, Uuid) {
    let (name, email) = (
        format!("Uxía Bóveda {number}"),
        format!("medida-{number}@example.com"),
    );
    let answer = answered_badly(sandbox.survey(), name, email);
    let key: ResponseKey = format!("wxm/{}", answer.id)
        .parse()
        .expect("a connection and an id make a key");
    let rule = "detractor".parse().expect("a word is a rule's name");
    let case = identity::case(&key, &rule);
    (key, case)
}

/// What the response holds of its case's status.
fn status(sandbox: &Sandbox, response: &ResponseKey) -> Option<String> {
    let surveys = sandbox.survey();
    let answer = surveys.answer(response.response.as_str())?;
    let question = surveys.question_id("store-visit", "CASE_STATUS")?;
    answer.response_to(&question)?.text_input.clone()
}

async fn eventually(what: &str, is_so: impl AsyncFn() -> Result<bool, Error>) -> Result<(), Error> {
    let began = Instant::now();
    while !is_so().await? {
        if began.elapsed() > PATIENCE {
            return Err(Error::NotDone(format!("{what} did not come")));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

//! Each function by itself: cold starts, warm events, memory, processor time, archive.

use std::time::Duration;

use bytes::Bytes;
use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use cxloop_sandbox::stand_in::Now;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Measuring;
use super::stages::{Kind, handle, take};
use crate::Error;
use crate::archive::zip_bytes;
use crate::events::{bad_rating, low_score, page_call, queue_of, signed_call, tick};
use crate::outside::{Outside, Published};
use crate::percentile::{microseconds, percentile};
use crate::runtime_api::Lambda;

/// All functions, in the order in which they are measured: each works on what those before it left.
pub const FUNCTIONS: [&str; 6] = [
    "webhooks",
    "response-intake",
    "response-to-case",
    "case-reopen",
    "sweep",
    "console",
];

/// What was measured of one function.
#[derive(Debug, Clone, Serialize)]
pub struct FunctionFigures {
    /// Its name.
    pub function: String,
    /// From the start of the process until it asks for its first event; median, in microseconds.
    pub cold_start_microseconds: u64,
    /// Processor time of that; median, in microseconds.
    pub cold_start_cpu_microseconds: u64,
    /// The first event of a process; median, in microseconds.
    pub first_event_microseconds: u64,
    /// Processor time of the first event; median, in microseconds.
    pub first_event_cpu_microseconds: u64,
    /// A later event; median, in microseconds.
    pub p50_microseconds: u64,
    /// A later event; 99th percentile, in microseconds.
    pub p99_microseconds: u64,
    /// Processor time of a later event; mean, in nanoseconds.
    pub cpu_per_event_nanoseconds: u64,
    /// The most memory that was resident, in bytes.
    pub peak_memory_bytes: u64,
    /// The archive that is uploaded, in bytes; nothing where that says nothing.
    pub zip_bytes: Option<u64>,
}

enum Input {
    Call(Bytes),
    Message(Published),
    Page(String),
    Tick,
}

async fn deliver(lambda: &mut Lambda, input: Input, now: &Now) -> Result<Duration, Error> {
    match input {
        Input::Call(call) => take(lambda, call).await,
        Input::Page(path) => take(lambda, page_call(&path, now())).await,
        Input::Message(event) => {
            let queue = queue_of(&event);
            handle(lambda, &[event], queue, now).await
        }
        Input::Tick => Ok(lambda.invoke(tick()).await?.took),
    }
}

/// Measures the functions named: all of them, or the first ones of the chain.
///
/// # Errors
/// A function fails: figures of something that does not work mean nothing.
pub async fn functions(
    kind: Kind,
    names: &[&str],
    measuring: &Measuring<'_>,
) -> Result<Vec<FunctionFigures>, Error> {
    let mut outside = Outside::start().await?;
    let mut figures = Vec::new();
    let mut events: Vec<Published> = Vec::new();
    for name in names {
        (measuring.tell)(&format!("{}: starting and calling {name}", kind.name()));
        let inputs = match *name {
            "webhooks" => calls(measuring),
            "case-reopen" => messages(ratings(kind, measuring, &mut outside).await?),
            "sweep" => needed(measuring).map(|_| Input::Tick).collect(),
            "console" => needed(measuring)
                .map(|number| Input::Page(format!("/loops/{}", key(number).loop_id())))
                .collect(),
            _ => messages(std::mem::take(&mut events)),
        };
        figures.push(measure(kind, name, inputs, measuring, &outside).await?);
        while let Ok(event) = outside.published.try_recv() {
            events.push(event);
        }
    }
    Ok(figures)
}

/// The numbers of the responses that a function needs to be measured.
fn needed(measuring: &Measuring<'_>) -> std::ops::Range<u64> {
    let times = measuring.times;
    0..(times.starts + times.warmup + times.events) as u64
}

fn key(number: u64) -> ResponseKey {
    format!("generic/bench-{number}")
        .parse()
        .expect("a connection and an id make a key")
}

fn calls(measuring: &Measuring<'_>) -> Vec<Input> {
    let now = (measuring.now)();
    needed(measuring)
        .map(|number| Input::Call(signed_call(&low_score(number, now), number, now)))
        .collect()
}

fn messages(events: Vec<Published>) -> Vec<Input> {
    events.into_iter().map(Input::Message).collect()
}

/// Resolves the cases that were opened, and takes in a bad rating of each.
async fn ratings(
    kind: Kind,
    measuring: &Measuring<'_>,
    outside: &mut Outside,
) -> Result<Vec<Published>, Error> {
    let now = &measuring.now;
    let start = async |name, outside: &Outside| {
        Lambda::start(kind.program(name, measuring, outside)?, now.clone()).await
    };
    let mut webhooks = start("webhooks", outside).await?;
    let mut intake = start("response-intake", outside).await?;
    let rule = "detractor".parse().expect("a word is a rule's name");
    let mut received = Vec::new();
    for number in needed(measuring) {
        let case = identity::case(&key(number), &rule);
        resolve(outside, case).await?;
        let at = now();
        take(
            &mut webhooks,
            signed_call(&bad_rating(number, case, at), 1_000_000 + number, at),
        )
        .await?;
        let hinted = published(outside)?;
        handle(&mut intake, &[hinted], "IntakeQueue", now).await?;
        received.push(published(outside)?);
    }
    Ok(received)
}

fn published(outside: &mut Outside) -> Result<Published, Error> {
    outside
        .published
        .try_recv()
        .map_err(|_| Error::NotDone("an event was not published".to_owned()))
}

/// Source: Microsoft Learn, "CloseIncident Action".
async fn resolve(outside: &Outside, case: Uuid) -> Result<(), Error> {
    let body = json!({
        "IncidentResolution": {"subject": "Resolvido", "incidentid@odata.bind": format!("/incidents({case})")},
        "Status": 5,
    });
    let answer = outside
        .http
        .post(format!(
            "{}/api/data/v9.2/CloseIncident",
            outside.dynamics_url
        ))
        .bearer_auth("sandbox")
        .json(&body)
        .send()
        .await
        .map_err(|error| Error::unusable("the stand-in of Dynamics", error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let text = answer.text().await.unwrap_or_default();
    Err(Error::NotDone(format!(
        "case {case} cannot be resolved: {status} {text}"
    )))
}

async fn measure(
    kind: Kind,
    name: &str,
    inputs: Vec<Input>,
    measuring: &Measuring<'_>,
    outside: &Outside,
) -> Result<FunctionFigures, Error> {
    let times = measuring.times;
    if inputs.len() < times.starts + times.warmup + times.events {
        let few = inputs.len();
        return Err(Error::NotDone(format!(
            "there are only {few} events for {name}"
        )));
    }
    let mut inputs = inputs.into_iter();
    let program = kind.program(name, measuring, outside)?;
    let start = async || Lambda::start(program.clone(), measuring.now.clone()).await;
    // The first start reads the file from the disk, which Lambda's own start does elsewhere.
    drop(start().await?);
    let (mut inits, mut init_cpus) = (Vec::new(), Vec::new());
    let (mut firsts, mut first_cpus) = (Vec::new(), Vec::new());
    for input in inputs.by_ref().take(times.starts) {
        let mut lambda = start().await?;
        inits.push(microseconds(lambda.init));
        let started = lambda.cpu_nanoseconds();
        init_cpus.push(started / 1_000);
        firsts.push(microseconds(
            deliver(&mut lambda, input, &measuring.now).await?,
        ));
        first_cpus.push((lambda.cpu_nanoseconds() - started) / 1_000);
    }
    let mut lambda = start().await?;
    for input in inputs.by_ref().take(times.warmup) {
        deliver(&mut lambda, input, &measuring.now).await?;
    }
    let before = lambda.cpu_nanoseconds();
    let mut took = Vec::new();
    for input in inputs.take(times.events) {
        took.push(microseconds(
            deliver(&mut lambda, input, &measuring.now).await?,
        ));
    }
    let cpu = lambda.cpu_nanoseconds() - before;
    let middle = |values: &[u64]| percentile(values, 50).unwrap_or_default();
    Ok(FunctionFigures {
        function: name.to_owned(),
        cold_start_microseconds: middle(&inits),
        cold_start_cpu_microseconds: middle(&init_cpus),
        first_event_microseconds: middle(&firsts),
        first_event_cpu_microseconds: middle(&first_cpus),
        p50_microseconds: middle(&took),
        p99_microseconds: percentile(&took, 99).unwrap_or_default(),
        cpu_per_event_nanoseconds: cpu / (took.len() as u64).max(1),
        peak_memory_bytes: lambda.peak_memory_bytes(),
        zip_bytes: kind.zip_bytes(name, measuring)?,
    })
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "cxloop",
            Self::Rival(rival) => rival.name(),
        }
    }

    /// Only ours are shipped as one file.
    fn zip_bytes(self, name: &str, measuring: &Measuring<'_>) -> Result<Option<u64>, Error> {
        match self {
            Self::Ours => zip_bytes(&[("bootstrap", &measuring.places.executable(name))]).map(Some),
            Self::Rival(_) => Ok(None),
        }
    }
}

//! One function by itself: cold starts, warm events, memory, processor time, archive, and what it asks.

use std::time::Duration;

use bytes::Bytes;
use cxloop_sandbox::stand_in::Now;
use serde::Serialize;

use super::Measuring;
use super::job::{Operation, operations};
use super::stages::{Kind, handle, take};
use crate::Error;
use crate::archive::zip_bytes;
use crate::events::{page_call, tick};
use crate::outside::{Outside, Published, Purpose, System};
use crate::percentile::{microseconds, percentile};
use crate::runtime_api::Lambda;

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
    /// What a later event asks of the outside systems.
    pub operations: Vec<Operation>,
}

impl FunctionFigures {
    /// Requests to a system for a purpose, in hundredths per event.
    #[must_use]
    pub fn hundredths(&self, system: System, purpose: Purpose) -> u64 {
        self.operations
            .iter()
            .filter(|one| one.system == system && one.purpose == purpose)
            .map(|one| one.hundredths_each)
            .sum()
    }
}

/// What a function is given.
pub(super) enum Input {
    /// A call through API Gateway.
    Call(Bytes),
    /// A message of a queue.
    Message(Published, String),
    /// A person who looks at a page.
    Page(String),
    /// The schedule.
    Tick,
}

async fn deliver(lambda: &mut Lambda, input: Input, now: &Now) -> Result<Duration, Error> {
    match input {
        Input::Call(call) => take(lambda, call).await,
        Input::Page(path) => take(lambda, page_call(&path, now())).await,
        Input::Message(event, queue) => handle(lambda, &[event], &queue, now).await,
        Input::Tick => Ok(lambda.invoke(tick()).await?.took),
    }
}

/// Measures a function with inputs of one sort, of which each is given once.
///
/// # Errors
/// There are too few of them, or the function fails.
pub(super) async fn measure(
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
    let (asked_before, before) = (outside.meter.read(), lambda.cpu_nanoseconds());
    let mut took = Vec::new();
    for input in inputs.take(times.events) {
        took.push(microseconds(
            deliver(&mut lambda, input, &measuring.now).await?,
        ));
    }
    let cpu = lambda.cpu_nanoseconds() - before;
    let asked = outside.meter.read().since(&asked_before);
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
        operations: operations(&asked, took.len() as u64),
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

//! The sweep over many cases of which none has changed.

use std::time::Instant;

use cxloop_domain::changed_records::{Checkpoint, EVERY_MINUTES, checkpoint_key, tables};
use cxloop_ports::Checkpoints;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};

use super::Measuring;
use super::stages::Kind;
use crate::Error;
use crate::events::tick;
use crate::outside::{Outside, Purpose, System};
use crate::percentile::microseconds;
use crate::runtime_api::Lambda;

/// How many rows one request creates.
const AT_ONCE: u64 = 1_000;
/// How long ago the cases changed, in seconds: longer than the first reading looks back.
const CHANGED_SECONDS_AGO: i64 = 2 * 24 * 3_600;
/// After how many runs it is given up that a reading comes to its end.
const MOST_RUNS: u64 = 100;

/// What was measured of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Runs of the function until the reading was complete.
    pub runs: u64,
    /// By the clock, in microseconds.
    pub took_microseconds: u64,
    /// Processor time, in nanoseconds.
    pub cpu_nanoseconds: u64,
    /// Reads of Dynamics.
    pub dynamics_reads: u64,
    /// Requests to DynamoDB.
    pub dynamodb_requests: u64,
}

/// What was measured of the sweep.
#[derive(Debug, Clone, Serialize)]
pub struct UnchangedFigures {
    /// How many cases there were.
    pub rows: u64,
    /// The first reading, which goes through all of them.
    pub first: Reading,
    /// The next one, which asks for what changed since.
    pub next: Reading,
    /// The most memory that the function had resident, in bytes.
    pub peak_memory_bytes: u64,
}

/// Fills Dynamics with cases and lets the sweep read them.
///
/// # Errors
/// The function fails, comes to no end, or tells of a change.
pub async fn unchanged(measuring: &Measuring<'_>) -> Result<UnchangedFigures, Error> {
    let rows = measuring.times.rows;
    (measuring.tell)(&format!("the sweep: creating {rows} cases"));
    let mut outside = Outside::start().await?;
    outside.dynamics_behind.turn(CHANGED_SECONDS_AGO);
    fill(&outside, rows).await?;
    outside.dynamics_behind.turn(0);
    (measuring.tell)("the sweep: reading them");
    let program = Kind::Ours.program("sweep", measuring, &outside)?;
    let mut sweep = Lambda::start(program, measuring.now.clone()).await?;
    let first = read(&mut sweep, &outside).await?;
    make_due(&outside).await?;
    let next = read(&mut sweep, &outside).await?;
    if let Ok(event) = outside.published.try_recv() {
        let told = format!("the sweep told of {}, and nothing had changed", event.name);
        return Err(Error::NotDone(told));
    }
    Ok(UnchangedFigures {
        rows,
        first,
        next,
        peak_memory_bytes: sweep.peak_memory_bytes(),
    })
}

/// Source: Microsoft Learn, "Use bulk operation messages" (`CreateMultiple`).
async fn fill(outside: &Outside, rows: u64) -> Result<(), Error> {
    let trouble = |why: String| Error::unusable("the stand-in of Dynamics", why);
    let api = format!("{}/api/data/v9.2", outside.dynamics_url);
    let asked = outside
        .http
        .get(format!("{api}/contacts?$select=contactid&$top=1"));
    let asked = asked.bearer_auth("sandbox").send().await;
    let answer = asked.map_err(|error| trouble(error.to_string()))?;
    let answer: Value = answer
        .json()
        .await
        .map_err(|error| trouble(error.to_string()))?;
    let customer = answer["value"][0]["contactid"].as_str();
    let customer = customer.ok_or_else(|| trouble("it has no contact".to_owned()))?;
    let mut there = 0;
    while there < rows {
        let next = (there + AT_ONCE).min(rows);
        let case = |number: u64| {
            json!({
                "@odata.type": "Microsoft.Dynamics.CRM.incident",
                "title": format!("Avaría {number}"),
                "customerid_contact@odata.bind": format!("/contacts({customer})"),
            })
        };
        let targets: Vec<Value> = (there..next).map(case).collect();
        let asked = outside
            .http
            .post(format!(
                "{api}/incidents/Microsoft.Dynamics.CRM.CreateMultiple"
            ))
            .bearer_auth("sandbox")
            .json(&json!({ "Targets": targets }));
        let answer = asked
            .send()
            .await
            .map_err(|error| trouble(error.to_string()))?;
        let status = answer.status();
        if !status.is_success() {
            let why = answer.text().await.unwrap_or_default();
            return Err(trouble(format!("{status} {why}")));
        }
        there = next;
    }
    Ok(())
}

/// Ticks until every table has been read to its end.
async fn read(sweep: &mut Lambda, outside: &Outside) -> Result<Reading, Error> {
    let (asked_before, cpu_before) = (outside.meter.read(), sweep.cpu_nanoseconds());
    let mut looks_at_checkpoints = 0;
    let began = Instant::now();
    for run in 1..=MOST_RUNS {
        sweep.invoke(tick()).await?;
        let cpu_nanoseconds = sweep.cpu_nanoseconds() - cpu_before;
        let took_microseconds = microseconds(began.elapsed());
        let asked = outside.meter.read().since(&asked_before);
        let dynamodb = asked.of(System::Dynamodb, None).requests;
        let checkpoints = checkpoints(outside).await?;
        let is_complete = |at: &Checkpoint| at.reading.is_none() && at.complete_until.is_some();
        if checkpoints.iter().all(|(_, at, _)| is_complete(at)) {
            return Ok(Reading {
                runs: run,
                took_microseconds,
                cpu_nanoseconds,
                dynamics_reads: asked.of(System::Dynamics, Some(Purpose::Read)).requests,
                dynamodb_requests: dynamodb - looks_at_checkpoints,
            });
        }
        looks_at_checkpoints += checkpoints.len() as u64;
    }
    Err(Error::NotDone(format!(
        "after {MOST_RUNS} runs of the sweep there are still rows to be read"
    )))
}

/// The checkpoint of each table that is read, with its key and version.
async fn checkpoints(outside: &Outside) -> Result<Vec<(String, Checkpoint, u64)>, Error> {
    let (name, connection) = outside
        .configuration
        .dynamics()
        .ok_or_else(|| Error::NotDone("there is no connection of kind dynamics".to_owned()))?;
    let mut found = Vec::new();
    for table in tables(&outside.configuration) {
        let key = checkpoint_key(name, &connection.url, &table);
        let loaded = outside.store.load(&key).await;
        let (checkpoint, version) = loaded.map_err(|failure| Error::NotDone(failure.message))?;
        found.push((key, checkpoint, version));
    }
    Ok(found)
}

/// Lets the time pass until the next reading.
async fn make_due(outside: &Outside) -> Result<(), Error> {
    let apart = SignedDuration::from_mins(EVERY_MINUTES);
    for (key, checkpoint, version) in checkpoints(outside).await? {
        let earlier = Checkpoint {
            complete_until: checkpoint.complete_until.map(|until| until - apart),
            ..checkpoint
        };
        let kept = outside.store.keep(&key, version, &earlier).await;
        kept.map_err(|failure| Error::NotDone(failure.message))?;
    }
    Ok(())
}

//! The whole job: webhook, inbox, intake, case, through all functions at the same time.

use std::time::Instant;

use bytes::Bytes;
use cxloop_sandbox::wxm::{Answer, GivenResponse, Wxm};
use serde::Serialize;
use serde_json::json;

use super::Measuring;
use super::stages::{Kind, STAGES, Stages};
use crate::Error;
use crate::events::{low_score, signed_call, token_call};
use crate::outside::{Outside, Purpose, Reading, System, email_of};
use crate::percentile::microseconds;
use crate::prices::{Bill, PRICES, Run, Taken, WAITS};

/// Responses before the counted ones.
const WARMUP: u64 = 50;

/// How the response comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Signed and complete.
    Signed,
    /// As a hint, after which the platform is asked, and told the case's number at the end.
    Hinted,
}

/// What was measured of one function in the job.
#[derive(Debug, Clone, Serialize)]
pub struct StageFigures {
    /// Its name.
    pub function: String,
    /// Processor time of one response, in nanoseconds.
    pub cpu_nanoseconds: u64,
    /// How long Lambda would bill for one response, in microseconds, under the assumed waits.
    pub billed_microseconds: u64,
    /// The most memory that was resident, in bytes.
    pub peak_memory_bytes: u64,
}

/// How often something was asked.
#[derive(Debug, Clone, Serialize)]
pub struct Operation {
    /// Of whom.
    pub system: System,
    /// For what.
    pub purpose: Purpose,
    /// The operation.
    pub operation: String,
    /// Requests in all.
    pub requests: u64,
    /// Hundredths of requests for each response or event.
    pub hundredths_each: u64,
}

/// What was measured of the whole job.
#[derive(Debug, Clone, Serialize)]
pub struct JobFigures {
    /// Whose functions, and how responses came.
    pub name: String,
    /// Responses that were counted.
    pub responses: u64,
    /// From the first call until the last case, in microseconds.
    pub took_microseconds: u64,
    /// Responses in a second.
    pub responses_per_second: u64,
    /// Processor time of one response in all functions, in nanoseconds.
    pub cpu_per_response_nanoseconds: u64,
    /// Each function.
    pub functions: Vec<StageFigures>,
    /// What was asked of the outside systems.
    pub operations: Vec<Operation>,
    /// DynamoDB's write request units per response, in hundredths.
    pub write_units_hundredths: u64,
    /// DynamoDB's read request units per response, in hundredths.
    pub read_units_hundredths: u64,
    /// What a million responses cost, in cents; only where the memory of the template applies.
    pub bill_cents: Option<Bill>,
    /// Everything together, in cents.
    pub bill_total_cents: Option<u64>,
}

impl JobFigures {
    /// Requests to a system for a purpose, in hundredths per response.
    #[must_use]
    pub fn hundredths(&self, system: System, purpose: Option<Purpose>) -> u64 {
        let requests: u64 = self
            .operations
            .iter()
            .filter(|one| {
                one.system == system && purpose.is_none_or(|purpose| purpose == one.purpose)
            })
            .map(|one| one.requests)
            .sum();
        per_response(requests, self.responses)
    }
}

pub(super) fn per_response(count: u64, responses: u64) -> u64 {
    (count * 100 + responses / 2) / responses.max(1)
}

/// The calls that responses come with.
pub(super) fn calls(
    numbers: std::ops::Range<u64>,
    arrival: Arrival,
    outside: &Outside,
) -> Vec<Bytes> {
    numbers
        .map(|number| {
            let now = (outside.now)();
            match arrival {
                Arrival::Signed => signed_call(&low_score(number, now), number, now),
                Arrival::Hinted => token_call(&hint(number, outside), now),
            }
        })
        .collect()
}

/// Puts an answer on the platform and returns what it would send about it.
fn hint(number: u64, outside: &Outside) -> serde_json::Value {
    let name = "Uxía Bóveda".to_owned();
    let answer = answered_badly(&outside.surveys, name, email_of(number));
    json!({"notification": "Detractors", "answer": answer})
}

/// A customer's bad answer to a questionnaire of the survey platform.
pub(super) fn answered_badly(surveys: &Wxm, name: String, email: String) -> Answer {
    let question = |tag: &str| {
        let found = surveys.question_id("store-visit", tag);
        found.unwrap_or_default()
    };
    let text = |tag: &str, text: String| GivenResponse {
        question_id: question(tag),
        text_input: Some(text),
        ..GivenResponse::default()
    };
    let score = GivenResponse {
        question_id: question("NPS"),
        number_input: Some(3),
        ..GivenResponse::default()
    };
    let said = "Non volverei: a atención foi pésima".to_owned();
    surveys.add_answer(Answer {
        location_id: Some("store-visit".to_owned()),
        responses: vec![
            score,
            text("NAME", name),
            text("EMAIL", email),
            text("Comments", said),
        ],
        ..Answer::default()
    })
}

/// Measures the job.
///
/// # Errors
/// A function fails, or there is not one case for each response.
pub async fn job(
    kind: Kind,
    arrival: Arrival,
    measuring: &Measuring<'_>,
) -> Result<JobFigures, Error> {
    let name = match arrival {
        Arrival::Signed => kind.name().to_owned(),
        Arrival::Hinted => format!("{}, fetched from the platform and noted there", kind.name()),
    };
    (measuring.tell)(&format!("the whole job: {name}"));
    let mut outside = Outside::start().await?;
    let mut stages = Stages::start(kind, measuring, &outside).await?;
    let warmup = WARMUP.min(measuring.times.responses);
    stages
        .run(calls(0..warmup, arrival, &outside), &mut outside)
        .await?;
    let responses = measuring.times.responses;
    let calls = calls(warmup..warmup + responses, arrival, &outside);
    let (before, cpu_before) = (outside.meter.read(), cpu(&stages));
    let began = Instant::now();
    stages.run(calls, &mut outside).await?;
    let took = began.elapsed();
    let asked = outside.meter.read().since(&before);
    let cpus: Vec<u64> = cpu(&stages)
        .iter()
        .zip(cpu_before)
        .map(|(after, before)| (after - before) / responses)
        .collect();
    cases_are(warmup + responses, &outside).await?;
    let (functions, runs) = functions(kind, &stages, &cpus, &asked, responses, measuring);
    let bill =
        (kind == Kind::Ours).then(|| Bill::of_a_million(&taken(&asked, responses, runs), &PRICES));
    let in_all = asked.of(System::Dynamodb, None);
    Ok(JobFigures {
        name,
        responses,
        took_microseconds: microseconds(took),
        responses_per_second: responses * 1_000_000 / microseconds(took).max(1),
        cpu_per_response_nanoseconds: cpus.iter().sum(),
        functions,
        operations: operations(&asked, responses),
        write_units_hundredths: per_response(in_all.write_units, responses),
        read_units_hundredths: per_response(in_all.half_read_units, responses) / 2,
        bill_cents: bill,
        bill_total_cents: bill.map(|bill| bill.total()),
    })
}

pub(super) fn cpu(stages: &Stages) -> [u64; 3] {
    stages
        .lambdas
        .each_ref()
        .map(crate::runtime_api::Lambda::cpu_nanoseconds)
}

/// What each function takes and is billed. All waits together are shared out in proportion to the processor time: only their
/// sum says something, and the column of a single function is an estimate.
fn functions(
    kind: Kind,
    stages: &Stages,
    cpus: &[u64],
    asked: &Reading,
    responses: u64,
    measuring: &Measuring<'_>,
) -> (Vec<StageFigures>, Vec<Run>) {
    let requests = |system| asked.of(system, None).requests;
    let outside = requests(System::Dynamics) + requests(System::Surveys);
    let waiting = requests(System::Dynamodb) * WAITS.dynamodb
        + requests(System::EventBridge) * WAITS.event_bridge
        + outside * WAITS.outside;
    let all: u64 = cpus.iter().sum::<u64>().max(1);
    let mut figures = Vec::new();
    let mut runs = Vec::new();
    for (place, name) in STAGES.into_iter().enumerate() {
        let cpu = cpus[place];
        // In proportion to the work that asking makes; only the sum is billed.
        let share =
            u128::from(waiting) * u128::from(cpu) / u128::from(all) / u128::from(responses.max(1));
        let run = Run {
            memory_megabytes: match kind {
                Kind::Ours => measuring.template.memory_megabytes(name),
                Kind::Rival(_) => 256,
            },
            cpu_microseconds: cpu / 1_000,
            waiting_microseconds: u64::try_from(share).unwrap_or(u64::MAX),
        };
        figures.push(StageFigures {
            function: name.to_owned(),
            cpu_nanoseconds: cpu,
            billed_microseconds: run.billed_microseconds(),
            peak_memory_bytes: stages.lambdas[place].peak_memory_bytes(),
        });
        runs.push(run);
    }
    (figures, runs)
}

fn taken(asked: &Reading, responses: u64, runs: Vec<Run>) -> Taken {
    let dynamodb = asked.of(System::Dynamodb, None);
    let events = asked.of(System::EventBridge, None).requests;
    Taken {
        responses,
        runs,
        http_requests: responses,
        half_read_units: dynamodb.half_read_units,
        write_units: dynamodb.write_units,
        events,
        // Each event of the job goes to one queue.
        messages: events,
        queue_requests: asked.of(System::Sqs, None).requests,
    }
}

/// What was asked for a number of responses or events.
pub(super) fn operations(asked: &Reading, responses: u64) -> Vec<Operation> {
    asked
        .operations()
        .map(|((system, purpose, operation), tally)| Operation {
            system: *system,
            purpose: *purpose,
            operation: operation.clone(),
            requests: tally.requests,
            hundredths_each: per_response(tally.requests, responses),
        })
        .collect()
}

/// Holds that the job was done: one case for each response.
///
/// # Errors
/// There are more or fewer.
pub(super) async fn cases_are(expected: u64, outside: &Outside) -> Result<(), Error> {
    let trouble = |error| Error::unusable("the stand-in of Dynamics", error);
    // Page by page: the service counts to 5,000 and no further. Source: Microsoft Learn, "Count number of rows".
    let mut next = Some(format!(
        "{}/api/data/v9.2/incidents?$select=incidentid",
        outside.dynamics_url
    ));
    let mut found = 0;
    while let Some(address) = next {
        let asked = outside.http.get(address).bearer_auth("sandbox").send();
        let page: serde_json::Value = asked
            .await
            .map_err(trouble)?
            .json()
            .await
            .map_err(trouble)?;
        found += page["value"].as_array().map_or(0, Vec::len) as u64;
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    if found == expected {
        Ok(())
    } else {
        Err(Error::NotDone(format!(
            "there should be {expected} cases and there are {found}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_per_response_are_rounded_to_hundredths() {
        assert_eq!(per_response(1_002, 1_000), 100);
        assert_eq!(per_response(1_005, 1_000), 101);
        assert_eq!(per_response(0, 1_000), 0);
    }
}

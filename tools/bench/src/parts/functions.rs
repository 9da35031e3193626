//! Each function of the way from response to case, and what looks after it.

use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;

use super::Measuring;
use super::alone::{FunctionFigures, Input, measure};
use super::stages::{Kind, handle, take};
use crate::Error;
use crate::events::{bad_rating, low_score, queues_of, signed_call};
use crate::outside::{Agent, Outside, Published};
use crate::runtime_api::Lambda;

/// The functions, in the order in which they are measured: each works on what those before it left.
pub const FUNCTIONS: [&str; 6] = [
    "webhooks",
    "response-intake",
    "response-to-case",
    "case-reopen",
    "sweep",
    "console",
];

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
pub(super) fn needed(measuring: &Measuring<'_>) -> std::ops::Range<u64> {
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
    let message = |event: Published| {
        let queue = queues_of(&event)[0].to_owned();
        Input::Message(event, queue)
    };
    events.into_iter().map(message).collect()
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
    let agent = Agent::start(outside).await?;
    let rule = "detractor".parse().expect("a word is a rule's name");
    let mut received = Vec::new();
    for number in needed(measuring) {
        let case = identity::case(&key(number), &rule);
        if !agent.resolve(case).await? {
            return Err(Error::NotDone(format!("case {case} cannot be resolved")));
        }
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

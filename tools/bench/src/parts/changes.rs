//! Each function of the way back by itself: what an agent does with a case is told, written back, and asks for feedback.

use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use cxloop_sandbox::wxm::Answer;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::Measuring;
use super::alone::{FunctionFigures, Input, measure};
use super::functions::needed;
use super::job::{Arrival, calls};
use super::stages::{Kind, Stages};
use crate::Error;
use crate::events::change_call;
use crate::outside::{Agent, Outside, Published, System, Told};

/// How the function `webhooks` is called in this part.
const WEBHOOKS_OF_DYNAMICS: &str = "webhooks, of Dynamics";
/// The functions that act on changes, in the order in which they are measured.
const ACTING: [&str; 2] = ["case-write-back", "survey-trigger"];

/// `statuscode` of a case that waits for something.
const ON_HOLD: u64 = 2;

/// Puts cases on hold, one for each event, and measures the functions with what Dynamics tells of it. Every change flows back
/// and sends one e-mail.
///
/// # Errors
/// A function fails, or not every change is told.
pub async fn changes(measuring: &Measuring<'_>) -> Result<Vec<FunctionFigures>, Error> {
    (measuring.tell)("cxloop: opening cases and putting them on hold");
    let mut outside = Outside::start().await?;
    let cases = opened(measuring, &mut outside).await?;
    let mut telling = outside.told_of_changes().await?;
    let bodies = put_on_hold(&outside, &cases, &mut telling).await?;

    (measuring.tell)("cxloop: starting and calling webhooks with what Dynamics tells");
    let now = (measuring.now)();
    let calls = bodies
        .iter()
        .map(|body| Input::Call(change_call(body, now)));
    let webhooks = measure(Kind::Ours, "webhooks", calls.collect(), measuring, &outside).await?;
    let mut figures = vec![FunctionFigures {
        function: WEBHOOKS_OF_DYNAMICS.to_owned(),
        ..webhooks
    }];
    let mut events: Vec<Published> = Vec::new();
    while let Ok(event) = outside.published.try_recv() {
        events.push(event);
    }
    for name in ACTING {
        (measuring.tell)(&format!("cxloop: starting and calling {name}"));
        let queue = measuring.template.queue(name);
        let message = |event: &Published| Input::Message(event.clone(), queue.to_owned());
        let inputs = events.iter().map(message).collect();
        figures.push(measure(Kind::Ours, name, inputs, measuring, &outside).await?);
    }
    hold_done(&outside, cases.len() as u64)?;
    Ok(figures)
}

/// Holds that each response tells that its case is on hold, and that each change sent one e-mail.
fn hold_done(outside: &Outside, changes: u64) -> Result<(), Error> {
    let question = outside.surveys.question_id("store-visit", "CASE_STATUS");
    let question = question.unwrap_or_default();
    let answers = outside.surveys.answers();
    let tells = |answer: &&Answer| {
        let given = answer.response_to(&question);
        given.and_then(|given| given.text_input.as_deref()) == Some("On Hold")
    };
    let told = answers.iter().filter(tells).count() as u64;
    let sent = outside.meter.read().of(System::Ses, None).requests;
    if (told, sent) == (changes, changes) {
        return Ok(());
    }
    Err(Error::NotDone(format!(
        "of {changes} changes {told} were written back, and {sent} e-mails were sent"
    )))
}

/// Takes in a response of the survey platform for each case.
async fn opened(measuring: &Measuring<'_>, outside: &mut Outside) -> Result<Vec<Uuid>, Error> {
    let mut stages = Stages::start(Kind::Ours, measuring, outside).await?;
    let calls = calls(needed(measuring), Arrival::Hinted, outside);
    stages.run(calls, outside).await?;
    Ok(cases_of_answers(outside).map(|(_, case)| case).collect())
}

/// The answers on the survey platform, each with its case.
pub(super) fn cases_of_answers(outside: &Outside) -> impl Iterator<Item = (ResponseKey, Uuid)> {
    let rule = "detractor".parse().expect("a word is a rule's name");
    outside.surveys.answers().into_iter().map(move |answer| {
        let key = format!("wxm/{}", answer.id).parse();
        let key: ResponseKey = key.expect("a connection and an id make a key");
        let case = identity::case(&key, &rule);
        (key, case)
    })
}

async fn put_on_hold(
    outside: &Outside,
    cases: &[Uuid],
    telling: &mut UnboundedReceiver<Told>,
) -> Result<Vec<String>, Error> {
    let agent = Agent::start(outside).await?;
    let mut bodies = Vec::new();
    for case in cases {
        let on_hold = json!({ "statuscode": ON_HOLD });
        if !agent.set(*case, &on_hold).await? {
            return Err(Error::NotDone(format!("case {case} cannot be put on hold")));
        }
        let told = telling.recv().await;
        let told = told.ok_or_else(|| Error::NotDone("nobody tells of changes".to_owned()))?;
        bodies.push(told.body);
        // Dynamics waits for it before it tells of the next one.
        let _ = told.answer.send(200);
    }
    outside.dynamics.jobs_ended().await;
    if telling.is_empty() {
        return Ok(bodies);
    }
    let more = telling.len();
    Err(Error::NotDone(format!(
        "{more} changes were told that nobody made"
    )))
}

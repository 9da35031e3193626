//! What the loop's page says of each step.

use jiff::Timestamp;

use super::{CasePlan, Course, Decision};
use crate::events::ResponseReceived;
use crate::identity;
use crate::loops::{Actor, References, Replay, Step, StepKind};
use crate::names::RuleName;
use crate::rules::in_words;

const ACTOR: &str = "response-to-case";

/// The step that tells the why and why not of every rule. Without a chosen rule it also closes the loop.
pub fn decided_step(event: &ResponseReceived, decision: &Decision, at: Timestamp) -> Step {
    let announced = if event.notification.is_empty() {
        String::new()
    } else {
        format!(" under {:?}", event.notification)
    };
    let what = if decision.chosen.is_empty() {
        StepKind::NothingDone
    } else {
        StepKind::RulesDecided
    };
    let verdicts = in_words(&decision.verdicts);
    Step {
        // One announcement more that changes nothing about the verdicts is no further step; a replay by other rules is.
        key: format!(
            "decided/{}",
            identity::derive(
                "verdicts",
                &[&decision.configuration.to_string(), &verdicts]
            )
        ),
        what,
        at,
        actor: Actor::function(ACTOR),
        text: format!(
            "Rules of configuration {}{announced}:\n{verdicts}",
            decision.configuration
        ),
        link: None,
        replay: None,
        references: References::default(),
    }
}

fn step(key: &str, rule: &RuleName, what: StepKind, at: Timestamp, text: String) -> Step {
    Step {
        key: format!("{key}/{rule}"),
        what,
        at,
        actor: Actor::function(ACTOR),
        text,
        link: None,
        replay: None,
        references: References::default(),
    }
}

/// The steps of a plan whose case stands.
pub fn case_steps(plan: &CasePlan, ticket: &str, link: &str, at: Timestamp) -> Vec<Step> {
    let rule = &plan.rule;
    let mut steps = Vec::new();
    if plan.new_contact.is_some() {
        let text = "The customer was not known: a contact was created.".to_owned();
        steps.push(step("contact", rule, StepKind::ContactCreated, at, text));
    }
    let (what, text) = match &plan.course {
        Course::Open(draft) => {
            let queued = if draft.queue.is_some() {
                " and put in its queue"
            } else {
                ""
            };
            (
                StepKind::CaseOpened,
                format!("Case {ticket} was opened by rule {rule}{queued}."),
            )
        }
        Course::Attach { .. } => {
            let text = format!(
                "The customer's case {ticket} is open: rule {rule} added this response to it as a note."
            );
            (StepKind::CaseAttached, text)
        }
    };
    steps.push(Step {
        link: Some(link.to_owned()),
        ..step("case", rule, what, at, text)
    });
    steps
}

/// The step of a response that got its note.
pub fn noted_step(plan: &CasePlan, ticket: &str, at: Timestamp) -> Step {
    let text = format!("The response got a note with the case number {ticket}.");
    step(
        "response-note",
        &plan.rule,
        StepKind::ResponseNoted,
        at,
        text,
    )
}

/// The step of a response that the platform refuses to note, with what a replay runs. The case stands all the same.
pub fn note_failed_step(
    event: &ResponseReceived,
    plan: &CasePlan,
    ticket: &str,
    reason: &str,
    at: Timestamp,
) -> Step {
    let text = format!("Case {ticket} is open, but the response could not be noted: {reason}");
    Step {
        replay: Some(again(event)),
        ..step("response-note", &plan.rule, StepKind::Failed, at, text)
    }
}

fn again(event: &ResponseReceived) -> Replay {
    Replay::Received(ResponseReceived {
        replay: true,
        ..event.clone()
    })
}

fn undecided_key(event: &ResponseReceived) -> String {
    let announced = identity::derive("undecided", &[&event.notification]);
    format!("decided/undecided/{announced}")
}

/// The step of a response on which the rules could not even be decided, with what a replay runs.
pub fn undecided_step(event: &ResponseReceived, reason: &str, at: Timestamp) -> Step {
    Step {
        key: undecided_key(event),
        what: StepKind::Failed,
        at,
        actor: Actor::function(ACTOR),
        text: format!("The rules could not be held against the response: {reason}"),
        link: None,
        replay: Some(again(event)),
        references: References::default(),
    }
}

/// The step that takes the place of [`undecided_step`] once the rules are decided; `None` where there is none in the
/// history.
pub fn decided_after_all_step(
    event: &ResponseReceived,
    history: &[Step],
    at: Timestamp,
) -> Option<Step> {
    let key = undecided_key(event);
    let failed = |step: &Step| step.key == key && step.what == StepKind::Failed;
    history.iter().any(failed).then(|| Step {
        key: key.clone(),
        what: StepKind::RulesDecided,
        at,
        actor: Actor::function(ACTOR),
        text: "The rules could be held against the response now.".to_owned(),
        link: None,
        replay: None,
        references: References::default(),
    })
}

/// The step of a plan that was refused for good, with what a replay runs. Its key is that of the case step,
/// so that a later success takes its place.
pub fn failed_step(event: &ResponseReceived, rule: &RuleName, reason: &str, at: Timestamp) -> Step {
    let text = format!("Rule {rule} could not be carried out: {reason}");
    Step {
        replay: Some(again(event)),
        ..step("case", rule, StepKind::Failed, at, text)
    }
}

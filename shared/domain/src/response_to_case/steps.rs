//! What the loop's page says of each step.

use jiff::Timestamp;

use super::{CasePlan, Course, Decision};
use crate::events::ResponseReceived;
use crate::loops::{Actor, Replay, Step, StepKind};
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
    Step {
        key: format!("decided/{}", event.notification),
        what,
        at,
        actor: Actor::function(ACTOR),
        text: format!(
            "Rules of configuration {}{announced}: {}.",
            decision.configuration,
            in_words(&decision.verdicts)
        ),
        link: None,
        replay: None,
    }
}

/// The steps of a plan that was carried out.
pub fn done_steps(
    plan: &CasePlan,
    ticket: &str,
    link: &str,
    noted: bool,
    at: Timestamp,
) -> Vec<Step> {
    let rule = &plan.rule;
    let step = |key: &str, what, text: String, link: Option<&str>| Step {
        key: format!("{key}/{rule}"),
        what,
        at,
        actor: Actor::function(ACTOR),
        text,
        link: link.map(str::to_owned),
        replay: None,
    };
    let mut steps = Vec::new();
    if plan.new_contact.is_some() {
        steps.push(step(
            "contact",
            StepKind::ContactCreated,
            "The customer was not known: a contact was created.".into(),
            None,
        ));
    }
    steps.push(match &plan.course {
        Course::Open(draft) => {
            let queued = if draft.queue.is_some() { " and put in its queue" } else { "" };
            let text = format!("Case {ticket} was opened by rule {rule}{queued}.");
            step("case", StepKind::CaseOpened, text, Some(link))
        }
        Course::Attach { .. } => {
            let text = format!("The customer's case {ticket} is open: rule {rule} added this response to it as a note.");
            step("case", StepKind::CaseAttached, text, Some(link))
        }
    });
    if noted {
        let text = format!("The response got a note with the case number {ticket}.");
        steps.push(step("response-note", StepKind::ResponseNoted, text, None));
    }
    steps
}

/// The step of a plan that was refused for good, with what a replay runs. Its key is that of the case step,
/// so that a later success takes its place.
pub fn failed_step(event: &ResponseReceived, rule: &RuleName, reason: &str, at: Timestamp) -> Step {
    let again = ResponseReceived {
        replay: true,
        ..event.clone()
    };
    Step {
        key: format!("case/{rule}"),
        what: StepKind::Failed,
        at,
        actor: Actor::function(ACTOR),
        text: format!("Rule {rule} could not be carried out: {reason}"),
        link: None,
        replay: Some(Replay::Received(again)),
    }
}

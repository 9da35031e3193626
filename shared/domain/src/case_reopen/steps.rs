//! What the loop's page says of each step.

use jiff::Timestamp;

use super::{Course, ReopenPlan};
use crate::events::ResponseReceived;
use crate::loops::{Actor, References, Replay, Step, StepKind};
use crate::names::ResponseKey;
use crate::rules::in_words;

const ACTOR: &str = "case-reopen";

/// The agent's resolution, as the CRM told when the case was read.
pub fn resolved_step(plan: &ReopenPlan) -> Option<Step> {
    let at = plan.resolved_at?;
    Some(Step {
        key: format!("resolved/{at}"),
        what: StepKind::CaseResolved,
        at,
        actor: Actor::Agent,
        text: format!("Case {} was resolved.", plan.ticket),
        link: None,
        replay: None,
        references: References::default(),
    })
}

/// The step of a plan that was carried out. `new_ticket` and `link` are those of the case that the customer's matter is in now.
pub fn outcome_steps(
    plan: &ReopenPlan,
    new_ticket: Option<&str>,
    link: &str,
    at: Timestamp,
) -> Vec<Step> {
    let ticket = match &plan.merged_from {
        Some(merged) => format!("{} (into which {merged} was merged)", plan.ticket),
        None => plan.ticket.clone(),
    };
    let (what, text) = match &plan.course {
        Course::Reopen { threshold, .. } => (
            StepKind::CaseReopened,
            format!("Case {ticket} was reopened by threshold {threshold}"),
        ),
        Course::Note { threshold, why, .. } => (
            StepKind::CaseNoted,
            format!("Threshold {threshold} was broken; case {ticket} got a note, because {why}"),
        ),
        Course::FollowUp { threshold, why, .. } => {
            let new = new_ticket.unwrap_or("a new case");
            let text = format!(
                "Threshold {threshold} was broken; {new} was opened as a follow-up of {ticket}, because {why}"
            );
            (StepKind::FollowUpOpened, text)
        }
        Course::Nothing { why } => (
            StepKind::NothingDone,
            format!("Case {ticket} was left as it is, because {why}"),
        ),
    };
    let step = Step {
        key: outcome_key(plan),
        what,
        at,
        actor: Actor::function(ACTOR),
        text: format!(
            "{text}. Thresholds of configuration {}:\n{}",
            plan.configuration,
            in_words(&plan.verdicts)
        ),
        link: Some(link.to_owned()),
        replay: None,
        references: References::default(),
    };
    resolved_step(plan).into_iter().chain([step]).collect()
}

/// Doing nothing under one announcement does not keep what a later one does from the page.
fn outcome_key(plan: &ReopenPlan) -> String {
    match plan.course {
        Course::Nothing { .. } => format!("nothing/{}/{}", plan.response, plan.judged.len()),
        Course::Reopen { .. } | Course::Note { .. } | Course::FollowUp { .. } => {
            format!("outcome/{}", plan.response)
        }
    }
}

/// The step of a rating that could not be acted on for good, with what a replay runs. Its key is that of
/// the outcome, so that a later success takes its place.
pub fn failed_step(
    event: &ResponseReceived,
    response: &ResponseKey,
    reason: &str,
    at: Timestamp,
) -> Step {
    let again = ResponseReceived {
        replay: true,
        ..event.clone()
    };
    Step {
        key: format!("outcome/{response}"),
        what: StepKind::Failed,
        at,
        actor: Actor::function(ACTOR),
        text: format!("The rating could not be acted on: {reason}"),
        link: None,
        replay: Some(Replay::Received(again)),
        references: References::default(),
    }
}

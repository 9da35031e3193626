//! What follows from a hint once the response behind it is fetched.

use jiff::Timestamp;

use crate::events::{ResponseHinted, ResponseReceived};
use crate::loops::{Actor, References, Replay, Step, StepKind};
use crate::names::{InboxId, ResponseKey};
use crate::response::{Kind, Response};
use crate::response_to_case::score_in_words;

const ACTOR: &str = "response-intake";

/// The fact that a response was taken, announced under a notification name.
pub fn received(response: &Response, notification: &str, inbox_id: &InboxId) -> ResponseReceived {
    ResponseReceived {
        version: 1,
        response: response.key.clone(),
        notification: notification.to_owned(),
        kind: response.kind(),
        inbox_id: inbox_id.clone(),
        replay: false,
    }
}

/// The steps that a response begins its loop with, or adds to the loop of the case it is about. They carry our own
/// times, of accepting the webhook and of taking the response in: a platform's clock must not reorder the story.
pub fn received_steps(
    response: &Response,
    notification: &str,
    accepted_at: Timestamp,
    now: Timestamp,
) -> Vec<Step> {
    let key = &response.key;
    let score = score_in_words(response).unwrap_or_else(|| "no score".to_owned());
    let announced = if notification.is_empty() {
        String::new()
    } else {
        format!(", announced under {notification:?}")
    };
    let (what, answered) = match response.kind() {
        Kind::New => (StepKind::ResponseReceived, "The customer answered"),
        Kind::AboutCase => (
            StepKind::FollowUpAnswered,
            "The customer answered about the case in",
        ),
    };
    let received = Step {
        key: format!("received/{key}"),
        what,
        at: accepted_at,
        actor: Actor::Customer,
        text: format!(
            "{answered} {} at {:.0}: {score}{announced}.",
            response.survey, response.submitted_at
        ),
        link: response.link.clone(),
        replay: None,
        references: References::default(),
    };
    let taken = Step {
        key: format!("taken/{key}"),
        what: StepKind::ResponseTaken,
        at: now,
        actor: Actor::function(ACTOR),
        text: "The response was verified at its source and stored.".to_owned(),
        link: None,
        replay: None,
        references: References::default(),
    };
    vec![received, taken]
}

/// The step of a hint that could not be followed for good. Its key is that of the step of a response that was
/// taken in, so that a later success takes its place.
pub fn failed_step(
    event: &ResponseHinted,
    response: &ResponseKey,
    reason: &str,
    at: Timestamp,
) -> Step {
    Step {
        key: format!("received/{response}"),
        what: StepKind::Failed,
        at,
        actor: Actor::function(ACTOR),
        text: format!("The response could not be taken in: {reason}"),
        link: None,
        replay: Some(Replay::Hinted(event.clone())),
        references: References::default(),
    }
}

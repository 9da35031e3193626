//! What follows from a hint once the response behind it is fetched.

use jiff::Timestamp;

use crate::events::{ResponseHinted, ResponseReceived};
use crate::loops::{Actor, Replay, Step, StepKind};
use crate::names::InboxId;
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

/// The steps that a response begins its loop with, or adds to the loop of the case it is about. The
/// customer's own step carries the time of submission.
pub fn received_steps(response: &Response, notification: &str, now: Timestamp) -> Vec<Step> {
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
    vec![Step {
        key: format!("received/{}", response.key),
        what,
        at: response.submitted_at.min(now),
        actor: Actor::Customer,
        text: format!("{answered} {}: {score}{announced}.", response.survey),
        link: response.link.clone(),
        replay: None,
    }]
}

/// The step of a hint that could not be followed for good.
pub fn failed_step(event: &ResponseHinted, reason: &str, at: Timestamp) -> Step {
    Step {
        key: "intake".to_owned(),
        what: StepKind::Failed,
        at,
        actor: Actor::function(ACTOR),
        text: format!("The response could not be taken in: {reason}"),
        link: None,
        replay: Some(Replay::Hinted(event.clone())),
    }
}

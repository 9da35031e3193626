//! Running again what failed.

use cxloop_domain::events::Outgoing;
use cxloop_domain::loops::{Actor, References, Replay, Step, StepKind};
use cxloop_domain::names::LoopId;
use cxloop_domain::survey_trigger::InvitationDue;
use cxloop_lambda_kit::trace;
use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Response};
use uuid::Uuid;

use crate::{Answer, Deps, answer, pages};

/// Publishes the events behind the failed steps of a loop once more, under the traces that they had, and goes back to
/// its page.
pub(crate) async fn replay(deps: &Deps, id: &LoopId) -> Answer {
    let Some(history) = deps.loops.load(id).await? else {
        return Ok(pages::not_found());
    };
    let now = deps.clock.now();
    let failed: Vec<&Step> = history
        .steps
        .iter()
        .filter(|step| step.replay.is_some())
        .collect();
    for step in &failed {
        let event = match step.replay.as_ref() {
            Some(Replay::Hinted(event)) => Outgoing::traced(event, step.references.trace),
            Some(Replay::Received(event)) => Outgoing::traced(event, step.references.trace),
            Some(Replay::Changed(event)) => Outgoing::traced(event, step.references.trace),
            Some(Replay::Invitation(event)) => Outgoing::traced(event, step.references.trace),
            None => continue,
        };
        deps.bus.publish(&event).await?;
    }
    if !failed.is_empty() {
        let step = Step {
            key: format!("replayed/{now}"),
            what: StepKind::Replayed,
            at: now,
            actor: Actor::Operator,
            text: "What had failed was sent to be done again.".to_owned(),
            link: None,
            replay: None,
            references: References::default(),
        };
        deps.loops.record(id, &[step]).await?;
    }
    Ok(back_to(&format!("/loops/{id}")))
}

/// Has an invitation that was not sent, is unknown or failed decided anew, and goes back to its page. Whether it still may be
/// is looked at by whoever decides.
pub(crate) async fn replay_invitation(deps: &Deps, id: Uuid) -> Answer {
    let Some(kept) = deps.invitations.load(id).await? else {
        return Ok(pages::not_found());
    };
    if kept.invitation.again(deps.clock.now()).is_some() {
        let due = InvitationDue {
            connection: kept.invitation.connection,
            invitation: id,
            replay: Some(kept.invitation.round),
        };
        let event = Outgoing::traced(&due, trace::current());
        deps.bus.publish(&event).await?;
    }
    Ok(back_to(&format!("/invitations/{id}")))
}

fn back_to(path: &str) -> Response<Body> {
    let mut back = answer(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    let address = path.parse().expect("an id stands in an address as it is");
    back.headers_mut().insert(header::LOCATION, address);
    back
}

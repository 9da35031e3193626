//! Running again what failed.

use cxloop_domain::events::Outgoing;
use cxloop_domain::loops::{Actor, References, Replay, Step, StepKind};
use cxloop_domain::names::LoopId;
use lambda_http::http::{StatusCode, header};

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
    let mut back = answer(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    let address = format!("/loops/{id}")
        .parse()
        .expect("a loop id stands in an address as it is");
    back.headers_mut().insert(header::LOCATION, address);
    Ok(back)
}

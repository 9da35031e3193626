//! Bodies of survey platforms that were published and never led to anything.

use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::names::ResponseKey;
use cxloop_domain::signals::{Healed, Signal};
use cxloop_domain::sweep::{LOOKED_AFTER_AT_ONCE, unfinished_before};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{Failure, Overdue};

use crate::{Deps, FUNCTION, looking_after};

/// Publishes once more what nobody knows of, and looks after the others no longer. One that fails keeps no other back.
/// Returns how many were published, or the first failure.
pub(crate) async fn tell(deps: &Deps) -> Result<usize, Failure> {
    let before = unfinished_before(deps.clock.now());
    let found = deps
        .inbox
        .unfinished_before(before, LOOKED_AFTER_AT_ONCE)
        .await?;
    let looked = looking_after::all(found, |one| look_after(deps, one)).await;
    if looked.told > 0 {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::HEALED } = Healed::Unfinished.as_str(),
            { fields::COUNT } = looked.told,
            "webhooks that had been published and led to nothing are published once more"
        );
    }
    looked.ended()
}

/// Whether it was published once more. That is done once: what is lost twice lies in dead letters, where a person finds it.
async fn look_after(deps: &Deps, one: Overdue) -> Result<bool, Failure> {
    let lost = is_lost(deps, &one).await?;
    if lost {
        let event = ResponseHinted {
            connection: one.connection.clone(),
            inbox_id: one.id.clone(),
        };
        deps.bus
            .publish(&Outgoing::traced(&event, one.trace))
            .await?;
        deps.signals.count(Signal::Healed {
            connection: &one.connection,
            what: Healed::Unfinished,
        });
    }
    deps.inbox.finished(&one.id).await?;
    Ok(lost)
}

/// Whether nobody knows of the response that a body names.
async fn is_lost(deps: &Deps, one: &Overdue) -> Result<bool, Failure> {
    let Some(item) = deps.inbox.load(&one.id).await? else {
        return Ok(false);
    };
    let applied = deps.configurations.current().await?;
    // A connection that is not configured any more can be asked nothing.
    let Ok(platform) = deps.platforms.platform(&applied, &one.connection) else {
        return Ok(false);
    };
    let Ok(hint) = platform.parse(&item.body) else {
        return Ok(false);
    };
    let response = ResponseKey::new(one.connection.clone(), hint.response);
    Ok(deps.loops.of_response(&response).await?.is_none())
}

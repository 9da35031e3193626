//! Invitations that nobody looked at when their time had come: their message or their schedule was lost.

use cxloop_domain::events::Outgoing;
use cxloop_domain::signals::{Healed, Signal};
use cxloop_domain::sweep::{LOOKED_AFTER_AT_ONCE, unwoken_before};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{Awaited, Failure};

use crate::{Deps, FUNCTION, looking_after};

/// Has those looked at that still wait for a moment long past, and looks after the others no longer. Returns how many, or the
/// first failure.
pub(crate) async fn tell(deps: &Deps) -> Result<usize, Failure> {
    let before = unwoken_before(deps.clock.now());
    let found = deps
        .invitations
        .awaited_before(before, LOOKED_AFTER_AT_ONCE)
        .await?;
    let looked = looking_after::all(found, |awaited| look_after(deps, awaited)).await;
    if looked.told > 0 {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::HEALED } = Healed::WakeUp.as_str(),
            { fields::COUNT } = looked.told,
            "invitations that nobody looked at when their time had come are looked at now"
        );
    }
    looked.ended()
}

/// Whether it had to be told. That is done once for each moment: what is lost twice lies in dead letters, where a person finds it.
async fn look_after(deps: &Deps, awaited: Awaited) -> Result<bool, Failure> {
    let kept = deps.invitations.load(awaited.invitation).await?;
    let due = kept.and_then(|kept| kept.invitation.overslept(awaited.at));
    if let Some(due) = &due {
        deps.bus.publish(&Outgoing::of(due)).await?;
        deps.signals.count(Signal::Healed {
            connection: &due.connection,
            what: Healed::WakeUp,
        });
    }
    deps.invitations.looked_after(&awaited).await?;
    Ok(due.is_some())
}

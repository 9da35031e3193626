//! Leading an invitation on by one worker at a time, and keeping what becomes of it.

use cxloop_domain::loops::Step;
use cxloop_domain::names::LoopId;
use cxloop_domain::signals::Signal;
use cxloop_domain::survey_trigger::{
    DeliveryReported, Invitation, InvitationDue, InvitationState, NotSent, again_step,
    invitation_step, is_told,
};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::{Lease, trace};
use cxloop_ports::{Failure, KeptInvitation};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::watching::{ReadRow, contended};
use crate::{Deps, RACES, Work};

/// How long one worker may be at an invitation before another takes it for dead: longer than any request to a service takes.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How soon a message comes back that found the invitation in another's hands, in seconds.
const AGAIN_SECONDS: u32 = 5;

impl Work<'_> {
    /// Leads an invitation on as far as it goes now; `again` is the round in which a person asks to have it decided
    /// anew, and `read` its row, where that was read for this message.
    pub(crate) async fn advance(
        &self,
        id: Uuid,
        again: Option<u32>,
        read: Option<&ReadRow>,
    ) -> Result<(), Failure> {
        let claims = self.deps.claims.as_ref();
        let key = format!("invitation/{id}");
        let now = self.deps.clock.now();
        let Some(lease) = Lease::take(claims, &self.deps.worker, key, now, LEASE).await? else {
            return Err(Failure::come_back(
                AGAIN_SECONDS,
                "another worker is at this invitation",
            ));
        };
        // Only now is it certain that nobody is sending: what stands as being sent was left by a worker who died over it.
        let led = match self.deps.invitations.load(id).await {
            Ok(Some(kept)) if again == Some(kept.invitation.round) => self.led_again(kept).await,
            Ok(Some(kept)) => self.led(kept, read).await,
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        let given_back = lease.give_back().await;
        led.and(given_back)
    }

    async fn led(&self, kept: KeptInvitation, read: Option<&ReadRow>) -> Result<(), Failure> {
        let now = self.deps.clock.now();
        match &kept.invitation.state {
            InvitationState::Waiting { until } if *until > now => {
                let until = *until;
                tell(self.deps, &kept.invitation).await?;
                self.wake(&kept.invitation, until).await
            }
            InvitationState::Due | InvitationState::Waiting { .. } => self.decide(kept, read).await,
            InvitationState::Sending => self.found_unknown(kept).await,
            // A worker may have died between keeping it and telling of it.
            _ => tell(self.deps, &kept.invitation).await,
        }
    }

    /// Decides anew on what was refused, not sent or lost.
    async fn led_again(&self, kept: KeptInvitation) -> Result<(), Failure> {
        let now = self.deps.clock.now();
        let Some(next) = kept.invitation.again(now) else {
            return self.led(kept, None).await;
        };
        if let Some(step) = again_step(&kept.invitation, now)
            && let Some(loop_id) = loop_of(self.deps, &kept.invitation).await?
        {
            self.deps.loops.record(&loop_id, &[step]).await?;
        }
        let kept = self.replaced(&kept, next).await?;
        self.decide(kept, None).await
    }

    /// Keeps that an invitation waits, and has it brought back.
    pub(crate) async fn wait(
        &self,
        kept: KeptInvitation,
        until: Timestamp,
        why: &str,
    ) -> Result<(), Failure> {
        let text = format!("It waits until {until:.0} for {why}.");
        let waiting = InvitationState::Waiting { until };
        let kept = self.moved(kept, waiting, text).await?;
        tell(self.deps, &kept.invitation).await?;
        self.wake(&kept.invitation, until).await
    }

    async fn wake(&self, invitation: &Invitation, until: Timestamp) -> Result<(), Failure> {
        let due = InvitationDue {
            connection: self.crm.clone(),
            invitation: invitation.id,
            replay: None,
        };
        self.deps.wake_ups.wake(&due, until).await
    }

    /// Keeps that an invitation is not sent, and why.
    pub(crate) async fn not(&self, kept: KeptInvitation, reason: NotSent) -> Result<(), Failure> {
        self.give_back(&kept.invitation).await?;
        let text = format!("It was not sent: {reason}.");
        self.settle(kept, InvitationState::NotSent { reason }, text)
            .await
    }

    /// Keeps the end of an invitation, and tells of it.
    pub(crate) async fn settle(
        &self,
        kept: KeptInvitation,
        state: InvitationState,
        text: impl Into<String>,
    ) -> Result<(), Failure> {
        let kept = self.moved(kept, state, text).await?;
        settled(self.deps, &kept.invitation);
        tell(self.deps, &kept.invitation).await
    }

    /// Keeps the next state of an invitation. Fails when somebody else changed it meanwhile, which only a report can: whoever
    /// leads it has the lease.
    pub(crate) async fn moved(
        &self,
        kept: KeptInvitation,
        state: InvitationState,
        text: impl Into<String>,
    ) -> Result<KeptInvitation, Failure> {
        let next = kept.invitation.moved(state, text, self.deps.clock.now());
        self.replaced(&kept, next).await
    }

    pub(crate) async fn replaced(
        &self,
        kept: &KeptInvitation,
        next: Invitation,
    ) -> Result<KeptInvitation, Failure> {
        let stands = self.deps.invitations.replace(kept.version, &next).await?;
        if stands.invitation == next {
            Ok(stands)
        } else {
            Err(contended())
        }
    }
}

/// Keeps what a service reports of a message.
pub(crate) async fn reported(deps: &Deps, report: &DeliveryReported) -> Result<(), Failure> {
    for _ in 0..RACES {
        let Some(kept) = deps.invitations.load(report.invitation).await? else {
            // The account sends other messages too.
            return Ok(());
        };
        let now = deps.clock.now();
        let Some(next) = kept.invitation.after_report(&report.outcome, now) else {
            return tell(deps, &kept.invitation).await;
        };
        let stands = deps.invitations.replace(kept.version, &next).await?;
        if stands.invitation == next {
            settled(deps, &next);
            return tell(deps, &next).await;
        }
    }
    Err(contended())
}

fn settled(deps: &Deps, invitation: &Invitation) {
    tracing::info!(
        { fields::OUTCOME } = outcomes::INVITATION_SETTLED,
        { fields::CONNECTION } = invitation.connection.as_str(),
        { fields::INVITATION } = %invitation.id,
        { fields::RULES } = invitation.rule.as_str(),
        { fields::INVITATION_STATE } = invitation.state.word(),
        "it is known what became of an invitation to a survey"
    );
    deps.signals.count(Signal::Invitation {
        connection: &invitation.connection,
        state: invitation.state.word(),
    });
}

/// Tells the loop of the case that an invitation is about, where there is one.
pub(crate) async fn tell(deps: &Deps, invitation: &Invitation) -> Result<(), Failure> {
    if !is_told(&invitation.state) {
        return Ok(());
    }
    let Some(loop_id) = loop_of(deps, invitation).await? else {
        return Ok(());
    };
    let step: Step = trace::traced(invitation_step(invitation));
    deps.loops.record(&loop_id, &[step]).await
}

async fn loop_of(deps: &Deps, invitation: &Invitation) -> Result<Option<LoopId>, Failure> {
    match invitation.record.table.as_str() {
        "incident" => deps.loops.of_case(invitation.record.id).await,
        _ => Ok(None),
    }
}

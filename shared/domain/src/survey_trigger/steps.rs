//! What a loop tells of the invitations about its case.

use super::FUNCTION;
use super::invitation::{Invitation, InvitationState};
use crate::loops::{Actor, References, Step, StepKind};

/// Whether a loop tells of an invitation in this state: of what became of it, not of its way there.
pub fn is_told(state: &InvitationState) -> bool {
    !matches!(state, InvitationState::Due | InvitationState::Sending)
}

/// The step of a loop about an invitation. One for each state; a repeat keeps the first.
pub fn invitation_step(invitation: &Invitation) -> Step {
    use InvitationState as State;
    let what = match &invitation.state {
        State::Due | State::Waiting { .. } | State::Sending => StepKind::InvitationWaits,
        State::Sent | State::Delivered | State::Answered { .. } => StepKind::InvitationSent,
        State::NotSent { .. }
        | State::Unknown
        | State::Bounced
        | State::Complained
        | State::Failed => StepKind::InvitationNotSent,
    };
    let last = invitation.trail.last();
    let text = last.map_or("", |moment| moment.text.as_str());
    let key = match &invitation.state {
        State::Waiting { until } => format!("waiting/{}", until.as_second()),
        state => state.word().to_owned(),
    };
    Step {
        key: format!("invitation/{}/{key}", invitation.id),
        what,
        at: invitation.changed_at,
        actor: Actor::function(FUNCTION),
        text: format!("Survey rule {}: {text}", invitation.rule),
        link: None,
        replay: None,
        references: References::default(),
    }
}

//! What a loop tells of the invitations about its case.

use jiff::Timestamp;

use super::invitation::{Invitation, InvitationState};
use super::{FUNCTION, InvitationDue};
use crate::loops::{Actor, References, Replay, Step, StepKind};

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
        State::NotSent { .. } | State::Unknown | State::Bounced | State::Complained => {
            StepKind::InvitationNotSent
        }
        State::Failed => StepKind::Failed,
    };
    let last = invitation.trail.last();
    let text = last.map_or("", |moment| moment.text.as_str());
    let replay = (what == StepKind::Failed).then(|| {
        Replay::Invitation(InvitationDue {
            connection: invitation.connection.clone(),
            invitation: invitation.id,
            replay: Some(invitation.round),
        })
    });
    Step {
        key: key(invitation),
        what,
        at: invitation.changed_at,
        actor: Actor::function(FUNCTION),
        text: format!("Survey rule {}: {text}", invitation.rule),
        link: None,
        replay,
        references: References::default(),
    }
}

/// The step that takes the place of a failure, once a person had it decided anew. `None` when nothing had failed.
pub fn again_step(before: &Invitation, now: Timestamp) -> Option<Step> {
    (before.state == InvitationState::Failed).then(|| Step {
        key: key(before),
        what: StepKind::Replayed,
        at: now,
        actor: Actor::Operator,
        text: format!("Survey rule {}: it is decided anew.", before.rule),
        link: None,
        replay: None,
        references: References::default(),
    })
}

fn key(invitation: &Invitation) -> String {
    let state = match &invitation.state {
        InvitationState::Waiting { until } => format!("waiting/{}", until.as_second()),
        state => state.word().to_owned(),
    };
    format!("invitation/{}/{}/{state}", invitation.id, invitation.round)
}

//! Invitations to surveys, whatever became of them.

use async_trait::async_trait;
use cxloop_domain::survey_trigger::{Invitation, InvitationDue};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Failure;

/// An invitation as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// Counts up with each replacement; guards the next one.
    pub version: u64,
}

/// Keeps each invitation under its id, and lists them for people.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// The invitation, where there is one.
    async fn load(&self, id: Uuid) -> Result<Option<KeptInvitation>, Failure>;

    /// Stores an invitation unless there is one with its id; returns the one that stands.
    async fn begin(&self, invitation: &Invitation) -> Result<KeptInvitation, Failure>;

    /// Replaces the invitation if it still has the version given; returns the one that stands, which is another's when the
    /// version had moved on.
    async fn replace(
        &self,
        version: u64,
        invitation: &Invitation,
    ) -> Result<KeptInvitation, Failure>;

    /// Up to `limit` invitations that something became of before a moment, the latest first.
    async fn newest(&self, limit: usize, before: Timestamp) -> Result<Vec<Invitation>, Failure>;
}

/// Brings an invitation back at a moment.
#[async_trait]
pub trait WakeUps: Send + Sync {
    /// Has the invitation looked at again at `at` or soon afterwards, however far that is. Asking twice for the same moment is
    /// harmless.
    async fn wake(&self, due: &InvitationDue, at: Timestamp) -> Result<(), Failure>;
}

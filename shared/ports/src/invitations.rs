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

/// A moment at which an invitation was to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// The invitation.
    pub invitation: Uuid,
    /// The moment.
    pub at: Timestamp,
}

/// Keeps each invitation under its id, and lists them for people; and each moment that one was kept to wait for, for whoever
/// looks whether it was brought back then.
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

    /// Up to `limit` moments before `before` that invitations were kept to wait for and that nobody has looked after, the oldest
    /// first. What has become of the invitation since is not looked at.
    async fn awaited_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Awaited>, Failure>;

    /// Keeps that a moment was looked after. Harmless twice, and where there is none.
    async fn looked_after(&self, awaited: &Awaited) -> Result<(), Failure>;
}

/// Brings an invitation back at a moment.
#[async_trait]
pub trait WakeUps: Send + Sync {
    /// Has the invitation looked at again at `at` or soon afterwards, however far that is. Asking twice for the same moment is
    /// harmless.
    async fn wake(&self, due: &InvitationDue, at: Timestamp) -> Result<(), Failure>;
}

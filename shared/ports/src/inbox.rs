//! The inbox: every accepted webhook body, kept before anything is done with it.

use async_trait::async_trait;
use cxloop_domain::names::{ConnectionName, InboxId};
use cxloop_domain::trace::TraceId;
use jiff::Timestamp;

use crate::Failure;

/// A kept webhook body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxItem {
    /// Derived from connection and content or delivery id.
    pub id: InboxId,
    /// The connection it came through.
    pub connection: ConnectionName,
    /// What it tells of.
    pub kind: BodyKind,
    /// When it was accepted first.
    pub accepted_at: Timestamp,
    /// The body exactly as it came.
    pub body: Vec<u8>,
    /// Where it stands.
    pub state: InboxState,
    /// The trace of the request that brought it first; `None` for items of before there were traces.
    pub trace: Option<TraceId>,
}

/// What a kept body tells of, and so what is published of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// A response on a survey platform: `ResponseHinted`. Bodies that do not say what they are, are of this kind.
    #[default]
    Response,
    /// A change in the CRM: `RecordChanged` for each row that it names, once it is read again.
    Change,
}

impl BodyKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Response, Self::Change];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Change => "change",
        }
    }
}

/// Where a kept body stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxState {
    /// Kept; its event is not known to be published.
    Unpublished,
    /// Its event is on the bus.
    Published,
    /// Put aside for a person, with the reason.
    Parked {
        /// Why, in a sentence without personal data.
        reason: String,
    },
}

/// Keeps webhook bodies.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Keeps an item unless one with its id is there already; either way returns only when it is durable.
    /// Fails with remedy `Park` when the body does not fit (over 300 KB compressed).
    async fn keep(&self, item: &InboxItem) -> Result<(), Failure>;

    /// The item, unless it expired or never was.
    async fn load(&self, id: &InboxId) -> Result<Option<InboxItem>, Failure>;

    /// Notes that what an item tells of went on the bus at a moment. A response's counts as unfinished from then on; one of
    /// the CRM is done with, because its changes are found by reading them. Does nothing to an item that was published
    /// before, or is parked.
    async fn published(&self, id: &InboxId, kind: BodyKind, at: Timestamp) -> Result<(), Failure>;

    /// Puts the item aside with a reason.
    async fn park(&self, id: &InboxId, reason: &str) -> Result<(), Failure>;

    /// What had been put aside was taken in after all: the item counts as published and leaves the parked list.
    /// Does nothing to an item that is not parked.
    async fn unpark(&self, id: &InboxId) -> Result<(), Failure>;

    /// The items accepted before a moment and still unpublished, oldest first, at most `limit`, without their bodies.
    async fn unpublished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure>;

    /// The responses' items that were published before a moment and of which nobody has said that they are finished, those
    /// published first before the others, at most `limit`, without their bodies.
    async fn unfinished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure>;

    /// Nobody has to look after the item any more. Does nothing to one that is not published.
    async fn finished(&self, id: &InboxId) -> Result<(), Failure>;

    /// The bodies that were put aside, newest first, at most `limit`, without the bodies themselves.
    async fn parked(&self, limit: usize) -> Result<Vec<ParkedBody>, Failure>;
}

/// A body whose event is not known to be published, or to have been acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Which one.
    pub id: InboxId,
    /// The connection it came through.
    pub connection: ConnectionName,
    /// What it tells of.
    pub kind: BodyKind,
    /// The trace of the request that brought it first.
    pub trace: Option<TraceId>,
}

/// A body that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedBody {
    /// Which one.
    pub id: InboxId,
    /// The connection it came through.
    pub connection: ConnectionName,
    /// What it tells of.
    pub kind: BodyKind,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Why it was put aside.
    pub reason: String,
}

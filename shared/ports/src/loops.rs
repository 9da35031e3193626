//! The record of each loop, for people.

use async_trait::async_trait;
use cxloop_domain::loops::{Loop, LoopHistory, Step};
use cxloop_domain::names::{LoopId, ResponseKey};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Failure;

/// How a loop begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLoop {
    /// The response that begins it.
    pub response: ResponseKey,
    /// The questionnaire.
    pub survey: String,
    /// When.
    pub began_at: Timestamp,
    /// The deciding score in words.
    pub score: Option<String>,
}

/// A case as a loop names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TiedCase<'c> {
    /// Which one.
    pub id: Uuid,
    /// Its ticket number.
    pub ticket: &'c str,
}

/// Writes and reads loops. Writing is harmless twice: a step with a known key keeps its first form,
/// except that a `Failed` step is replaced by a later step of the same key.
#[async_trait]
pub trait Loops: Send + Sync {
    /// Begins the loop of a response unless it has begun, and adds steps to it.
    async fn begin(&self, new: &NewLoop, steps: &[Step]) -> Result<(), Failure>;

    /// Adds steps to a loop that has begun and moves its head on.
    async fn record(&self, id: &LoopId, steps: &[Step]) -> Result<(), Failure>;

    /// Ties a case to a loop, so that later responses about the case find it, and adds steps to the loop. The first loop
    /// of a case stands, and the first case of a loop is the one that its head names.
    async fn tie_case(
        &self,
        id: &LoopId,
        case: &TiedCase<'_>,
        steps: &[Step],
    ) -> Result<(), Failure>;

    /// Lets a response about a case be found in that case's loop.
    async fn tie_response(&self, id: &LoopId, response: &ResponseKey) -> Result<(), Failure>;

    /// The loop of a case.
    async fn of_case(&self, case: Uuid) -> Result<Option<LoopId>, Failure>;

    /// The loop that a response began or was tied to.
    async fn of_response(&self, response: &ResponseKey) -> Result<Option<LoopId>, Failure>;

    /// One loop with its steps, oldest first.
    async fn load(&self, id: &LoopId) -> Result<Option<LoopHistory>, Failure>;

    /// The loops that changed last, newest first, at most `limit`.
    async fn newest(&self, now: Timestamp, limit: usize) -> Result<Vec<Loop>, Failure>;

    /// The loops in which something failed and waits for a person, however long ago, newest first, at most `limit`.
    async fn failed(&self, limit: usize) -> Result<Vec<Loop>, Failure>;
}

//! Survey platforms.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::case_write_back::{Intended, Settled};
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ConnectionName, ResponseId};
use cxloop_domain::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;

/// What a webhook body says, before anything is trusted but its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The response it speaks of.
    pub response: ResponseId,
    /// The platform's notification name; empty where it has none.
    pub notification: String,
    /// The response itself, where the body is signed and carries it whole.
    pub signed: Option<Box<Response>>,
}

/// Why a body says nothing that can be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unparsable {
    /// What was expected and what is there instead, without the body's content.
    pub reason: String,
}

/// Whether a note is new on a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// Written now.
    Written,
    /// A note with the marker was there already.
    AlreadyThere,
    /// The platform has no notes: a declared lack, not an error.
    NotSupported,
}

/// What a platform takes back: declared, so that nothing is asked of it in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Notes for people.
    pub notes: bool,
    /// Values in program-filled questions.
    pub fields: bool,
}

/// A rule by which a platform tells us of responses.
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationRule {
    /// Its name, which stands in what it sends.
    pub name: String,
    /// What chooses the responses, in the platform's own terms.
    pub chosen: Value,
}

/// A response of which a rule tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which one.
    pub response: ResponseId,
    /// The body that a webhook brings, as far as the platform's own reader looks at it. Equal each time.
    pub body: Vec<u8>,
}

/// One page of such responses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnsweredPage {
    /// The responses. One may stand on two pages.
    pub responses: Vec<Answered>,
    /// The number of the next page; `None` when this is the last.
    pub next: Option<u32>,
}

/// One survey platform, behind one connection.
#[async_trait]
pub trait SurveyPlatform: Send + Sync {
    /// Reads a webhook body from a verified sender. Pure: asks nobody.
    fn parse(&self, body: &[u8]) -> Result<Hint, Unparsable>;

    /// The response as the platform has it now, in normal form. `None` when the platform does not know it.
    async fn fetch(&self, response: &ResponseId) -> Result<Option<Response>, Failure>;

    /// Puts a note on the response unless one that contains `marker` is there. `text` must contain `marker`.
    /// Not atomic on platforms without keys: callers hold a lease.
    async fn note(&self, response: &ResponseId, marker: &str, text: &str)
    -> Result<Noted, Failure>;

    /// What can be written back.
    fn capabilities(&self) -> Capabilities;

    /// Writes fields and a note on the response: one read and at most two writes. A field that holds its text already is not
    /// written, nor a note whose marker is there, so that all of it is harmless twice. What is refused for good is told, and
    /// the rest is written. Reads, changes and writes: callers hold a lease. Fails with remedy `Park` when the response is
    /// not known.
    async fn write_back(
        &self,
        response: &ResponseId,
        intended: &Intended,
    ) -> Result<Settled, Failure>;

    /// The rules by which the platform tells this deployment, and no other, of responses. None where it cannot be asked. One
    /// request.
    async fn notification_rules(&self) -> Result<Vec<NotificationRule>, Failure> {
        Ok(Vec::new())
    }

    /// A page of the responses that a rule chooses and that were given between two moments, both included, those of long ago
    /// first. The first page is 0. One request.
    async fn answered(
        &self,
        _rule: &NotificationRule,
        _between: (Timestamp, Timestamp),
        _page: u32,
    ) -> Result<AnsweredPage, Failure> {
        Ok(AnsweredPage::default())
    }
}

/// The survey platforms of a configuration.
pub trait SurveyPlatforms: Send + Sync {
    /// The platform behind a connection. Fails with remedy `Park` when the connection is unknown or no survey platform.
    fn platform(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveyPlatform>, Failure>;
}

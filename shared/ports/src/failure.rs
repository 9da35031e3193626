//! What went wrong, and what is to be done about it.

use std::fmt;

use cxloop_domain::names::ConnectionName;
use jiff::Timestamp;
use uuid::Uuid;

/// What is to be done about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The far side asked to wait: its connection is closed for everybody until then, and the message
    /// is sent again with a delay. Not a failure.
    WaitUntil {
        /// The connection that asked.
        connection: ConnectionName,
        /// When it may be asked again.
        until: Timestamp,
    },
    /// Somebody else is at the same work, or what this builds on is not there yet: the message is sent
    /// again with a short delay. Not a failure.
    ComeBack {
        /// Seconds to wait, 0 to 900.
        after_seconds: u32,
    },
    /// Passing trouble: the message is sent again with a delay that grows from seconds to 15 minutes, as long as its
    /// event is younger than a day. An older one counts as failed each time, so that it ends in the dead letters.
    Retry,
    /// Our own set-up is wrong (a secret, an address, a privilege): the message is sent again every minute until a
    /// person has mended it, with an error in the log each time. Not counted, so that nothing is lost meanwhile.
    Mend,
    /// The far side refused for good: parked at once with the reason, and replayable.
    Park,
}

/// A failure of a role, with a message for people and a detail for engineers.
///
/// The detail is for logs and holds no body, no secret and no personal data. The message may be shown on a page.
/// With [`Remedy::Park`] it may quote the far side's words, and with them a row's values: it is never logged. With
/// every other remedy it is our own sentence, names no person and may be logged.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What is to be done.
    pub remedy: Remedy,
    /// What went wrong, in a sentence for a person. Not for logs when the remedy is [`Remedy::Park`].
    pub message: String,
    /// More for an engineer: status, code, operation.
    pub detail: String,
    /// The far side's own id of the request that failed, where it told one.
    pub service_request_id: Option<Uuid>,
}

impl Failure {
    /// A failure with its remedy.
    pub fn new(remedy: Remedy, message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            remedy,
            message: message.into(),
            detail: detail.into(),
            service_request_id: None,
        }
    }

    /// The same failure with the far side's own id of the request.
    #[must_use]
    pub fn answered_under(mut self, service_request_id: Option<Uuid>) -> Self {
        self.service_request_id = service_request_id;
        self
    }

    /// Passing trouble.
    pub fn retry(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Remedy::Retry, message, detail)
    }

    /// Refused for good.
    pub fn park(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Remedy::Park, message, detail)
    }

    /// Our own set-up is wrong.
    pub fn mend(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Remedy::Mend, message, detail)
    }

    /// Come back after some seconds.
    pub fn come_back(after_seconds: u32, message: impl Into<String>) -> Self {
        Self::new(Remedy::ComeBack { after_seconds }, message, "")
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.remedy, self.message)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

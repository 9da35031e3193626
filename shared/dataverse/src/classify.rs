//! The one table that says what a failure asks of the caller.

use crate::{error::Error, service_code::ServiceCode};

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the same request again later; the queue's redrive bounds how often.
    RetryLater,
    /// Send nothing to this connection for so many seconds, then the same request again. Not
    /// counted as a failure.
    WaitUntil {
        /// Seconds from now.
        seconds: u32,
    },
    /// Ask for a new token, once, and send the same request again.
    RefreshToken,
    /// The write may already be done: read the row by its id. Ours means done; anything else
    /// means [`Action::Park`].
    LookForOurRow,
    /// The world is not as it was read: read it again and make a new plan.
    DecideAgain,
    /// The same request will fail again: keep it visible, replayable, and do not retry.
    Park,
}

/// Who has to act, and hence whom a failure is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// A person must change a setting, a secret, a rule or a privilege.
    Configuration,
    /// The request and the state of the system do not fit together.
    System,
    /// It passes by itself.
    Transient,
}

/// The answer of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do next.
    pub action: Action,
    /// Who has to act.
    pub kind: FailureKind,
}

/// The retry table of this connector. Statuses and codes have become variants of [`Error`]
/// before, so each line reads as a meaning.
#[must_use]
pub fn classify(error: &Error) -> Verdict {
    let (action, kind) = match error {
        Error::NotFound(_) | Error::VersionMismatch(_) | Error::DeltaExpired(_) => {
            (Action::DecideAgain, FailureKind::System)
        }
        Error::AlreadyExists(_) => (Action::LookForOurRow, FailureKind::System),
        Error::Throttled {
            retry_after_seconds,
            ..
        } => (
            Action::WaitUntil {
                seconds: *retry_after_seconds,
            },
            FailureKind::Transient,
        ),
        Error::Unauthorized(_) => (Action::RefreshToken, FailureKind::Transient),
        // Nothing is wrong with the message, so it is kept going round while a person mends the
        // secret or the role.
        Error::TokenRejected(_) | Error::CredentialsRefused(_) | Error::Forbidden(_) => {
            (Action::RetryLater, FailureKind::Configuration)
        }
        Error::Refused(detail) if depends_on_state(detail.code) => {
            (Action::DecideAgain, FailureKind::System)
        }
        Error::DuplicateDetected(_) | Error::Refused(_) => {
            (Action::Park, FailureKind::Configuration)
        }
        Error::Unavailable { .. } => (Action::RetryLater, FailureKind::Transient),
        Error::Oversized { .. } | Error::NotSendable { .. } => (Action::Park, FailureKind::System),
        Error::Unexpected(_) => (Action::RetryLater, FailureKind::System),
    };
    Verdict { action, kind }
}

/// Refusals that say "too late" rather than "wrong": another hand was faster.
fn depends_on_state(code: Option<ServiceCode>) -> bool {
    matches!(
        code,
        Some(ServiceCode::CASE_ALREADY_CLOSED | ServiceCode::QUEUE_ITEM_EXISTS)
    )
}

//! What can go wrong between us and Dataverse.

use crate::service_code::ServiceCode;

/// The inner half of an error: what the service itself said.
///
/// The message may quote values of a row, so it is for the people who work with the row and
/// never for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The HTTP status of the answer, or of the part of a batch answer.
    pub status: u16,
    /// The service's number for the error, when it gave one.
    pub code: Option<ServiceCode>,
    /// The service's own words; empty when it gave none.
    pub message: String,
    /// The service's id of the request, by which Microsoft's support finds it; `None` when the
    /// answer named none.
    pub request_id: Option<String>,
}

/// A failed request. `Display` is the outer message, safe for a log; [`Error::detail`] holds the
/// service's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 404 in which Dataverse itself says that the row does not exist. A 404 of any other origin
    /// (wrong address, unknown table) is never read as "gone".
    #[error("the row does not exist")]
    NotFound(Detail),
    /// A row with this primary or alternate key exists. Whether it is the row that we meant to
    /// write must be looked up: an alternate key of another row answers the same way.
    #[error("a row with the same key already exists")]
    AlreadyExists(Detail),
    /// A duplicate detection rule of the organisation refused the row. Nothing was written.
    /// Source: Microsoft Learn, "Manage duplicate detection during create and update".
    #[error("duplicate detection refused the row")]
    DuplicateDetected(Detail),
    /// The row changed since the ETag that was sent.
    #[error("the row has changed since it was read")]
    VersionMismatch(Detail),
    /// The delta link is too old to go on from: read everything anew and keep the new link.
    /// Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".
    #[error("the delta link has expired")]
    DeltaExpired(Detail),
    /// Service protection: no request may be sent before the given time has passed.
    /// Source: Microsoft Learn, "Service protection API limits".
    #[error("Dynamics asks to wait {retry_after_seconds} s")]
    Throttled {
        /// Seconds to wait, from `Retry-After`; 30 when the header is missing or unreadable.
        retry_after_seconds: u32,
        /// What the service said.
        detail: Detail,
    },
    /// The token is not accepted, and a new one may be. The client asks for one new token itself;
    /// callers meet this only in the part of a batch.
    #[error("Dynamics does not accept the token")]
    Unauthorized(Detail),
    /// A fresh token is not accepted either: the application user is missing or disabled.
    #[error("Dynamics does not accept a fresh token; check the application user")]
    TokenRejected(Detail),
    /// The identity provider gave no token for these credentials.
    /// Source: Microsoft Learn, "OAuth 2.0 client credentials flow on the Microsoft identity
    /// platform".
    #[error(
        "the identity provider refuses the client credentials; check tenant, client id and secret"
    )]
    CredentialsRefused(Detail),
    /// The application user lacks a privilege.
    #[error("the application user lacks a privilege")]
    Forbidden(Detail),
    /// The request is understood and refused: a column, a length, a choice, a state, a plug-in.
    /// The same request will be refused again.
    #[error("Dynamics refused the request")]
    Refused(Detail),
    /// No usable answer: connection refused or cut, time-out, gateway failure, half a body, or a
    /// page that is not the Web API's. A write may or may not have happened.
    #[error("Dynamics is unavailable: {reason}")]
    Unavailable {
        /// What was observed, free of addresses and data.
        reason: String,
    },
    /// The answer is larger than the client is willing to hold.
    #[error("the answer is larger than {limit_bytes} bytes")]
    Oversized {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The request cannot be expressed; nothing was sent.
    #[error("the request cannot be sent: {reason}")]
    NotSendable {
        /// What is wrong with it.
        reason: String,
    },
    /// An answer that no documented meaning fits.
    #[error("Dynamics gave an unexpected answer with status {}", .0.status)]
    Unexpected(Detail),
}

impl Error {
    /// The service's own words, where there are any.
    #[must_use]
    pub fn detail(&self) -> Option<&Detail> {
        match self {
            Self::NotFound(detail)
            | Self::AlreadyExists(detail)
            | Self::DuplicateDetected(detail)
            | Self::VersionMismatch(detail)
            | Self::DeltaExpired(detail)
            | Self::Throttled { detail, .. }
            | Self::Unauthorized(detail)
            | Self::TokenRejected(detail)
            | Self::CredentialsRefused(detail)
            | Self::Forbidden(detail)
            | Self::Refused(detail)
            | Self::Unexpected(detail) => Some(detail),
            Self::Unavailable { .. } | Self::Oversized { .. } | Self::NotSendable { .. } => None,
        }
    }

    /// The error for an answer that cannot be used: whether a write happened is not known.
    /// `reason` must be free of addresses and data.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
        }
    }

    pub(crate) fn not_sendable(reason: impl Into<String>) -> Self {
        Self::NotSendable {
            reason: reason.into(),
        }
    }
}

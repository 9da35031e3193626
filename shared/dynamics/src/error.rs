//! What can go wrong between us and Dataverse, read from status, code and message in that order.
//!
//! The code of an error body may be empty, so the status narrows the meaning first and the
//! documented message is the last resort. Source: Microsoft Learn, "Compose HTTP requests and
//! handle errors" and "Perform conditional operations using the Web API".

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

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
    /// The service's own id of the request, when it gave one.
    pub service_request_id: Option<Uuid>,
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
        /// The service's own id of the request, when there was an answer that gave one.
        service_request_id: Option<Uuid>,
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

    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            service_request_id: None,
        }
    }

    /// The service's own id of the request, which its support asks for.
    #[must_use]
    pub fn service_request_id(&self) -> Option<Uuid> {
        match self {
            Self::Unavailable {
                service_request_id, ..
            } => *service_request_id,
            other => other.detail()?.service_request_id,
        }
    }

    /// The same error with the id of the answer, unless it has one already.
    pub(crate) fn answered_under(mut self, id: Option<Uuid>) -> Self {
        let place = match &mut self {
            Self::NotFound(detail)
            | Self::AlreadyExists(detail)
            | Self::DuplicateDetected(detail)
            | Self::VersionMismatch(detail)
            | Self::Throttled { detail, .. }
            | Self::Unauthorized(detail)
            | Self::TokenRejected(detail)
            | Self::CredentialsRefused(detail)
            | Self::Forbidden(detail)
            | Self::Refused(detail)
            | Self::Unexpected(detail) => &mut detail.service_request_id,
            Self::Unavailable {
                service_request_id, ..
            } => service_request_id,
            Self::Oversized { .. } | Self::NotSendable { .. } => return self,
        };
        *place = place.or(id);
        self
    }

    pub(crate) fn not_sendable(reason: impl Into<String>) -> Self {
        Self::NotSendable {
            reason: reason.into(),
        }
    }

    /// The error that an answer outside 2xx stands for. `retry_after_seconds` is the header's
    /// value when it was there and readable.
    pub(crate) fn from_answer(status: u16, body: &[u8], retry_after_seconds: Option<u32>) -> Self {
        let detail = read_detail(status, body);
        let throttled = |detail| Self::Throttled {
            retry_after_seconds: retry_after_seconds.unwrap_or(DEFAULT_WAIT_SECONDS),
            detail,
        };
        match status {
            401 => Self::Unauthorized(detail),
            403 => Self::Forbidden(detail),
            404 if says_row_is_gone(&detail) => Self::NotFound(detail),
            404 if detail.code.is_some() || !detail.message.is_empty() => Self::Refused(detail),
            408 => Self::unavailable("the answer is 408, request time-out"),
            412 => precondition_failed(detail),
            429 => throttled(detail),
            503 if retry_after_seconds.is_some() => throttled(detail),
            502..=504 => Self::unavailable(format!("the answer is {status}")),
            400..=599 => by_code(status, detail),
            _ => Self::Unexpected(detail),
        }
    }
}

/// What a throttled caller waits when the service names no time.
pub(crate) const DEFAULT_WAIT_SECONDS: u32 = 30;

/// An hour. The documented windows are five minutes; a longer demand is met by asking again.
const LONGEST_WAIT_SECONDS: u32 = 3_600;

/// Reads a `Retry-After` header: whole seconds, or an HTTP date measured from `now`. At least one
/// second, at most an hour; `None` when unreadable.
///
/// Source: Microsoft Learn, "Service protection API limits"; RFC 9110 section 10.2.3 for the date.
#[must_use]
pub fn retry_after_seconds(value: &str, now: Timestamp) -> Option<u32> {
    let value = value.trim();
    let seconds = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse::<u32>().unwrap_or(LONGEST_WAIT_SECONDS)
    } else {
        let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        u32::try_from(until.as_second().saturating_sub(now.as_second())).unwrap_or(0)
    };
    Some(seconds.clamp(1, LONGEST_WAIT_SECONDS))
}

/// 404 bodies are documented with a code, with the code as a decimal, and without any.
fn says_row_is_gone(detail: &Detail) -> bool {
    match detail.code {
        Some(code) => {
            code == ServiceCode::OBJECT_DOES_NOT_EXIST || code == ServiceCode::NOT_FOUND_BY_KEY
        }
        None => contains_any(&detail.message, &["does not exist", "do not exist"]),
    }
}

fn precondition_failed(detail: Detail) -> Error {
    match detail.code {
        Some(ServiceCode::DUPLICATE_RECORD | ServiceCode::DUPLICATE_ALTERNATE_KEY) => {
            Error::AlreadyExists(detail)
        }
        Some(ServiceCode::VERSION_MISMATCH) => Error::VersionMismatch(detail),
        Some(ServiceCode::DUPLICATES_FOUND) => Error::DuplicateDetected(detail),
        Some(_) => Error::Unexpected(detail),
        None if contains_any(
            &detail.message,
            &[
                "matching key values already exists",
                "cannot insert duplicate key",
            ],
        ) =>
        {
            Error::AlreadyExists(detail)
        }
        None if contains_any(
            &detail.message,
            &["version of the existing record", "rowversion"],
        ) =>
        {
            Error::VersionMismatch(detail)
        }
        None if contains_any(&detail.message, &["duplicate of the current record"]) => {
            Error::DuplicateDetected(detail)
        }
        None => Error::Unexpected(detail),
    }
}

/// The 400 and 500 families, in which the service mixes refusals and its own failures.
fn by_code(status: u16, detail: Detail) -> Error {
    match detail.code {
        Some(ServiceCode::DUPLICATE_RECORD | ServiceCode::DUPLICATE_ALTERNATE_KEY) => {
            Error::AlreadyExists(detail)
        }
        Some(ServiceCode::VERSION_MISMATCH) => Error::VersionMismatch(detail),
        Some(ServiceCode::DUPLICATES_FOUND) => Error::DuplicateDetected(detail),
        Some(
            ServiceCode::TOO_MANY_REQUESTS
            | ServiceCode::TOO_MUCH_TIME
            | ServiceCode::TOO_MANY_AT_ONCE,
        ) => Error::Throttled {
            retry_after_seconds: DEFAULT_WAIT_SECONDS,
            detail,
        },
        Some(
            ServiceCode::PRIVILEGE_DENIED
            | ServiceCode::NOT_ENOUGH_PRIVILEGE
            | ServiceCode::ACCESS_DENIED,
        ) => Error::Forbidden(detail),
        Some(
            code @ (ServiceCode::SQL_ERROR | ServiceCode::SQL_TIMEOUT | ServiceCode::UNEXPECTED),
        ) => Error::unavailable(format!("the answer is {status} with {code}")),
        Some(
            ServiceCode::PLUGIN_REFUSED
            | ServiceCode::TEXT_TOO_LONG
            | ServiceCode::NOT_A_CHOICE
            | ServiceCode::INVALID_ARGUMENT
            | ServiceCode::REQUIRED_COLUMN_MISSING
            | ServiceCode::INVALID_STATUS
            | ServiceCode::UNREADABLE_BODY
            | ServiceCode::BAD_REQUEST_URI
            | ServiceCode::CASE_ALREADY_CLOSED
            | ServiceCode::QUEUE_ITEM_EXISTS
            | ServiceCode::OPEN_ACTIVITIES
            | ServiceCode::INACTIVE_QUEUE,
        ) => Error::Refused(detail),
        _ => match status {
            400 | 405 | 413 | 414 | 415 | 501 => Error::Refused(detail),
            _ => Error::Unexpected(detail),
        },
    }
}

fn contains_any(message: &str, needles: &[&str]) -> bool {
    let message = message.to_lowercase();
    needles.iter().any(|needle| message.contains(needle))
}

/// Reads `{"error":{"code","message"}}`; a body of another form gives an empty message, so that
/// no stray page ends up in front of a person.
fn read_detail(status: u16, body: &[u8]) -> Detail {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let error = &body["error"];
    let message = if error.is_object() {
        text(&error["message"])
    } else {
        text(&body["Message"])
    };
    let code = match &error["code"] {
        Value::Number(number) => ServiceCode::parse(&number.to_string()),
        code => ServiceCode::parse(code.as_str().unwrap_or_default()),
    };
    Detail {
        status,
        code,
        message,
        service_request_id: None,
    }
}

//! What an answer means: from status, code and message, in that order, to an [`Error`].
//!
//! The code of an error body may be empty, so the status narrows the meaning first and the
//! documented message is the last resort. Source: Microsoft Learn, "Compose HTTP requests and
//! handle errors" and "Perform conditional operations using the Web API".

use http::{HeaderMap, header::RETRY_AFTER};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    error::{Detail, Error},
    service_code::ServiceCode,
};

impl Error {
    /// The error that an answer other than a success stands for: status first, then the code of
    /// the body, then its documented message. `retry_after_seconds` is the header's value when it
    /// was there and readable, see [`retry_after_seconds`].
    ///
    /// The client calls this itself; it is public for answers that came another way.
    #[must_use]
    pub fn from_answer(status: u16, body: &[u8], retry_after_seconds: Option<u32>) -> Self {
        Self::of_detail(read_detail(status, body), retry_after_seconds)
    }

    /// The same, read from a whole answer.
    pub(crate) fn from_whole_answer(
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        let retry_after =
            text(headers, RETRY_AFTER.as_str()).and_then(|value| retry_after_seconds(value, now));
        let detail = Detail {
            request_id: request_id(headers),
            ..read_detail(status, body)
        };
        Self::of_detail(detail, retry_after)
    }

    fn of_detail(detail: Detail, retry_after_seconds: Option<u32>) -> Self {
        let status = detail.status;
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
            200..=299 | 400..=599 => by_code(status, detail),
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

/// The 400 and 500 families, in which the service mixes refusals and its own failures, and errors
/// that came under a status of success.
fn by_code(status: u16, detail: Detail) -> Error {
    match detail.code {
        Some(ServiceCode::DUPLICATE_RECORD | ServiceCode::DUPLICATE_ALTERNATE_KEY) => {
            Error::AlreadyExists(detail)
        }
        Some(ServiceCode::VERSION_MISMATCH) => Error::VersionMismatch(detail),
        Some(ServiceCode::DUPLICATES_FOUND) => Error::DuplicateDetected(detail),
        Some(ServiceCode::EXPIRED_VERSION_STAMP) => Error::DeltaExpired(detail),
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
            400 | 405 | 413 | 414 | 415 | 431 | 501 => Error::Refused(detail),
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
        request_id: None,
    }
}

/// The longest id of a request that is kept.
const LONGEST_REQUEST_ID: usize = 128;

/// The service's own id of a request, under the names that it is known to use.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-ms-service-request-id", "REQ_ID", "x-ms-request-id"]
        .into_iter()
        .find_map(|name| text(headers, name))
        .filter(|id| !id.is_empty() && id.len() <= LONGEST_REQUEST_ID)
        .map(str::to_owned)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

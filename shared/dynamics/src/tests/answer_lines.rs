//! The lines of `docs/dynamics-answers.md`, the first that fits counts.

use super::answers::{CHANGED, DUPLICATE, GONE, Given, KEY_EXISTS};
use crate::{Error, ServiceCode as Code};

/// A line of the table.
pub(super) struct Line {
    /// The statuses, for the reader.
    pub(super) status: &'static str,
    /// What else the answer says, for the reader.
    pub(super) with: &'static str,
    /// Whether an answer belongs to the line.
    pub(super) fits: fn(&Given) -> bool,
    /// The variant of the client's error.
    pub(super) meaning: &'static str,
}

const fn line(
    status: &'static str,
    with: &'static str,
    meaning: &'static str,
    fits: fn(&Given) -> bool,
) -> Line {
    Line {
        status,
        with,
        fits,
        meaning,
    }
}

fn coded(given: &Given, codes: &[Code]) -> bool {
    given.code.is_some_and(|code| codes.contains(&code))
}

const FAILING: [Code; 3] = [Code::SQL_ERROR, Code::SQL_TIMEOUT, Code::UNEXPECTED];
const PRIVILEGES: [Code; 3] = [
    Code::PRIVILEGE_DENIED,
    Code::NOT_ENOUGH_PRIVILEGE,
    Code::ACCESS_DENIED,
];
const LIMITS: [Code; 3] = [
    Code::TOO_MANY_REQUESTS,
    Code::TOO_MUCH_TIME,
    Code::TOO_MANY_AT_ONCE,
];
const TAKEN: [Code; 2] = [Code::DUPLICATE_RECORD, Code::DUPLICATE_ALTERNATE_KEY];
const LATE: [Code; 2] = [Code::CASE_ALREADY_CLOSED, Code::QUEUE_ITEM_EXISTS];
const REFUSING: [Code; 10] = [
    Code::PLUGIN_REFUSED,
    Code::TEXT_TOO_LONG,
    Code::NOT_A_CHOICE,
    Code::INVALID_ARGUMENT,
    Code::REQUIRED_COLUMN_MISSING,
    Code::INVALID_STATUS,
    Code::UNREADABLE_BODY,
    Code::BAD_REQUEST_URI,
    Code::OPEN_ACTIVITIES,
    Code::INACTIVE_QUEUE,
];

pub(super) const LINES: &[Line] = &[
    line(
        "1xx, 3xx",
        "anything; a redirect is not followed",
        "Unexpected",
        |given| matches!(given.status, 100..200 | 300..400),
    ),
    line("401", "anything", "Unauthorized", |given| {
        given.status == 401
    }),
    line("403", "anything", "Forbidden", |given| given.status == 403),
    line("404", "`0x80040217` or `0x80060891`", "NotFound", |given| {
        given.status == 404
            && coded(
                given,
                &[Code::OBJECT_DOES_NOT_EXIST, Code::NOT_FOUND_BY_KEY],
            )
    }),
    line(
        "404",
        "no code, “… Does Not Exist”",
        "NotFound",
        |given| given.status == 404 && given.message == GONE,
    ),
    line(
        "404",
        "another code or message of Dataverse: the address is wrong",
        "Refused",
        |given| given.status == 404 && (given.code.is_some() || !given.message.is_empty()),
    ),
    line("404", "no body of Dataverse", "Unexpected", |given| {
        given.status == 404
    }),
    line("408", "anything", "Unavailable", |given| {
        given.status == 408
    }),
    line(
        "412",
        "`0x80040237`, `0x80060892`, or “… matching key values already exists”",
        "AlreadyExists",
        |given| given.status == 412 && (coded(given, &TAKEN) || given.message == KEY_EXISTS),
    ),
    line(
        "412",
        "`0x80060882`, or “The version of the existing record …”",
        "VersionMismatch",
        |given| {
            given.status == 412
                && (coded(given, &[Code::VERSION_MISMATCH]) || given.message == CHANGED)
        },
    ),
    line(
        "412",
        "`0x80040333`, or “… duplicate of the current record …”",
        "DuplicateDetected",
        |given| {
            given.status == 412
                && (coded(given, &[Code::DUPLICATES_FOUND]) || given.message == DUPLICATE)
        },
    ),
    line("412", "anything else", "Unexpected", |given| {
        given.status == 412
    }),
    line(
        "429",
        "anything; 30 s without a `Retry-After`",
        "Throttled",
        |given| given.status == 429,
    ),
    line("503", "`Retry-After`", "Throttled", |given| {
        given.status == 503 && given.names_a_wait
    }),
    line("502, 503, 504", "anything else", "Unavailable", |given| {
        matches!(given.status, 502..=504)
    }),
    line(
        "any other, also a 2xx with an error inside",
        "`0x80040237` or `0x80060892`",
        "AlreadyExists",
        |given| coded(given, &TAKEN),
    ),
    line("any other", "`0x80060882`", "VersionMismatch", |given| {
        coded(given, &[Code::VERSION_MISMATCH])
    }),
    line("any other", "`0x80040333`", "DuplicateDetected", |given| {
        coded(given, &[Code::DUPLICATES_FOUND])
    }),
    line("any other", "`0x80044352`", "DeltaExpired", |given| {
        coded(given, &[Code::EXPIRED_VERSION_STAMP])
    }),
    line(
        "any other",
        "`0x80072321`, `0x80072322` or `0x80072326`",
        "Throttled",
        |given| coded(given, &LIMITS),
    ),
    line(
        "any other",
        "`0x80040220`, `0x80048306` or `0x80048405`",
        "Forbidden",
        |given| coded(given, &PRIVILEGES),
    ),
    line(
        "any other",
        "`0x80040216`, `0x80044150` or `0x80044151`",
        "Unavailable",
        |given| coded(given, &FAILING),
    ),
    line(
        "any other",
        "`0x80044411` or `0x80040526`: another hand was faster",
        "Refused",
        |given| coded(given, &LATE),
    ),
    line(
        "any other",
        "`0x80040200`, `0x80040203`, `0x80040265` (a plug-in), `0x80040521`, `0x8004431a`, `0x80044331`, `0x8004440a`, `0x80048408`, `0x80048d19` or `0x80060888`",
        "Refused",
        |given| coded(given, &REFUSING),
    ),
    line(
        "400, 405, 413, 414, 415, 431, 501",
        "another code or none",
        "Refused",
        |given| matches!(given.status, 400 | 405 | 413 | 414 | 415 | 431 | 501),
    ),
    line("any other", "another code or none", "Unexpected", |_| true),
];

/// What has no status, for the reader, and its error.
type WithoutStatus = (&'static str, fn() -> Error);

/// Nothing usable came back, or nothing was sent.
pub(super) const WITHOUT_STATUS: &[WithoutStatus] = &[
    ("nothing: no connection, cut, no answer in 20 s", || {
        Error::unavailable("")
    }),
    (
        "half a body, HTML, text that is no UTF-8, another content type, an empty 200, something packed",
        || Error::unavailable(""),
    ),
    (
        "part of a batch answer, or one that does not fit the batch",
        || Error::unavailable(""),
    ),
    ("JSON of more than 8 MiB", || Error::Oversized {
        limit_bytes: 8 << 20,
    }),
    ("(not asked: the request cannot be expressed)", || {
        Error::NotSendable {
            reason: String::new(),
        }
    }),
    ("401 to a token just fetched", || {
        Error::TokenRejected(nothing(401))
    }),
    ("(the identity provider) 400, 401, 403 or 404", || {
        Error::CredentialsRefused(nothing(400))
    }),
    (
        "(the identity provider) 429, or 503 with `Retry-After`",
        || Error::Throttled {
            retry_after_seconds: 30,
            detail: nothing(429),
        },
    ),
    ("(the identity provider) anything else", || {
        Error::unavailable("")
    }),
];

fn nothing(status: u16) -> cxloop_dataverse::Detail {
    cxloop_dataverse::Detail {
        status,
        code: None,
        message: String::new(),
        request_id: None,
    }
}

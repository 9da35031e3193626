//! The one table that says what an answer of a survey platform means for us.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// Seconds to wait when a platform asks for quiet without saying how long.
///
/// Source: the waiting time of the vendor's own .NET client for Webex Experience Management after a 429.
pub const DEFAULT_WAIT_SECONDS: u32 = 15;

/// The longest wait that is believed, in seconds: a day. A garbled header must not close a connection for ever.
const LONGEST_WAIT_SECONDS: u32 = 86_400;

/// What is to be done after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read the body.
    Take,
    /// The thing asked for is not there.
    Absent,
    /// Sign in anew and ask once more; if it is refused again, our secret is wrong.
    SignInAgain,
    /// Ask nobody of this connection for so many seconds.
    Wait {
        /// Seconds from now.
        seconds: u32,
    },
    /// Passing trouble.
    Retry,
    /// Our set-up is wrong: an address that is no API, or an account without the right.
    Mend,
    /// Refused for good.
    Park,
}

/// What an answer means, from its status, whether its body is a web page, and its `Retry-After` in seconds.
///
/// A web page where JSON was due comes from something in between and says nothing about the request. 403 is
/// the account's right, which a person can grant, so it is mended and not parked.
pub fn classify(status: u16, is_web_page: bool, retry_after_seconds: Option<u32>) -> Action {
    let wait = Action::Wait {
        seconds: retry_after_seconds
            .unwrap_or(DEFAULT_WAIT_SECONDS)
            .min(LONGEST_WAIT_SECONDS),
    };
    match status {
        429 => wait,
        503 if retry_after_seconds.is_some() => wait,
        401 => Action::SignInAgain,
        403 => Action::Mend,
        300..=399 => Action::Mend,
        404 | 410 if is_web_page => Action::Mend,
        404 | 410 => Action::Absent,
        408 | 425 | 500..=599 => Action::Retry,
        _ if is_web_page => Action::Retry,
        200..=299 => Action::Take,
        400..=499 => Action::Park,
        _ => Action::Retry,
    }
}

/// Reads a `Retry-After` value, seconds or a date, as seconds from `now`. `None` when it is neither.
///
/// Source: RFC 9110, section 10.2.3.
pub fn retry_after_seconds(value: &str, now: Timestamp) -> Option<u32> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(LONGEST_WAIT_SECONDS));
    }
    let at = DateTimeParser::new().parse_timestamp(value).ok()?;
    let seconds = at.as_second().saturating_sub(now.as_second()).max(0);
    Some(u32::try_from(seconds).unwrap_or(LONGEST_WAIT_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        let table = [
            (200, false, None, Action::Take),
            (204, false, None, Action::Take),
            (200, true, None, Action::Retry),
            (302, false, None, Action::Mend),
            (400, false, None, Action::Park),
            (400, true, None, Action::Retry),
            (401, false, None, Action::SignInAgain),
            (401, true, None, Action::SignInAgain),
            (403, false, None, Action::Mend),
            (404, false, None, Action::Absent),
            (404, true, None, Action::Mend),
            (408, false, None, Action::Retry),
            (409, false, None, Action::Park),
            (413, false, None, Action::Park),
            (429, false, None, Action::Wait { seconds: 15 }),
            (429, true, Some(2), Action::Wait { seconds: 2 }),
            (429, false, Some(u32::MAX), Action::Wait { seconds: 86_400 }),
            (500, false, None, Action::Retry),
            (503, false, None, Action::Retry),
            (503, false, Some(30), Action::Wait { seconds: 30 }),
            (100, false, None, Action::Retry),
        ];
        for (status, page, wait, action) in table {
            assert_eq!(
                classify(status, page, wait),
                action,
                "{status}, web page {page}, wait {wait:?}"
            );
        }
    }

    #[test]
    fn a_wait_is_read_from_seconds_and_from_a_date() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after_seconds(" 7 ", now), Some(7));
        assert_eq!(
            retry_after_seconds("Mon, 02 Mar 2026 10:01:30 GMT", now),
            Some(90)
        );
        assert_eq!(
            retry_after_seconds("Mon, 02 Mar 2026 09:00:00 GMT", now),
            Some(0)
        );
        assert_eq!(retry_after_seconds("99999999999", now), Some(86_400));
        for nothing in ["", "soon", "-1", "1.5"] {
            assert_eq!(retry_after_seconds(nothing, now), None, "{nothing:?}");
        }
    }
}

//! What the sweep looks for.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How long an accepted body may stay unpublished before the sweep publishes it, in seconds: longer than
/// the function that took it can still be at work.
pub const OVERDUE_SECONDS: i64 = 60;

/// How many bodies one sweep publishes; the next one, a minute later, goes on.
pub const AT_ONCE: usize = 500;

/// How long a published body may go without a loop before the sweep tells of it once more, in minutes: longer than a queue
/// is usually behind.
pub const UNFINISHED_MINUTES: i64 = 15;

/// How long an invitation may wait beyond its moment before the sweep has it looked at, in minutes: longer than a queue is
/// usually behind.
pub const UNWOKEN_MINUTES: i64 = 15;

/// How many of either one sweep looks at.
pub const LOOKED_AFTER_AT_ONCE: usize = 200;

/// Bodies published before this moment must have led to something.
pub fn unfinished_before(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_mins(UNFINISHED_MINUTES)
}

/// Invitations that were to be looked at before this moment must have been.
pub fn unwoken_before(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_mins(UNWOKEN_MINUTES)
}

/// Bodies accepted before this moment and still unpublished are overdue.
pub fn overdue_before(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_secs(OVERDUE_SECONDS)
}

/// The optional field of a secret that holds the day on which what is in it stops working, as in `2027-05-31`.
pub const EXPIRES_FIELD: &str = "expires";

/// Whether a run of this minute looks at the secret that expires: the first of every hour does, because reading a secret
/// costs money and days do not pass faster.
pub fn looks_at_expiry(now: Timestamp) -> bool {
    now.as_second().rem_euclid(3600) < 60
}

/// Days from today to the day that a secret's field names, in UTC; negative when it is past.
///
/// # Errors
/// When the text is no date of RFC 3339. It is not quoted: it stands in a secret.
pub fn days_left(expires: &str, now: Timestamp) -> Result<i64, NoDate> {
    let day: Date = expires.trim().parse().map_err(|_| NoDate)?;
    let today = now.to_zoned(TimeZone::UTC).date();
    Ok(today.duration_until(day).as_hours() / 24)
}

/// The field `expires` of a secret holds no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the field expires is no date such as 2027-05-31")]
pub struct NoDate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secrets_days_are_counted_to_the_day_it_names_and_beyond() {
        let now: Timestamp = "2026-11-22T23:59:00Z".parse().unwrap();
        for (expires, left) in [
            ("2026-11-22", 0),
            ("2026-11-23", 1),
            (" 2027-11-22 ", 365),
            ("2026-11-20", -2),
        ] {
            assert_eq!(days_left(expires, now), Ok(left), "{expires}");
        }
        for text in [
            "",
            "22.11.2026",
            "2026-02-30",
            "2026-12-01T08:00:00Z",
            "mañá",
        ] {
            assert_eq!(days_left(text, now), Err(NoDate), "{text}");
        }
    }

    #[test]
    fn a_secret_is_looked_at_once_an_hour() {
        let start: Timestamp = "2026-11-22T10:00:07Z".parse().unwrap();
        let looks = (0..180)
            .filter(|minute| looks_at_expiry(start + SignedDuration::from_mins(*minute)))
            .count();
        assert_eq!(looks, 3);
    }

    #[test]
    fn a_body_is_overdue_after_a_minute_and_not_before() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(overdue_before(now).to_string(), "2026-11-22T09:59:00Z");
    }
}

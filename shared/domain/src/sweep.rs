//! What the sweep looks for.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::changed_records::EVERY_MINUTES;

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

/// How long a run that may take so long asks far sides, counted from its begin: what it does after that, and the line that
/// says so, must have a chance to end.
pub fn asks_for(may_take: SignedDuration) -> SignedDuration {
    may_take * 3 / 4
}

/// How long a reading begins further pages; the next run, a minute later, goes on.
const BEGINS_PAGES_FOR: SignedDuration = SignedDuration::from_secs(10);

/// Which of several has the first turn in the run of a moment, counted from 0: another one each minute, and another one
/// each time that something is due which is read every few minutes. So none comes last for long.
pub fn first_in_turn(several: usize, now: Timestamp) -> usize {
    let minute = now.as_second().div_euclid(60);
    let turn = minute.div_euclid(EVERY_MINUTES) + minute.rem_euclid(EVERY_MINUTES);
    let several = i64::try_from(several).unwrap_or(i64::MAX).max(1);
    usize::try_from(turn.rem_euclid(several)).unwrap_or_default()
}

/// Until when a reading that begins now begins further pages.
pub fn begins_pages_until(now: Timestamp) -> Timestamp {
    now + BEGINS_PAGES_FOR
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

    fn minute(minute: i64) -> Timestamp {
        let start: Timestamp = "2026-11-22T10:00:07Z".parse().unwrap();
        start + SignedDuration::from_mins(minute)
    }

    #[test]
    fn whatever_their_number_each_is_first_before_long_also_of_those_that_are_read_every_few_minutes()
     {
        assert_eq!(first_in_turn(0, minute(3)), 0);
        for several in 1..=12_i64 {
            let count = usize::try_from(several).unwrap();
            let firsts = |minutes: Vec<i64>| -> std::collections::BTreeSet<usize> {
                let first = |at: i64| first_in_turn(count, minute(at));
                minutes.into_iter().map(first).collect()
            };
            let every_run = firsts((0..several * EVERY_MINUTES).collect());
            assert_eq!(every_run.len(), count, "{several}");
            for since in 0..EVERY_MINUTES {
                let due = firsts((0..several).map(|n| since + n * EVERY_MINUTES).collect());
                assert_eq!(due.len(), count, "{several}, due since minute {since}");
            }
        }
        assert_ne!(first_in_turn(2, minute(0)), first_in_turn(2, minute(1)));
    }

    #[test]
    fn a_quarter_of_a_run_is_left_for_its_end() {
        let seconds = SignedDuration::from_secs;
        assert_eq!(asks_for(seconds(30)), SignedDuration::from_millis(22_500));
        assert_eq!(asks_for(seconds(0)), SignedDuration::ZERO);
    }
}

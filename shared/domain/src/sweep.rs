//! What the sweep looks for.

use jiff::{SignedDuration, Timestamp};

/// How long an accepted body may stay unpublished before the sweep publishes it, in seconds: longer than
/// the function that took it can still be at work.
pub const OVERDUE_SECONDS: i64 = 60;

/// How many bodies one sweep publishes; the next one, a minute later, goes on.
pub const AT_ONCE: usize = 500;

/// Bodies accepted before this moment and still unpublished are overdue.
pub fn overdue_before(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_secs(OVERDUE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_overdue_after_a_minute_and_not_before() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(overdue_before(now).to_string(), "2026-11-22T09:59:00Z");
    }
}

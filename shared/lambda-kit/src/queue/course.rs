//! What is done with a message whose work failed: a decision without effects.

use cxloop_ports::Remedy;
use jiff::{SignedDuration, Timestamp};

/// The longest delay that a queue takes, in seconds. Source: Amazon SQS API Reference, "SendMessage".
const LONGEST_DELAY_SECONDS: u32 = 900;

/// How often the queue delivers a message in passing trouble by itself when nobody knows how old its event is. Each time
/// counts towards its limit, after which the dead letters take it, so that there must be some left for what really fails.
const COUNTED_RECEIVES: u32 = 3;

/// The shortest wait in passing trouble, in seconds.
const SHORTEST_DELAY_SECONDS: u32 = 5;

/// How old an event may be to wait out passing trouble.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// How long a message waits for a person to mend our own set-up before it tries again, in seconds.
const MENDING_DELAY_SECONDS: u32 = 60;

/// What is known of one delivery of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    /// How often the queue has handed out this copy, 1 for the first time.
    pub(super) receives: u32,
    /// When the event happened, as the bus says.
    pub(super) happened_at: Option<Timestamp>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Sent again with a delay; this copy is deleted, so that it counts nothing.
    SendAgain { delay_seconds: u32 },
    /// Answered as failed: the queue delivers it again, and counts.
    DeliverAgain,
    /// Done with: the use case has put it aside.
    PutAside,
}

/// What a remedy asks for at this delivery.
pub(super) fn of(remedy: &Remedy, delivery: Delivery, now: Timestamp) -> Course {
    let delay_seconds = match remedy {
        Remedy::Park => return Course::PutAside,
        Remedy::Retry => match delivery.happened_at.map(|at| now.duration_since(at)) {
            Some(age) if age < PATIENCE => as_long_again(age),
            None if delivery.receives > COUNTED_RECEIVES => LONGEST_DELAY_SECONDS,
            _ => return Course::DeliverAgain,
        },
        Remedy::Mend => MENDING_DELAY_SECONDS,
        Remedy::ComeBack { after_seconds } => (*after_seconds).min(LONGEST_DELAY_SECONDS),
        Remedy::WaitUntil { until, .. } => delay(now, *until),
    };
    Course::SendAgain { delay_seconds }
}

/// As long as the event has waited already, so that a short trouble costs seconds and a long one few requests.
fn as_long_again(age: SignedDuration) -> u32 {
    u32::try_from(age.as_secs())
        .unwrap_or(0)
        .clamp(SHORTEST_DELAY_SECONDS, LONGEST_DELAY_SECONDS)
}

/// Seconds until a moment, rounded up so that nobody comes a moment too early; at least 1, at most what a queue takes.
/// A longer wait is several of these: the closed gate sends the message round again.
fn delay(now: Timestamp, until: Timestamp) -> u32 {
    let left = until
        .as_nanosecond()
        .saturating_sub(now.as_nanosecond())
        .max(0);
    let seconds = left.div_euclid(1_000_000_000) + i128::from(left % 1_000_000_000 != 0);
    u32::try_from(seconds)
        .unwrap_or(LONGEST_DELAY_SECONDS)
        .clamp(1, LONGEST_DELAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T10:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn decided(remedy: &Remedy, receives: u32, happened_at: Option<&str>) -> Course {
        let happened_at = happened_at.map(time);
        let delivery = Delivery {
            receives,
            happened_at,
        };
        of(remedy, delivery, time(NOW))
    }

    fn again(delay_seconds: u32) -> Course {
        Course::SendAgain { delay_seconds }
    }

    #[test]
    fn passing_trouble_is_waited_out_for_a_day_longer_each_time() {
        let young = "2026-03-01T10:00:00.000000001Z";
        for (receives, happened_at, course) in [
            (1, Some(NOW), again(5)),
            (1, Some("2026-03-02T09:59:53Z"), again(7)),
            (3, Some("2026-03-02T09:58:00Z"), again(120)),
            (8, Some("2026-03-02T09:00:00Z"), again(900)),
            (8, Some(young), again(900)),
            (1, Some("2026-03-02T10:05:00Z"), again(5)),
            (1, None, Course::DeliverAgain),
            (3, None, Course::DeliverAgain),
            (4, None, again(900)),
            (1, Some("2026-03-01T10:00:00Z"), Course::DeliverAgain),
            (8, Some("2025-03-01T10:00:00Z"), Course::DeliverAgain),
        ] {
            let decided = decided(&Remedy::Retry, receives, happened_at);
            assert_eq!(decided, course, "{receives} {happened_at:?}");
        }
    }

    #[test]
    fn a_wrong_set_up_is_asked_about_every_minute_however_long_it_takes() {
        for (receives, happened_at) in
            [(1, Some(NOW)), (8, Some("2025-03-01T10:00:00Z")), (1, None)]
        {
            assert_eq!(decided(&Remedy::Mend, receives, happened_at), again(60));
        }
    }

    #[test]
    fn waiting_and_parking_count_nothing() {
        let until = |until| Remedy::WaitUntil {
            connection: "dynamics".parse().unwrap(),
            until: time(until),
        };
        let old = Some("2025-03-01T10:00:00Z");
        assert_eq!(decided(&Remedy::Park, 8, old), Course::PutAside);
        let come_back = |after_seconds| Remedy::ComeBack { after_seconds };
        assert_eq!(decided(&come_back(5), 8, old), again(5));
        assert_eq!(decided(&come_back(5_000), 8, old), again(900));
        assert_eq!(decided(&until("2026-03-02T10:00:07.2Z"), 8, old), again(8));
    }

    #[test]
    fn a_delay_is_rounded_up_and_stays_within_what_a_queue_takes() {
        for (until, seconds) in [
            ("2026-03-02T10:00:02Z", 2),
            ("2026-03-02T10:00:01.000000001Z", 2),
            ("2026-03-02T10:00:00.5Z", 1),
            ("2026-03-02T09:00:00Z", 1),
            ("2026-03-02T10:15:00Z", 900),
            ("2026-03-03T10:00:00Z", 900),
            ("9999-01-01T00:00:00Z", 900),
        ] {
            assert_eq!(delay(time(NOW), time(until)), seconds, "{until}");
        }
    }
}

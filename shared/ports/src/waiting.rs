//! Waiting politely.

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use jiff::{SignedDuration, Timestamp};

use crate::{Failure, Remedy};

/// How long a connection that has just opened again belongs to case work alone. Case work that waited comes back in the
/// first seconds; when it is refused again, the connection closes before this is over, and history waits on.
pub const HEAD_START: SignedDuration = SignedDuration::from_secs(30);

/// Which work a request belongs to, where not all can be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// What a customer waits for: opening, noting and reopening cases. Goes first.
    Cases,
    /// What can be late: timelines, lists, imports. Goes when the connection is open, case work has had its
    /// [`HEAD_START`], and enough of the far side's budget is left.
    History,
}

/// Closes connections for all functions while the far side asks for quiet, and lets case work go first.
#[async_trait]
pub trait Gates: Send + Sync {
    /// Until when the connection is closed to a lane, if it is closed at `now`. Where this says that it is open, that
    /// was true when it was asked; an answer from memory is given only for a closing.
    async fn closed_until(
        &self,
        connection: &ConnectionName,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure>;

    /// Goes through when the connection is open to the lane at `now`. Case work else fails with remedy `WaitUntil`,
    /// history with `ComeBack`: that it yields closes nothing for others.
    async fn pass(
        &self,
        connection: &ConnectionName,
        lane: Lane,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(until) = self.closed_until(connection, lane, now).await? else {
            return Ok(());
        };
        Err(match lane {
            Lane::Cases => {
                let connection = connection.clone();
                let message = format!("{connection} asked to wait");
                Failure::new(Remedy::WaitUntil { connection, until }, message, "")
            }
            Lane::History => Failure::come_back(
                seconds_until(until, now),
                format!("{connection} is left to case work"),
            ),
        })
    }

    /// Closes the connection until a moment; an already later closing stands.
    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure>;

    /// Closes the connection to [`Lane::History`] alone until a moment; an already later closing stands.
    async fn hold_back_history(
        &self,
        connection: &ConnectionName,
        until: Timestamp,
    ) -> Result<(), Failure>;

    /// Takes so many requests out of what the connection allows in the second of `now`, for all functions together.
    /// Fails with remedy `ComeBack` when they do not fit in; whoever comes later in that second is told a later one, so
    /// that not all come back at once.
    async fn take(
        &self,
        connection: &ConnectionName,
        requests: u32,
        per_second: u32,
        now: Timestamp,
    ) -> Result<(), Failure>;
}

/// Whether a [`Gates::take`] fits into its second: `taken` is how many requests of this second were asked for by now,
/// this one's `requests` included. The first of a second always does, or one of many requests would never.
pub fn fits(taken: u64, requests: u32, per_second: u32) -> bool {
    taken <= u64::from(per_second).max(u64::from(requests))
}

/// The failure of a `take` that did not fit in: `taken` is how many requests of this second were asked for by now, this
/// one's included.
pub fn paced(connection: &ConnectionName, taken: u64, per_second: u32) -> Failure {
    let seconds = taken.div_ceil(u64::from(per_second.max(1))).max(2) - 1;
    Failure::come_back(
        u32::try_from(seconds).unwrap_or(u32::MAX).min(900),
        format!("{connection} takes {per_second} requests a second"),
    )
}

/// Seconds until a moment, rounded up, from 1 to the 900 that a queue takes.
fn seconds_until(until: Timestamp, now: Timestamp) -> u32 {
    let left = until.duration_since(now);
    let up = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    u32::try_from(up.clamp(1, 900)).unwrap_or(900)
}

/// Sends a message to its own queue again.
#[async_trait]
pub trait Postpone: Send + Sync {
    /// Sends the message body again after a delay of 0 to 900 seconds.
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_late_in_a_full_second_is_told_a_later_one() {
        let wxm = "wxm".parse().expect("a connection name");
        for (taken, seconds) in [
            (16, 1),
            (30, 1),
            (31, 2),
            (45, 2),
            (300, 19),
            (u64::MAX, 900),
        ] {
            let after_seconds = seconds;
            assert_eq!(
                paced(&wxm, taken, 15).remedy,
                Remedy::ComeBack { after_seconds },
                "{taken}"
            );
        }
    }
}

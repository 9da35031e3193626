//! When a change is looked at: at once, or together with those that come soon after.
//!
//! Whoever looks stores so first, and drops a follow-up that is due *before* it reads the case. So a change that finds a
//! follow-up still waiting is read by it, and one that finds none takes one: no change is left unread, whoever dies.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::WriteBackState;

/// Somebody comes back for what changed since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// When. Afterwards anybody may take it.
    pub at: Timestamp,
    /// The event whose message comes back.
    pub by: Uuid,
}

/// What one message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It looks now.
    Now,
    /// It is done: another's follow-up will read what it told of.
    Ends,
    /// It takes the follow-up, stores it, and comes back then.
    Takes(FollowUp),
    /// The follow-up is its own and not due: it comes back then.
    Waits(FollowUp),
}

/// What the message of an event does, by what is stored.
pub fn turn(state: &WriteBackState, event: Uuid, every_seconds: u16, now: Timestamp) -> Turn {
    match (state.follow_up, state.looked_at) {
        (Some(waiting), _) if now < waiting.at && waiting.by == event => Turn::Waits(waiting),
        (Some(waiting), _) if now < waiting.at => Turn::Ends,
        (Some(_), _) | (None, None) => Turn::Now,
        (None, Some(looked_at)) => {
            let at = later(looked_at, every_seconds);
            // A time of looking in the future is another clock's: it holds nobody back for longer than a pause.
            if looked_at <= now && now < at {
                Turn::Takes(FollowUp { at, by: event })
            } else {
                Turn::Now
            }
        }
    }
}

/// What the message does when another worker is at this response.
pub fn busy(state: &WriteBackState, event: Uuid, every_seconds: u16, now: Timestamp) -> Turn {
    match state.follow_up {
        Some(waiting) if now < waiting.at && waiting.by == event => Turn::Waits(waiting),
        Some(waiting) if now < waiting.at => Turn::Ends,
        _ => Turn::Takes(FollowUp {
            at: later(now, every_seconds),
            by: event,
        }),
    }
}

/// The state of somebody who begins to look: a follow-up that is due, or their own, is dropped.
pub fn begun(state: &WriteBackState, event: Uuid, now: Timestamp) -> WriteBackState {
    let waits_on = state
        .follow_up
        .filter(|waiting| now < waiting.at && waiting.by != event);
    WriteBackState {
        looked_at: Some(now),
        follow_up: waits_on,
        ..state.clone()
    }
}

impl FollowUp {
    /// Whole seconds until it is due, at least one.
    pub fn seconds_from(&self, now: Timestamp) -> u32 {
        let left = self.at.duration_since(now).as_millis();
        u32::try_from(left.div_euclid(1_000).clamp(0, 898) + 1).unwrap_or(1)
    }
}

fn later(at: Timestamp, seconds: u16) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(i64::from(seconds)))
        .unwrap_or(at)
}

//! A clock that stands still until a test turns it.

use std::sync::Mutex;

use cxloop_ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// A clock turned by hand.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that shows the moment.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// A clock that shows the moment written in RFC 3339, such as `2026-11-22T10:00:00Z`.
    pub fn at(text: &str) -> Self {
        Self::new(text.parse().expect("a test's time is written in RFC 3339"))
    }

    /// Turns the clock to a moment, back as well as on.
    pub fn set(&self, now: Timestamp) {
        *self
            .now
            .lock()
            .expect("nobody panics while turning the clock") = now;
    }

    /// Turns the clock on by some seconds.
    pub fn advance(&self, seconds: i64) {
        let mut now = self
            .now
            .lock()
            .expect("nobody panics while turning the clock");
        *now = now
            .checked_add(SignedDuration::from_secs(seconds))
            .expect("a test stays within the calendar");
    }
}

impl Default for ManualClock {
    /// A Sunday morning at ten: 2026-11-22T10:00:00Z.
    fn default() -> Self {
        Self::at("2026-11-22T10:00:00Z")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self
            .now
            .lock()
            .expect("nobody panics while turning the clock")
    }
}

//! Whether a request may be sent now: asked before every one of a desk that is guarded by gates.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Gates, Lane};
use jiff::{SignedDuration, Timestamp};

/// What is left of the budget is not known: nothing was answered yet, or not lately.
const UNKNOWN: u32 = u32::MAX;

/// How long history waits when little of the budget is left. The service's budget is that of the last five minutes and
/// comes back bit by bit.
const HELD_BACK: SignedDuration = SignedDuration::from_secs(30);

/// The gates of a connection as one lane sees them, and what the service said last of its budget.
pub(super) struct Limiter {
    gates: Arc<dyn Gates>,
    lane: Lane,
    /// History waits when fewer requests than these are left.
    reserve: u32,
    remaining: Arc<AtomicU32>,
    observer: Arc<dyn Fn(u32) + Send + Sync>,
    /// Until when history is held back as far as this desk had it done.
    held_until: Mutex<Timestamp>,
}

impl Limiter {
    pub(super) fn new(gates: Arc<dyn Gates>, lane: Lane, reserve: u32) -> Self {
        let remaining = Arc::new(AtomicU32::new(UNKNOWN));
        let told = Arc::clone(&remaining);
        Self {
            gates,
            lane,
            reserve,
            remaining,
            observer: Arc::new(move |left| told.store(left, Ordering::Relaxed)),
            held_until: Mutex::new(Timestamp::MIN),
        }
    }

    /// Takes in what the service says is left of the budget, in requests.
    pub(super) fn observer(&self) -> Arc<dyn Fn(u32) + Send + Sync> {
        Arc::clone(&self.observer)
    }

    /// Goes through when a request may be sent. Whoever sees that little is left holds history back for all.
    pub(super) async fn pass(
        &self,
        connection: &ConnectionName,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if self.remaining.load(Ordering::Relaxed) < self.reserve {
            // What was said is used up: after the wait one request asks again.
            self.remaining.store(UNKNOWN, Ordering::Relaxed);
            let held = self.hold_back_history(connection, now).await;
            if self.lane == Lane::History {
                held?;
            }
            // In the lane of cases it was a courtesy, and must not stop a case.
        }
        self.gates.pass(connection, self.lane, now).await
    }

    /// Written anew only when half of the last time is over: answers come faster than that.
    async fn hold_back_history(
        &self,
        connection: &ConnectionName,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let until = now.checked_add(HELD_BACK).unwrap_or(now);
        {
            let mut held_until = self
                .held_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if until.duration_since(*held_until) < HELD_BACK / 2 {
                return Ok(());
            }
            *held_until = until;
        }
        self.gates.hold_back_history(connection, until).await
    }
}

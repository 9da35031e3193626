//! The log of what was asked of the stand-ins.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// The most calls kept for one target; the oldest go first.
const KEPT: usize = 10_000;

/// One request that reached a stand-in's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// The status answered; 0 while none is, and for ever when the connection was cut.
    pub status: u16,
    /// When the request had been read.
    pub at: Timestamp,
    /// "METHOD path" of the requests inside a batch; empty for every other request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

/// The calls of all stand-ins of one sandbox, oldest first for each target. Clones share the same log.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    logs: Arc<Mutex<BTreeMap<String, Log>>>,
}

#[derive(Debug, Default)]
struct Log {
    calls: VecDeque<Call>,
    // Number of the call at the front, so that a call finds its place again after others were dropped.
    first: u64,
}

impl Calls {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes down a call that has arrived and returns its number, for [`Calls::answered`].
    pub fn arrived(&self, target: &str, call: Call) -> u64 {
        let mut logs = self.logs();
        let log = logs.entry(target.to_owned()).or_default();
        if log.calls.len() == KEPT {
            log.calls.pop_front();
            log.first += 1;
        }
        log.calls.push_back(call);
        log.first + log.calls.len() as u64 - 1
    }

    /// Completes a call with the status that it was answered with.
    pub fn answered(&self, target: &str, number: u64, status: u16) {
        let mut logs = self.logs();
        let Some(log) = logs.get_mut(target) else {
            return;
        };
        // A call that was cleared away in the meantime has nothing left to complete.
        let place = number
            .checked_sub(log.first)
            .and_then(|place| usize::try_from(place).ok());
        if let Some(call) = place.and_then(|place| log.calls.get_mut(place)) {
            call.status = status;
        }
    }

    /// The calls of one target, oldest first.
    pub fn of(&self, target: &str) -> Vec<Call> {
        self.logs()
            .get(target)
            .map(|log| log.calls.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Forgets the calls of one target, or of all.
    pub fn clear(&self, target: Option<&str>) {
        for (name, log) in self.logs().iter_mut() {
            if target.is_none_or(|target| target == name) {
                log.first += log.calls.len() as u64;
                log.calls.clear();
            }
        }
    }

    fn logs(&self) -> MutexGuard<'_, BTreeMap<String, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: String) -> Call {
        Call {
            method: "GET".into(),
            path,
            status: 0,
            at: Timestamp::UNIX_EPOCH,
            parts: Vec::new(),
        }
    }

    #[test]
    fn the_oldest_calls_go_when_the_log_is_full_and_late_statuses_still_find_their_call() {
        let calls = Calls::new();
        let early = calls.arrived("wxm", call("/early".into()));
        let mut last = early;
        for number in 0..KEPT {
            last = calls.arrived("wxm", call(format!("/{number}")));
        }
        calls.answered("wxm", early, 500);
        calls.answered("wxm", last, 204);
        let kept = calls.of("wxm");
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].path, "/0");
        assert_eq!((kept[0].status, kept[KEPT - 1].status), (0, 204));
    }

    #[test]
    fn a_status_for_a_cleared_call_touches_no_later_one() {
        let calls = Calls::new();
        let cleared = calls.arrived("wxm", call("/cleared".into()));
        calls.clear(Some("wxm"));
        calls.arrived("wxm", call("/later".into()));
        calls.answered("wxm", cleared, 200);
        assert_eq!(calls.of("wxm")[0].status, 0);
    }
}

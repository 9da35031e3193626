//! Making a fake fail.

use std::collections::VecDeque;
use std::sync::Mutex;

use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Remedy};
use jiff::Timestamp;

#[derive(Debug, Default)]
struct Plan {
    always: Option<Failure>,
    next: VecDeque<Failure>,
}

/// What a fake fails with, instead of doing anything.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

impl Faults {
    /// Every call fails with passing trouble, until [`Faults::mend`].
    pub fn go_down(&self) {
        self.always(Failure::retry("the far side is not answering", "fake"));
    }

    /// Every call is asked to wait, until [`Faults::mend`].
    pub fn throttle(&self, connection: &ConnectionName, until: Timestamp) {
        let remedy = Remedy::WaitUntil {
            connection: connection.clone(),
            until,
        };
        self.always(Failure::new(remedy, "the far side asks to wait", "fake"));
    }

    /// Every call fails so, until [`Faults::mend`].
    pub fn always(&self, failure: Failure) {
        self.plan.lock().expect(LOCK).always = Some(failure);
    }

    /// The next call that is not told otherwise yet fails so.
    pub fn next(&self, failure: Failure) {
        self.plan.lock().expect(LOCK).next.push_back(failure);
    }

    /// All is well from now on.
    pub fn mend(&self) {
        *self.plan.lock().expect(LOCK) = Plan::default();
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        let mut plan = self.plan.lock().expect(LOCK);
        let failure = plan.next.pop_front().or_else(|| plan.always.clone());
        failure.map_or(Ok(()), Err)
    }
}

const LOCK: &str = "nobody panics while planning faults";

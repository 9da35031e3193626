//! Counts that are remembered.

use std::sync::Mutex;

use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_ports::Signals;

/// Remembers what was counted.
#[derive(Debug, Default)]
pub struct FakeSignals(Mutex<Vec<(&'static str, Option<ConnectionName>)>>);

impl FakeSignals {
    /// Each metric's name and connection, in order.
    pub fn counted(&self) -> Vec<(&'static str, Option<ConnectionName>)> {
        self.0.lock().expect("nobody panics while counting").clone()
    }
}

impl Signals for FakeSignals {
    fn count(&self, signal: Signal<'_>) {
        let counted = (signal.name(), signal.connection().cloned());
        self.0
            .lock()
            .expect("nobody panics while counting")
            .push(counted);
    }
}

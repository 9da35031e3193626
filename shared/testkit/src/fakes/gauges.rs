//! Gauges that a test reads.

use std::sync::Mutex;

use cxloop_ports::Gauges;

/// What was said, in order.
#[derive(Debug, Default)]
pub struct FakeGauges {
    days_left: Mutex<Vec<(String, i64)>>,
}

impl FakeGauges {
    /// The secrets and their days, in order.
    pub fn days_left(&self) -> Vec<(String, i64)> {
        self.days_left.lock().expect(LOCK).clone()
    }
}

impl Gauges for FakeGauges {
    fn secret_days_left(&self, secret: &str, days: i64) {
        self.days_left
            .lock()
            .expect(LOCK)
            .push((secret.to_owned(), days));
    }
}

const LOCK: &str = "nobody panics while saying a number";

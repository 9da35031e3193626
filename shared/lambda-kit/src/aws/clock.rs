//! The wall clock.

use cxloop_ports::Clock;
use jiff::Timestamp;

/// The machine's clock: the one place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter behind the Clock port: everybody else takes time as an argument"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

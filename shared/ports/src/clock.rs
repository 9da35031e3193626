//! The time.

use jiff::Timestamp;

/// Tells the time. The wall clock in a function, a hand-turned one in tests.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

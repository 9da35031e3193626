//! Counting what happens.

use cxloop_domain::signals::Signal;

/// Counts and measures. A role that cannot fail: nothing waits for it, and nothing changes when a count is lost.
pub trait Signals: Send + Sync {
    /// Counts one.
    fn count(&self, signal: Signal<'_>);
}

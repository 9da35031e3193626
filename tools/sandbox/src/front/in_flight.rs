//! How many requests are being passed on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A count of requests. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// Counts a request for as long as the returned value lives.
    pub(super) fn enter(&self) -> Passing {
        self.0.fetch_add(1, Ordering::SeqCst);
        Passing(Arc::clone(&self.0))
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// One request on its way.
#[derive(Debug)]
pub(super) struct Passing(Arc<AtomicUsize>);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

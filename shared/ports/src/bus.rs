//! The bus that carries facts between functions.

use async_trait::async_trait;
use cxloop_domain::events::Outgoing;

use crate::Failure;

/// Publishes events.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes one event. At least once: a failure may also mean that it was published and the answer was lost.
    async fn publish(&self, event: &Outgoing) -> Result<(), Failure>;
}

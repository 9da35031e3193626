//! What the harness has to know of a use case.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_ports::Failure;
use serde_json::Value;

use super::Interruptions;

/// One message in one world, for [`run_twice`](crate::run_twice) and [`fail_at_every_step`](crate::fail_at_every_step).
///
/// The use case gets its roles wrapped in [`Interrupted`](crate::Interrupted); setting up and looking at the end
/// may use the fakes inside.
#[async_trait]
pub trait Scenario: Send + Sync {
    /// The fakes and the use case's dependencies.
    type World: Send + Sync;

    /// A fresh world, the same each time.
    async fn world(&self, interruptions: &Arc<Interruptions>) -> Self::World;

    /// Delivers the message once.
    async fn deliver(&self, world: &Self::World) -> Result<(), Failure>;

    /// What passes before the queue delivers again: time, at least, where the use case takes leases.
    async fn before_redelivery(&self, world: &Self::World) {
        let _ = world;
    }

    /// What the world has come to, without what may differ between runs that are equally good.
    async fn end_state(&self, world: &Self::World) -> Value;
}

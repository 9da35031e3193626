//! Telling many things at once.

use std::sync::Arc;

use cxloop_domain::events::Outgoing;
use cxloop_ports::{Bus, Failure};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::Deps;

/// How many events are on their way to the bus at once.
const AT_ONCE: usize = 10;

/// Publishes all of them, or fails with the first that could not be: publishing again is harmless.
pub(crate) async fn all(deps: &Deps, events: Vec<Outgoing>) -> Result<(), Failure> {
    stream::iter(events)
        .map(|event| publish(deps.bus.clone(), event))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
}

async fn publish(bus: Arc<dyn Bus>, event: Outgoing) -> Result<(), Failure> {
    bus.publish(&event).await
}

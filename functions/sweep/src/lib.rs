//! Publishes what was accepted and never published, and says how long a secret is good for.
//!
//! It takes no input, runs every minute, and reaches the same state as the function that should have
//! published: publishing twice is harmless.

mod expiry;

use std::sync::Arc;

use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::sweep::{AT_ONCE, overdue_before};
use cxloop_ports::{Bus, Clock, Failure, Gauges, Inbox, Secrets};

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// The kept bodies.
    pub inbox: Arc<dyn Inbox>,
    /// Tells of them.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The secret that expires.
    pub secrets: Arc<dyn Secrets>,
    /// Told how long it is good for.
    pub gauges: Arc<dyn Gauges>,
    /// Its name, where one is watched.
    pub expiring_secret: Option<String>,
}

/// Publishes the overdue bodies, each of which that fails keeps no other back, and says how long the secret is good for.
/// Returns how many were published, or the first failure.
pub async fn handle(deps: &Deps) -> Result<usize, Failure> {
    let published = publish_overdue(deps).await;
    expiry::watch(deps).await;
    published
}

/// Publishes the overdue bodies and returns how many. One that fails does not keep the others back;
/// the first failure is returned after all were tried.
async fn publish_overdue(deps: &Deps) -> Result<usize, Failure> {
    let overdue = deps
        .inbox
        .unpublished_before(overdue_before(deps.clock.now()), AT_ONCE)
        .await?;
    let mut published = 0;
    let mut first_failure = None;
    for (connection, inbox_id) in overdue {
        let event = ResponseHinted {
            connection,
            inbox_id,
        };
        match publish(deps, &event).await {
            Ok(()) => published += 1,
            Err(failure) => {
                tracing::error!(inbox_id = %event.inbox_id, detail = failure.detail, "overdue webhook not published");
                first_failure.get_or_insert(failure);
            }
        }
    }
    if published > 0 {
        tracing::warn!(published, "webhooks had been accepted and never published");
    }
    first_failure.map_or(Ok(published), Err)
}

async fn publish(deps: &Deps, event: &ResponseHinted) -> Result<(), Failure> {
    deps.bus.publish(&Outgoing::of(event)).await?;
    deps.inbox.published(&event.inbox_id).await
}

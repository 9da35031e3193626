//! One event for the harness, delivered to one use case.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::events::ResponseReceived;
use cxloop_ports::Failure;
use cxloop_testkit::{Interruptions, Scenario};
use serde_json::Value;

use super::World;

type Prepared<'w> = Pin<Box<dyn Future<Output = ResponseReceived> + Send + 'w>>;

/// Which use case gets the event.
#[derive(Clone, Copy)]
pub(crate) enum To {
    ResponseToCase,
    CaseReopen,
}

/// A world, what happens in it first, and the event that is then delivered.
pub(crate) struct OneEvent {
    pub(crate) rules: &'static str,
    pub(crate) prepare: for<'w> fn(&'w World) -> Prepared<'w>,
    pub(crate) to: To,
}

#[async_trait]
impl Scenario for OneEvent {
    type World = (World, ResponseReceived);

    async fn world(&self, interruptions: &Arc<Interruptions>) -> Self::World {
        let world = World::interrupted(self.rules, interruptions).await;
        let event = (self.prepare)(&world).await;
        (world, event)
    }

    async fn deliver(&self, (world, event): &Self::World) -> Result<(), Failure> {
        match self.to {
            To::ResponseToCase => {
                response_to_case::handle(&world.response_to_case(), event.clone()).await
            }
            To::CaseReopen => case_reopen::handle(&world.case_reopen(), event.clone()).await,
        }
    }

    /// A worker that died holds its lease for a minute.
    async fn before_redelivery(&self, (world, _): &Self::World) {
        world.clock.advance(61);
    }

    async fn end_state(&self, (world, _): &Self::World) -> Value {
        world.everything().await
    }
}

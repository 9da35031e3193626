//! Webhooks that were published and led to nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::names::ResponseKey;
use cxloop_ports::{BodyKind, Clock, Failure, Inbox};
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step};
use serde_json::{Value, json};

use crate::world::{Answered, RULES, World};

/// A world in which the event of a webhook was published and lost on the bus.
async fn lost(interruptions: &Arc<Interruptions>) -> (World, ResponseKey) {
    let world = World::interrupted(RULES, interruptions).await;
    let key = world.answer(&Answered::visit(3));
    let hinted = world.hinted(&key, "Detractors").await;
    let now = world.clock.now();
    world
        .store
        .published(&hinted.inbox_id, BodyKind::Response, now)
        .await
        .unwrap();
    (world, key)
}

async fn swept(world: &World) -> usize {
    let swept = sweep::handle(&world.sweep()).await.unwrap();
    swept.unfinished
}

#[tokio::test]
async fn a_published_webhook_of_which_nobody_knows_is_published_once_more_and_becomes_a_case() {
    let (world, key) = lost(&Arc::new(Interruptions::none())).await;
    world.clock.advance(14 * 60);
    assert_eq!(swept(&world).await, 0, "its queue may be behind");
    world.clock.advance(2 * 60);
    assert_eq!(swept(&world).await, 1);
    world.deliver_from(0).await;
    assert_eq!(world.cases().await.len(), 1);
    assert!(world.history(&key).await.head.ticket.is_some());
    world.clock.advance(16 * 60);
    assert_eq!(swept(&world).await, 0);
    assert_eq!(world.cases().await.len(), 1);
    let lines = world.metrics.lines();
    let healed = lines.iter().filter(|line| line["what"] == "unfinished");
    assert_eq!(healed.count(), 1);
}

#[tokio::test]
async fn a_webhook_that_led_to_a_loop_is_looked_after_no_longer() {
    let (world, key) = lost(&Arc::new(Interruptions::none())).await;
    world.taken_in(&key, "Detractors").await;
    world.clock.advance(16 * 60);
    let before = world.bus.published().len();
    assert_eq!(swept(&world).await, 0);
    assert_eq!(world.bus.published().len(), before);
    let unfinished = world.store.unfinished_before(world.clock.now(), 10);
    assert_eq!(unfinished.await.unwrap(), []);
}

#[tokio::test]
async fn a_webhook_that_was_published_hours_late_has_its_time_before_it_is_published_once_more() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world.hinted(&key, "Detractors").await;
    world.clock.advance(3 * 3600);
    let late = sweep::handle(&world.sweep()).await.unwrap();
    assert_eq!((late.published, late.unfinished), (1, 0));
    world.clock.advance(14 * 60);
    assert_eq!(swept(&world).await, 0, "its queue may be behind");
    world.clock.advance(2 * 60);
    assert_eq!(swept(&world).await, 1);
}

/// A webhook whose event was lost, and the run that finds it.
struct LostEvent;

#[async_trait]
impl Scenario for LostEvent {
    type World = World;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> World {
        let (world, _) = lost(interruptions).await;
        world.clock.advance(16 * 60);
        world
    }

    async fn deliver(&self, world: &World) -> Result<(), Failure> {
        sweep::handle(&world.sweep()).await.map(|_| ())
    }

    async fn before_redelivery(&self, world: &World) {
        world.clock.advance(60);
    }

    /// Told twice is told.
    async fn end_state(&self, world: &World) -> Value {
        let published = world.bus.published();
        let told: BTreeSet<_> = published.iter().map(|event| event.id).collect();
        json!({ "told": told.len() })
    }
}

#[tokio::test]
async fn any_step_of_a_run_may_fail_and_a_later_run_publishes_it() {
    let calls = fail_at_every_step(&LostEvent).await;
    for call in ["inbox.unfinished_before", "bus.publish", "inbox.finished"] {
        assert!(calls.contains(&call), "{calls:#?}");
    }
}

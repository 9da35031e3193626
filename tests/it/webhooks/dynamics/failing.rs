//! Deliveries of the CRM in which one call after the other goes wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_ports::Failure;
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step, run_twice};
use serde_json::{Value, json};

use super::{body_of, kept, named, raw, send};
use crate::world::{RULES, World};

/// A delivery that the sender repeats after 503, and a sweep a minute later.
struct Delivery(&'static str);

#[async_trait]
impl Scenario for Delivery {
    type World = World;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> World {
        let world = World::interrupted(RULES, interruptions).await;
        named(&world).await;
        world
    }

    async fn deliver(&self, world: &World) -> Result<(), Failure> {
        if send(world, raw(self.0)).await == 503 {
            return Err(Failure::retry("the sender was asked to try again", ""));
        }
        world.clock.advance(61);
        sweep::handle(&world.sweep()).await.map(drop)
    }

    /// Everything but the trace, which is the delivery's own.
    async fn end_state(&self, world: &World) -> Value {
        let facts: BTreeSet<String> = world
            .bus
            .published()
            .into_iter()
            .map(|event| {
                let mut detail: Value = serde_json::from_str(&event.detail).unwrap();
                detail.as_object_mut().unwrap().remove("trace");
                detail.to_string()
            })
            .collect();
        let item = kept(world, &body_of(&raw(self.0))).await.unwrap();
        let state = format!("{:?}", item.state);
        json!({ "facts": facts, "state": state, "bytes": item.body.len() })
    }
}

#[tokio::test]
async fn a_delivery_may_fail_at_every_step_and_happen_twice() {
    for name in ["update", "update-multiple", "close-stripped", "unreadable"] {
        run_twice(&Delivery(name)).await;
        let calls = fail_at_every_step(&Delivery(name)).await;
        assert!(calls.len() >= 3, "{name}: {calls:?}");
    }
}

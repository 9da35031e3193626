//! Invitations that nobody looked at when their time had come.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::survey_trigger::{Invitation, InvitationDue, InvitationState};
use cxloop_ports::{Clock, Failure, Invitations};
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step, samples};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{RULES, World};

/// A world with an invitation that waits for an hour.
async fn waiting(interruptions: &Arc<Interruptions>) -> (World, Invitation) {
    let world = World::interrupted(RULES, interruptions).await;
    let until = world.clock.now() + SignedDuration::from_hours(1);
    let invitation = waits(&world, "Coruña", until).await;
    (world, invitation)
}

async fn waits(world: &World, name: &str, until: Timestamp) -> Invitation {
    let now = world.clock.now();
    let begun = samples::invitation(name, &now.to_string());
    let invitations: &dyn Invitations = world.store.as_ref();
    invitations.begin(&begun).await.unwrap();
    let state = InvitationState::Waiting { until };
    let waits = begun.moved(state, "Agarda.", now);
    invitations.replace(1, &waits).await.unwrap();
    waits
}

async fn swept(world: &World) -> usize {
    sweep::handle(&world.sweep()).await.unwrap().wake_ups
}

fn told(world: &World) -> Vec<InvitationDue> {
    let published = world.bus.published();
    let due = published
        .iter()
        .filter(|event| event.name == "InvitationDue");
    due.map(|event| serde_json::from_str(&event.detail).unwrap())
        .collect()
}

#[tokio::test]
async fn an_invitation_whose_wake_up_never_came_is_looked_at_a_quarter_of_an_hour_later() {
    let (world, invitation) = waiting(&Arc::new(Interruptions::none())).await;
    world.clock.advance(3600 + 15 * 60);
    assert_eq!(swept(&world).await, 0, "its queue may be behind");
    world.clock.advance(1);
    assert_eq!(swept(&world).await, 1);
    let due = InvitationDue {
        connection: invitation.connection.clone(),
        invitation: invitation.id,
        replay: None,
    };
    assert_eq!(told(&world), [due]);
    world.clock.advance(3600);
    assert_eq!(swept(&world).await, 0, "once for each moment");
    let lines = world.metrics.lines();
    let healed = lines.iter().filter(|line| line["what"] == "wake_up");
    assert_eq!(healed.count(), 1);
}

#[tokio::test]
async fn an_invitation_that_went_on_is_left_alone_until_the_next_moment_that_it_waits_for() {
    let (world, invitation) = waiting(&Arc::new(Interruptions::none())).await;
    let invitations: &dyn Invitations = world.store.as_ref();
    let until = world.clock.now() + SignedDuration::from_hours(8);
    let state = InvitationState::Waiting { until };
    let longer = invitation.moved(state, "Agarda máis.", world.clock.now());
    invitations.replace(2, &longer).await.unwrap();
    let now = world.clock.now() + SignedDuration::from_secs(1);
    let sent = waits(&world, "Bragança", now).await;
    let sent = sent.moved(InvitationState::Sent, "Enviouse.", now);
    invitations.replace(2, &sent).await.unwrap();

    world.clock.advance(2 * 3600);
    assert_eq!(swept(&world).await, 0);
    assert_eq!(told(&world), []);
    let now = world.clock.now();
    let left = invitations.awaited_before(now, 10).await.unwrap();
    assert_eq!(left, [], "they are looked at no more");
    world.clock.advance(7 * 3600);
    assert_eq!(swept(&world).await, 1);
    assert_eq!(told(&world)[0].invitation, invitation.id);
}

/// An invitation whose wake-up was lost, and the run that finds it.
struct LostWakeUp;

#[async_trait]
impl Scenario for LostWakeUp {
    type World = World;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> World {
        let (world, _) = waiting(interruptions).await;
        world.clock.advance(2 * 3600);
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
        let told: BTreeSet<_> = told(world).iter().map(|due| due.invitation).collect();
        json!({ "told": told })
    }
}

#[tokio::test]
async fn any_step_of_a_run_may_fail_and_a_later_run_has_it_looked_at() {
    let calls = fail_at_every_step(&LostWakeUp).await;
    for call in [
        "invitations.awaited_before",
        "invitations.load",
        "bus.publish",
        "invitations.looked_after",
    ] {
        assert!(calls.contains(&call), "{calls:#?}");
    }
}

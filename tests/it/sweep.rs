//! The sweep: what was accepted and never published is published.

mod changes;
mod failed_jobs;
mod far_sides;
mod responses;
mod unfinished;
mod wake_ups;

use cxloop_ports::{BodyKind, Clock, Failure, Inbox, InboxItem, InboxState};

use crate::world::{Answered, World};

#[tokio::test]
async fn a_body_that_was_never_published_is_published_after_a_minute_and_only_once() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let hinted = world.hinted(&key, "Detractors").await;

    assert_eq!(
        sweep::handle(&world.sweep()).await.unwrap().published,
        0,
        "its function may still be at work"
    );
    world.clock.advance(61);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 1);
    let item = Inbox::load(world.store.as_ref(), &hinted.inbox_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(item.state, InboxState::Published);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 0);
    assert_eq!(world.bus.published().len(), 1);
}

#[tokio::test]
async fn one_body_that_fails_does_not_keep_the_others_back() {
    let world = World::new().await;
    for nps in 0..3 {
        let key = world.answer(&Answered::visit(nps));
        world.hinted(&key, "Detractors").await;
    }
    world.clock.advance(120);
    world
        .bus
        .faults()
        .next(Failure::retry("the bus is away", ""));
    assert!(sweep::handle(&world.sweep()).await.is_err());
    assert_eq!(world.bus.published().len(), 2);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 1);
}

#[tokio::test]
async fn what_was_parked_is_left_alone() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let hinted = world.hinted(&key, "Detractors").await;
    world
        .store
        .park(&hinted.inbox_id, "for a test")
        .await
        .unwrap();
    world.clock.advance(120);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 0);
}

/// Keeps a body of the CRM that was never published.
async fn kept_change(world: &World, id: &str, connection: &str, body: &str) -> InboxItem {
    let item = InboxItem {
        id: id.parse().unwrap(),
        connection: connection.parse().unwrap(),
        kind: BodyKind::Change,
        accepted_at: world.clock.now(),
        body: body.as_bytes().to_vec(),
        state: InboxState::Unpublished,
        trace: None,
    };
    Inbox::keep(world.store.as_ref(), &item).await.unwrap();
    item
}

#[tokio::test]
async fn a_body_of_the_crm_is_read_again_and_put_aside_when_it_says_nothing_any_more() {
    let world = World::new().await;
    let row = r#"{"MessageName":"Assign","PrimaryEntityName":"incident","PrimaryEntityId":"5a4db0c5-1111-4a00-8000-0000000000a1"}"#;
    let told = kept_change(&world, "told", "dynamics", row).await;
    let gone = kept_change(&world, "gone", "another-crm", row).await;
    let garbage = kept_change(&world, "garbage", "dynamics", "non é JSON").await;
    let nothing = kept_change(
        &world,
        "nothing",
        "dynamics",
        r#"{"MessageName":"Retrieve"}"#,
    )
    .await;
    world.clock.advance(61);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 4);
    let published = world.bus.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].name, "RecordChanged");
    assert!(
        published[0]
            .detail
            .contains("5a4db0c5-1111-4a00-8000-0000000000a1")
    );
    for (item, parked) in [
        (told, false),
        (gone, true),
        (garbage, true),
        (nothing, false),
    ] {
        let kept = Inbox::load(world.store.as_ref(), &item.id).await.unwrap();
        let state = kept.unwrap().state;
        let is_parked = matches!(state, InboxState::Parked { .. });
        assert_eq!(is_parked, parked, "{}: {state:?}", item.id);
    }
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 0);
}

/// The secrets whose days were counted, and the days, in order.
fn days_left(world: &World) -> Vec<(String, i64)> {
    let told = |line: &serde_json::Value| {
        let days = line["SecretDaysLeft"].as_i64()?;
        Some((line["secret"].as_str()?.to_owned(), days))
    };
    world.metrics.lines().iter().filter_map(told).collect()
}

#[tokio::test]
async fn a_secret_that_says_when_it_expires_is_counted_down_once_an_hour() {
    let world = World::new().await;
    let deps = world.sweep();
    let on_the_hour = || {
        let past = world.clock.now().as_second().rem_euclid(3600);
        world.clock.advance(3600 - past);
    };
    on_the_hour();
    sweep::handle(&deps).await.unwrap();
    assert_eq!(days_left(&world), [], "nobody has said when");

    let secret = "cxloop/dynamics";
    let today = world.clock.now().to_string()[..10].to_owned();
    world.secrets.set(secret, "expires", &today);
    on_the_hour();
    for _ in 0..60 {
        sweep::handle(&deps).await.unwrap();
        world.clock.advance(60);
    }
    world.secrets.set(secret, "expires", "mañá");
    sweep::handle(&deps).await.unwrap();
    assert_eq!(
        days_left(&world),
        [(secret.to_owned(), 0), (secret.to_owned(), 0)],
        "the second is no date, which must ring as well"
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_keeps_no_body_back() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world.hinted(&key, "Detractors").await;
    let past = world.clock.now().as_second().rem_euclid(3600);
    world.clock.advance(3600 - past + 3600);
    world
        .secrets
        .faults()
        .next(Failure::retry("Secrets Manager is away", ""));
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 1);
    assert_eq!(days_left(&world), []);
}

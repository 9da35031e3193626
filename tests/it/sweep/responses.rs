//! Responses of which no webhook told.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_ports::{Clock, Failure, Gates, Inbox, Responses};
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step};
use serde_json::{Value, json};

use crate::world::{Answered, RULES, WEBHOOK_TOKEN, World};

/// Nobody listens there, so that whatever the platform sends is lost.
const NOWHERE: &str = "http://127.0.0.1:9/webhooks/wxm/";

/// Has the platform tell a deployment of low scores in the shop.
fn told_to(world: &World, name: &str, token: &str) {
    let score = world.surveys.question_id("store-visit", "NPS").unwrap();
    let low = json!({
        "location": ["store-visit"],
        "filterquestions": [{"questionId": score, "answerCheck": ["lt"], "number": 7, "groupBy": "AND"}],
    });
    let url = format!("{NOWHERE}{token}");
    world.surveys.add_notification(name, &url, low).unwrap();
}

async fn telling(interruptions: &Arc<Interruptions>) -> World {
    let world = World::interrupted(RULES, interruptions).await;
    told_to(&world, "Detractors", WEBHOOK_TOKEN);
    world
}

/// A run some minutes later, when nothing is on its way any more.
async fn swept(world: &World) -> usize {
    world.clock.advance(301);
    let swept = sweep::handle(&world.sweep()).await.unwrap();
    swept.responses
}

fn healed(world: &World) -> usize {
    let lines = world.metrics.lines();
    let of_responses = |line: &&Value| line["Healed"] == 1 && line["what"] == "response";
    lines.iter().filter(of_responses).count()
}

#[tokio::test]
async fn a_response_whose_webhook_was_lost_becomes_a_case_under_the_name_of_its_rule() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    let key = world.answer(&Answered::visit(3));
    let glad = world.answer(&Answered::visit(9));
    assert_eq!(swept(&world).await, 1);
    world.deliver_from(0).await;
    assert_eq!(world.cases().await.len(), 1);
    let history = world.history(&key).await;
    assert!(history.head.ticket.is_some(), "{history:?}");
    assert_eq!(world.last_received().notification, "Detractors");
    let unknown = cxloop_ports::Loops::of_response(world.store.as_ref(), &glad).await;
    assert_eq!(unknown.unwrap(), None, "no rule of ours is about it");
    assert_eq!(swept(&world).await, 0);
    assert_eq!(healed(&world), 1);
}

#[tokio::test]
async fn a_response_of_which_a_webhook_told_is_not_told_again() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    let key = world.answer(&Answered::visit(3));
    world.taken_in(&key, "Detractors").await;
    assert_eq!(swept(&world).await, 0);
    assert_eq!(healed(&world), 0);
}

#[tokio::test]
async fn a_response_that_may_still_be_on_its_way_is_left_alone() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    swept(&world).await;
    world.clock.advance(200);
    world.answer(&Answered::visit(3));
    world.clock.advance(102);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().responses, 0);
    assert_eq!(swept(&world).await, 1);
}

#[tokio::test]
async fn rules_that_tell_somebody_else_tell_the_sweep_nothing() {
    let world = World::new().await;
    told_to(&world, "Staging", "the-token-of-another-deployment");
    let everything = Value::Null;
    let people = "quality@example.com";
    world
        .surveys
        .add_notification("People", people, everything)
        .unwrap();
    world.answer(&Answered::visit(3));
    assert_eq!(swept(&world).await, 0);
    assert!(world.bus.published().is_empty());
}

#[tokio::test]
async fn every_page_is_read_and_each_response_told_once() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    for _ in 0..101 {
        world.answer(&Answered::visit(2));
    }
    world.calls.clear(Some("wxm"));
    assert_eq!(swept(&world).await, 101);
    let asked = world.calls.of("wxm");
    let pages = asked.iter().filter(|call| call.path.contains("/Page/"));
    // Whether the first is 0 or 1 is not documented, so that one may come twice.
    assert_eq!(pages.count(), 3, "{asked:#?}");
    let mut told: Vec<_> = world.bus.published().iter().map(|e| e.id).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 101);
}

#[tokio::test]
async fn a_response_of_two_rules_is_told_under_the_names_of_both() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    told_to(&world, "Detractors of the shop", WEBHOOK_TOKEN);
    let key = world.answer(&Answered::visit(2));
    assert_eq!(swept(&world).await, 2);
    world.deliver_from(0).await;
    assert_eq!(world.cases().await.len(), 1);
    let kept = Responses::load(world.store.as_ref(), &key).await.unwrap();
    let names: Vec<String> = kept.unwrap().notifications.into_iter().collect();
    assert_eq!(names, ["Detractors", "Detractors of the shop"]);
}

#[tokio::test]
async fn a_platform_that_asks_to_wait_is_asked_by_nobody_meanwhile() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    world.answer(&Answered::visit(3));
    let busy = json!({"target": "wxm", "match": "/Page/", "status": 429, "retry_after": 600});
    let busy = serde_json::from_value(busy).unwrap();
    world.faults.add(busy).unwrap();
    assert_eq!(swept(&world).await, 0);
    let wxm = "wxm".parse().unwrap();
    let now = world.clock.now();
    let closed = world
        .store
        .closed_until(&wxm, cxloop_ports::Lane::Cases, now)
        .await;
    assert!(closed.unwrap().is_some());
    world.calls.clear(Some("wxm"));
    assert_eq!(swept(&world).await, 0);
    assert_eq!(world.calls.of("wxm"), []);
    world.clock.advance(400);
    assert_eq!(swept(&world).await, 1);
}

#[tokio::test]
async fn what_a_person_has_to_look_at_is_not_told_again() {
    let world = telling(&Arc::new(Interruptions::none())).await;
    world.answer(&Answered::visit(3));
    assert_eq!(swept(&world).await, 1);
    let told = world.bus.published().pop().unwrap();
    let detail: Value = serde_json::from_str(&told.detail).unwrap();
    let id = detail["inbox_id"].as_str().unwrap().parse().unwrap();
    world.store.park(&id, "for a test").await.unwrap();
    let before = world.bus.published().len();
    assert_eq!(swept(&world).await, 0);
    assert_eq!(world.bus.published().len(), before);
}

/// A response whose webhook was lost, and the run that finds it.
struct LostWebhook;

#[async_trait]
impl Scenario for LostWebhook {
    type World = World;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> World {
        let world = telling(interruptions).await;
        world.answer(&Answered::visit(3));
        world.clock.advance(301);
        world
    }

    async fn deliver(&self, world: &World) -> Result<(), Failure> {
        sweep::handle(&world.sweep()).await.map(|_| ())
    }

    async fn before_redelivery(&self, world: &World) {
        world.clock.advance(301);
    }

    /// Told twice is told.
    async fn end_state(&self, world: &World) -> Value {
        let published = world.bus.published();
        let hints = published.iter().filter(|e| e.name == "ResponseHinted");
        let told: std::collections::BTreeSet<_> = hints.map(|event| event.id).collect();
        json!({ "told": told.len() })
    }
}

#[tokio::test]
async fn any_step_of_a_run_may_fail_and_a_later_run_tells_the_response() {
    let calls = fail_at_every_step(&LostWebhook).await;
    for call in [
        "survey_platform.notification_rules",
        "survey_platform.answered",
        "loops.of_response",
        "inbox.keep",
        "checkpoints.keep",
    ] {
        assert!(calls.contains(&call), "{calls:#?}");
    }
}

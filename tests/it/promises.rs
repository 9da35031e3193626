//! Promises that are easily broken by a plausible simplification, each attacked where it hurts.

use std::sync::Arc;
use std::time::Duration;

use cxloop_domain::case_reopen::reopened_key;

use cxloop_domain::loops::StepKind;

use cxloop_ports::{BodyKind, Claims, Clock, Inbox, Loops, Remedy, Responses};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answered, RULES, SIGNING_SECRET, World};

const ATTACH: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, open_case: attach, case: { title: "NPS {{ nps }}", queue: Recovery } }
"#;

fn fault(world: &World, rule: Value) {
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
}

async fn open_cases(world: &World) -> usize {
    world
        .cases()
        .await
        .iter()
        .filter(|c| c["statecode"] == 0)
        .count()
}

async fn state(world: &World, case: Uuid) -> i64 {
    let cases = world.cases().await;
    let id = case.to_string();
    cases
        .iter()
        .find(|c| c["incidentid"] == id.as_str())
        .unwrap()["statecode"]
        .as_i64()
        .unwrap()
}

/// The plan of a rating is kept for the response alone: the first notification name decides for all.
#[tokio::test]
async fn a_rating_announced_under_a_second_name_is_held_against_the_threshold_that_asks_for_it() {
    let rules = RULES.replace(
        "below: 3,",
        "below: 3, when: 'notification == \"Unhappy\"',",
    );
    assert!(rules.contains("Unhappy"));
    let world = World::with_rules(&rules).await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    world.clock.advance(3600);
    let key = world.answer(&Answered::about(case, 1));
    for name in ["Every answer", "Unhappy"] {
        let received = world.taken_in(&key, name).await;
        case_reopen::handle(&world.case_reopen(), received)
            .await
            .unwrap();
    }
    let mut replayed = world.last_received();
    replayed.replay = true;
    case_reopen::handle(&world.case_reopen(), replayed)
        .await
        .unwrap();
    assert_eq!(
        state(&world, case).await,
        0,
        "reopened, at the latest by a person's replay"
    );
}

const TWO: &str = r#"
case_rules:
  - { name: first, when: nps <= 6, continue: true, case: { title: First } }
  - { name: second, when: nps <= 6, case: { title: Second } }
"#;

fn change_set_of(key: &cxloop_domain::names::ResponseKey, rule: &str) -> String {
    format!(
        "/incidents({})",
        cxloop_domain::identity::case(key, &rule.parse().unwrap())
    )
}

/// The first failure is returned, whatever the second asks for: the gate stays open and the wait counts as a failure.
#[tokio::test]
async fn a_retry_after_is_heeded_also_when_another_rule_failed_before() {
    let world = World::with_rules(TWO).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    fault(
        &world,
        json!({"target": "wxm", "match": "/api/Answers/Note/", "status": 500}),
    );
    fault(
        &world,
        json!({"target": "dynamics", "match": change_set_of(&key, "second"), "status": 429, "retry_after": 3600}),
    );
    let failure = response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap_err();
    assert!(
        matches!(failure.remedy, Remedy::WaitUntil { .. }),
        "counted as a failure, and the connection is not closed: {failure:?}"
    );
}

/// A plan to attach is never looked at again, so a long wait ends with a note on a closed case.
#[tokio::test]
async fn a_response_that_waited_while_the_case_was_closed_is_not_buried_in_it() {
    let world = World::with_rules(ATTACH).await;
    let case = world.case_of(&Answered::visit(3)).await;
    let key = world.answer(&Answered::visit(1));
    let received = world.taken_in(&key, "").await;
    fault(
        &world,
        json!({"target": "dynamics", "match": "/annotations(", "status": 429, "retry_after": 3600}),
    );
    response_to_case::handle(&world.response_to_case(), received.clone())
        .await
        .unwrap_err();
    world.resolve(case).await;
    world.clock.advance(3601);
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    assert_eq!(
        open_cases(&world).await,
        1,
        "somebody has to see the second complaint"
    );
}

/// "Not reopened" and "Reopened" notes of one response share an id, so the one passes for the other.
#[tokio::test]
async fn a_note_that_says_not_reopened_does_not_pass_for_a_reopening() {
    let world = Arc::new(World::new().await);
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    world.clock.advance(3600);
    let key = world.answer(&Answered::about(case, 1));
    let received = world.taken_in(&key, "").await;
    // The first copy plans to reopen, and its change set is on the way for a long time.
    fault(
        &world,
        json!({"target": "dynamics", "match": "POST /api/data/v9.2/$batch", "delay_ms": 1500}),
    );
    let (slow_world, slow_event) = (world.clone(), received.clone());
    let slow =
        tokio::spawn(
            async move { case_reopen::handle(&slow_world.case_reopen(), slow_event).await },
        );
    tokio::time::sleep(Duration::from_millis(500)).await;
    // The agent reactivates, the second copy leaves "Not reopened: the case is active already", the agent resolves.
    world
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 0, "statuscode": 2}),
        )
        .await;
    case_reopen::handle(&world.case_reopen(), received)
        .await
        .unwrap();
    world.resolve(case).await;
    slow.await.unwrap().unwrap();

    let counted = world
        .store
        .others(&reopened_key(case), "nobody")
        .await
        .unwrap();
    let steps = world.steps(&key).await;
    assert_eq!(state(&world, case).await, 1, "nobody reopened it");
    assert!(
        counted == 0 && !steps.contains(&StepKind::CaseReopened),
        "counted {counted} against at_most; steps {steps:?}"
    );
}

/// The reopening is counted only after it happened; until the retry nobody counts it.
#[tokio::test]
async fn a_reopening_whose_answer_was_lost_counts_against_at_most() {
    let world = World::with_rules(&RULES.replace("at_most: 2", "at_most: 1")).await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    world.clock.advance(60);
    let first = world.answer(&Answered::about(case, 1));
    let first = world.taken_in(&first, "").await;
    fault(
        &world,
        json!({"target": "dynamics", "match": "$batch", "drop": "after"}),
    );
    case_reopen::handle(&world.case_reopen(), first)
        .await
        .unwrap_err();
    assert_eq!(state(&world, case).await, 0, "reopened once");
    world.resolve(case).await;
    world.clock.advance(60);
    let second = world.answer(&Answered::about(case, 1));
    let second = world.taken_in(&second, "").await;
    case_reopen::handle(&world.case_reopen(), second)
        .await
        .unwrap();
    assert_eq!(state(&world, case).await, 1, "at_most is 1");
}

fn signed(world: &World, id: &str, body: &str) -> lambda_http::Request {
    let at = world.clock.now().as_second();
    let signature = standardwebhooks::Webhook::new(SIGNING_SECRET)
        .unwrap()
        .sign(id, at, body.as_bytes())
        .unwrap();
    lambda_http::http::Request::builder()
        .method("POST")
        .uri("https://api.example.com/webhooks/generic")
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(lambda_http::Body::from(body))
        .unwrap()
}

/// A 200 for a body that is dropped: the id is of the delivery only, and the first body under it stands.
#[tokio::test]
async fn what_is_answered_200_is_in_the_inbox() {
    let world = World::new().await;
    let mended = r#"{"type":"response.submitted","timestamp":"2026-11-22T10:00:00Z","data":{"id":"r-1","survey":"loja","metrics":{"nps":2}}}"#;
    let garbled = mended.replace("response.submitted", "answer");
    let deps = world.webhooks();
    for body in [garbled.as_str(), mended] {
        assert_eq!(
            webhooks::handle(&deps, signed(&world, "r-1", body))
                .await
                .status(),
            200
        );
    }
    for event in world.bus.published() {
        let hinted = serde_json::from_str(&event.detail).unwrap();
        let _ = response_intake::handle(&world.response_intake(), hinted).await;
    }
    let kept = Responses::load(world.store.as_ref(), &"generic/r-1".parse().unwrap())
        .await
        .unwrap();
    assert!(kept.is_some(), "answered 200, kept nowhere");
}

/// Eight deliveries are 24 minutes; then the message is a dead letter that no page, list or `replay --failed` shows.
#[tokio::test]
async fn what_ends_in_the_dead_letters_can_be_seen() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let hinted = world.hinted(&key, "Detractors").await;
    let now = world.clock.now();
    world
        .store
        .published(&hinted.inbox_id, BodyKind::Response, now)
        .await
        .unwrap();
    fault(
        &world,
        json!({"target": "wxm", "match": "", "status": 500, "times": 100}),
    );
    for _ in 0..8 {
        let failure = response_intake::handle(&world.response_intake(), hinted.clone())
            .await
            .unwrap_err();
        assert_eq!(failure.remedy, Remedy::Retry);
        world.clock.advance(180);
    }
    let parked = world.store.parked(10).await.unwrap().len();
    let loops = world
        .store
        .newest(world.clock.now(), 10)
        .await
        .unwrap()
        .len();
    assert!(parked + loops > 0, "accepted, dead, and nowhere to be seen");
}

/// Who is known by a hash alone gets the stand-in customer, and with it the one open case of all such strangers.
#[tokio::test]
async fn two_strangers_with_hashed_addresses_do_not_share_a_case() {
    let world = World::with_rules(ATTACH).await;
    let anybody = world.rows("contacts", "$select=fullname&$top=1").await[0]["contactid"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .apply(&format!(
            "customers: {{ otherwise: {{ contact: {anybody} }} }}\n{ATTACH}"
        ))
        .await;
    for digit in ["a", "b"] {
        let hashed = format!("sha512:{}", digit.repeat(128));
        world
            .case_of(&Answered::visit(3).with("EMAIL", &hashed))
            .await;
    }
    assert_eq!(
        world.cases().await.len(),
        2,
        "two customers, two complaints"
    );
}

/// A replay decides by the rules of now, but the page goes on telling the first decision.
#[tokio::test]
async fn the_why_of_a_replay_is_shown() {
    let world = World::with_rules(&RULES.replace("nps <= 6", "nps <= 2")).await;
    let key = world.answer(&Answered::visit(3));
    let mut received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received.clone())
        .await
        .unwrap();
    world.apply(RULES).await;
    received.replay = true;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    assert_eq!(world.cases().await.len(), 1);
    let told: Vec<String> = world
        .history(&key)
        .await
        .steps
        .iter()
        .map(|s| s.text.clone())
        .collect();
    assert!(
        told.iter()
            .any(|text| text.contains("Rules of configuration 2")),
        "{told:#?}"
    );
}

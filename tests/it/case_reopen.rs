//! Reopening: a bad rating after closure, and every state the case can be in.

mod following_up;
mod merged;
mod telling;

use cxloop_domain::loops::{LoopState, StepKind};
use cxloop_domain::names::ResponseKey;
use cxloop_testkit::{fail_at_every_step, run_at_once, run_twice};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answered, OneEvent, RULES, To, World};

/// A resolved case whose customer is not content.
const NOT_CONTENT: OneEvent = OneEvent {
    rules: RULES,
    prepare: |world| {
        Box::pin(async move {
            let case = world.case_of(&Answered::visit(3)).await;
            world.resolve(case).await;
            world.clock.advance(3600);
            let rating = world.answer(&Answered::about(case, 1));
            world.taken_in(&rating, "").await
        })
    },
    to: To::CaseReopen,
};

async fn rate(world: &World, case: Uuid, csat: i64) -> ResponseKey {
    let key = world.answer(&Answered::about(case, csat));
    let received = world.taken_in(&key, "").await;
    case_reopen::handle(&world.case_reopen(), received)
        .await
        .unwrap();
    key
}

/// Opens and resolves a case.
async fn resolved(world: &World) -> Uuid {
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    world.clock.advance(3600);
    case
}

async fn state(world: &World, case: Uuid) -> (i64, i64) {
    let rows = world
        .rows(
            "incidents",
            &format!("$select=statecode,statuscode&$filter=incidentid eq {case}"),
        )
        .await;
    (
        rows[0]["statecode"].as_i64().unwrap(),
        rows[0]["statuscode"].as_i64().unwrap(),
    )
}

#[tokio::test]
async fn a_bad_rating_after_closure_reopens_the_same_case_with_a_note_saying_why() {
    let world = World::new().await;
    let case = resolved(&world).await;
    assert_eq!(state(&world, case).await, (1, 5));
    let key = rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await, (0, 1));
    let notes = world.notes(case).await;
    let why = notes
        .iter()
        .find(|n| n["subject"] == "Reopened: CSAT 1 of 5")
        .expect("a note says why");
    let text = why["notetext"].as_str().unwrap();
    assert!(
        text.contains("CSAT 1 of 5 is below 3 (threshold not-solved)"),
        "{text}"
    );
    assert!(text.contains("Não resolveram a avaria"), "{text}");
    let queues = world.queue_items(case).await;
    assert!(
        queues
            .iter()
            .any(|i| i["statecode"] == 0 && i["queueid"]["name"] == "Recovery"),
        "{queues:?}"
    );
    assert_eq!(world.cases().await.len(), 1);

    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Reopened);
    let steps = world.steps(&key).await;
    for step in [
        StepKind::CaseOpened,
        StepKind::CaseResolved,
        StepKind::FollowUpAnswered,
        StepKind::CaseReopened,
    ] {
        assert!(steps.contains(&step), "{steps:?}");
    }
}

#[tokio::test]
async fn a_good_rating_leaves_the_case_as_it_is_and_says_why() {
    let world = World::new().await;
    let case = resolved(&world).await;
    let key = rate(&world, case, 5).await;
    assert_eq!(state(&world, case).await, (1, 5));
    let last = world.history(&key).await.steps.pop().unwrap();
    assert!(
        last.text
            .contains("not-solved did not match (csat = 5, below = 3)"),
        "{}",
        last.text
    );
}

#[tokio::test]
async fn every_step_may_happen_twice() {
    let calls = run_twice(&NOT_CONTENT).await;
    assert!(calls.contains(&"case_desk.reopen"), "{calls:#?}");
}

#[tokio::test]
async fn every_step_may_fail_before_or_after_its_effect() {
    let calls = fail_at_every_step(&NOT_CONTENT).await;
    insta::assert_json_snapshot!(calls);
}

#[tokio::test]
async fn ten_copies_at_once_reopen_once() {
    run_at_once(&NOT_CONTENT, 10).await;
}

#[tokio::test]
async fn every_request_may_lose_its_connection_before_or_after_its_effect() {
    let clean = World::new().await;
    let event = (NOT_CONTENT.prepare)(&clean).await;
    clean.calls.clear(None);
    case_reopen::handle(&clean.case_reopen(), event)
        .await
        .unwrap();
    let asked = clean.calls.of("dynamics");
    let expected = clean.everything().await;
    let lines: std::collections::BTreeSet<String> = asked
        .iter()
        .map(|call| {
            format!(
                "{} {}",
                call.method,
                call.path.split(['?', '(']).next().unwrap()
            )
        })
        .collect();
    assert!(
        lines.len() >= 2,
        "a read and a change set at least: {lines:?}"
    );
    for line in lines {
        for drop in ["before", "after"] {
            let world = World::new().await;
            let event = (NOT_CONTENT.prepare)(&world).await;
            let rule = json!({"target": "dynamics", "match": line, "drop": drop});
            world
                .faults
                .add(serde_json::from_value(rule).unwrap())
                .unwrap();
            let first = case_reopen::handle(&world.case_reopen(), event.clone()).await;
            assert!(first.is_err(), "{drop} {line}: the cut went unnoticed");
            case_reopen::handle(&world.case_reopen(), event)
                .await
                .unwrap();
            assert_eq!(world.everything().await, expected, "{drop} {line}");
        }
    }
}

#[tokio::test]
async fn a_case_that_the_agent_touched_meanwhile_is_read_and_decided_again() {
    let world = World::new().await;
    let case = resolved(&world).await;
    let key = world.answer(&Answered::about(case, 1));
    let received = world.taken_in(&key, "").await;
    // The plan is stored with the version of now; then the change set is refused once, and the agent reactivates the case.
    let rule = json!({"target": "dynamics", "match": "$batch", "status": 503});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    case_reopen::handle(&world.case_reopen(), received.clone())
        .await
        .unwrap_err();
    world
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 0, "statuscode": 2}),
        )
        .await;

    case_reopen::handle(&world.case_reopen(), received)
        .await
        .unwrap();
    assert_eq!(
        state(&world, case).await,
        (0, 2),
        "the agent's status stands"
    );
    assert!(world.steps(&key).await.contains(&StepKind::CaseNoted));
    assert_eq!(world.notes(case).await.len(), 2);
}

#[tokio::test]
async fn a_case_that_cxloop_did_not_open_is_reopened_too() {
    let world = World::new().await;
    let case = Uuid::from_u128(0x1234_5678);
    let contact = world.rows("contacts", "$select=fullname&$top=1").await[0]["contactid"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"title": "Chamada por avaría", "customerid_contact@odata.bind": format!("/contacts({contact})")});
    world.patch(&format!("incidents({case})"), body).await;
    world.resolve(case).await;
    let key = rate(&world, case, 2).await;
    assert_eq!(state(&world, case).await.0, 0);
    assert_eq!(world.history(&key).await.head.state, LoopState::Reopened);
}

#[tokio::test]
async fn an_active_case_gets_only_a_note() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await, (0, 1));
    assert_eq!(world.notes(case).await.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_shown_even_when_the_first_attempt_to_show_it_is_lost() {
    let refused = OneEvent {
        rules: RULES,
        prepare: |world| {
            Box::pin(async move {
                let rating = world.answer(&Answered::about(Uuid::from_u128(404), 1));
                world.taken_in(&rating, "").await
            })
        },
        to: To::CaseReopen,
    };
    fail_at_every_step(&refused).await;
}

/// The other ways a broken threshold ends, interrupted everywhere like the first.
#[tokio::test]
async fn a_note_and_a_follow_up_may_fail_at_every_step_and_happen_twice() {
    let note = OneEvent {
        rules: RULES,
        prepare: |world| {
            Box::pin(async move {
                let case = world.case_of(&Answered::visit(3)).await;
                let rating = world.answer(&Answered::about(case, 1));
                world.taken_in(&rating, "").await
            })
        },
        to: To::CaseReopen,
    };
    let follow_up = OneEvent {
        rules: RULES,
        prepare: |world| {
            Box::pin(async move {
                let case = world.case_of(&Answered::visit(3)).await;
                world
                    .patch(
                        &format!("incidents({case})"),
                        json!({"statecode": 2, "statuscode": 6}),
                    )
                    .await;
                let rating = world.answer(&Answered::about(case, 1));
                world.taken_in(&rating, "").await
            })
        },
        to: To::CaseReopen,
    };
    for (scenario, expected) in [
        (&note, "case_desk.add_note"),
        (&follow_up, "case_desk.open_case"),
    ] {
        run_twice(scenario).await;
        let calls = fail_at_every_step(scenario).await;
        assert!(calls.contains(&expected), "{calls:#?}");
    }
}

#[tokio::test]
async fn own_writes_carry_the_tag() {
    let world = World::new().await;
    let case = resolved(&world).await;
    let before = world.dataverse.writes().len();
    rate(&world, case, 1).await;
    let writes = world.dataverse.writes().split_off(before);
    assert!(writes.len() >= 3, "state, note and queue item: {writes:?}");
    assert!(
        writes
            .iter()
            .all(|write| write.tag.as_deref() == Some("cxloop")),
        "{writes:?}"
    );
}

#[tokio::test]
async fn a_rating_too_late_or_too_often_opens_a_follow_up() {
    let world = World::new().await;
    let case = resolved(&world).await;
    world.clock.advance(15 * 86_400);
    rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await.0, 1);
    assert_eq!(world.cases().await.len(), 2, "too late");

    let world = World::new().await;
    let case = resolved(&world).await;
    for _ in 0..2 {
        rate(&world, case, 1).await;
        assert_eq!(state(&world, case).await.0, 0);
        world.resolve(case).await;
        world.clock.advance(60);
    }
    rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await.0, 1);
    assert_eq!(world.cases().await.len(), 2, "too often");
}

#[tokio::test]
async fn a_threshold_changes_by_applying_it() {
    let world = World::new().await;
    let case = resolved(&world).await;
    rate(&world, case, 3).await;
    assert_eq!(state(&world, case).await.0, 1, "3 is not below 3");
    world.apply(&RULES.replace("below: 3", "below: 4")).await;
    rate(&world, case, 3).await;
    assert_eq!(state(&world, case).await.0, 0);
}

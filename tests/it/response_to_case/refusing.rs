//! What cannot be done: parked with the reason and replayable, or waited for.

use cxloop_domain::events::ResponseReceived;
use cxloop_domain::loops::{LoopState, Replay};
use cxloop_ports::Remedy;
use cxloop_testkit::fail_at_every_step;
use serde_json::json;

use crate::world::{Answered, OneEvent, RULES, To, World};

async fn deliver(world: &World, event: ResponseReceived) -> Result<(), cxloop_ports::Failure> {
    response_to_case::handle(&world.response_to_case(), event).await
}

/// The event behind the failed step of a loop.
async fn replay_of(world: &World, key: &cxloop_domain::names::ResponseKey) -> ResponseReceived {
    let history = world.history(key).await;
    let replay = history
        .steps
        .iter()
        .find_map(|step| step.replay.clone())
        .expect("a step can be replayed");
    match replay {
        Replay::Received(event) => event,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_queue_that_does_not_exist_parks_the_rule_and_a_replay_after_the_fix_opens_the_case() {
    let world = World::with_rules(&RULES.replace("queue: Recovery", "queue: Recuperación")).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    deliver(&world, received.clone()).await.unwrap();
    assert!(world.cases().await.is_empty());
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Failed);
    let failed = history.steps.iter().find(|s| s.replay.is_some()).unwrap();
    assert!(
        failed.text.contains("detractor") && failed.text.contains("Recuperación"),
        "{}",
        failed.text
    );

    deliver(&world, received).await.unwrap();
    assert!(world.cases().await.is_empty(), "a redelivery is no replay");
    world.apply(RULES).await;
    let replay = replay_of(&world, &key).await;
    deliver(&world, replay).await.unwrap();
    assert_eq!(world.cases().await.len(), 1);
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Open);
    assert!(
        history.steps.iter().all(|s| s.replay.is_none()),
        "the failure is mended"
    );
}

#[tokio::test]
async fn what_the_crm_refuses_is_parked_in_its_own_words_and_replayed_after_the_fix() {
    let nobody = uuid::Uuid::from_u128(404);
    let world = World::with_rules(&format!(
        "customers: {{ create: false, otherwise: {{ contact: {nobody} }} }}\n{RULES}"
    ))
    .await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    deliver(&world, received).await.unwrap();
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Failed, "{history:#?}");
    let told = &history
        .steps
        .iter()
        .find(|s| s.replay.is_some())
        .unwrap()
        .text;
    assert!(
        told.contains("detractor") && told.contains("Does Not Exist"),
        "{told}"
    );

    world.apply(RULES).await;
    let replay = replay_of(&world, &key).await;
    deliver(&world, replay).await.unwrap();
    assert_eq!(world.cases().await.len(), 1);
}

#[tokio::test]
async fn one_rule_that_is_refused_does_not_keep_the_others_back() {
    let rules = r#"
case_rules:
  - { name: broken, when: nps <= 6, continue: true, case: { title: Broken, owner: Nobody At All } }
  - { name: detractor, when: nps <= 6, case: { title: Fine } }
"#;
    let world = World::with_rules(rules).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    deliver(&world, received).await.unwrap();
    let cases = world.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["title"], "Fine");
    assert!(replay_of(&world, &key).await.replay);
}

#[tokio::test]
async fn a_hashed_address_never_becomes_a_contact() {
    let world = World::new().await;
    world
        .surveys
        .hash_pii_by(None, Some(cxloop_sandbox::wxm::HashAlgorithm::Sha256));
    let before = world.rows("contacts", "$select=fullname").await.len();
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    deliver(&world, received).await.unwrap();
    assert_eq!(
        world.rows("contacts", "$select=fullname").await.len(),
        before
    );
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Failed);

    let account = &world.rows("accounts", "$select=name&$top=1").await[0];
    let id = account["accountid"].as_str().unwrap();
    world
        .apply(&format!(
            "customers: {{ otherwise: {{ account: {id} }} }}\n{RULES}"
        ))
        .await;
    deliver(&world, replay_of(&world, &key).await)
        .await
        .unwrap();
    assert_eq!(
        world.cases().await[0]["_customerid_value"],
        account["accountid"]
    );
}

#[tokio::test]
async fn a_crm_that_asks_to_wait_is_left_alone_until_then() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule = json!({"target": "dynamics", "match": "$batch", "status": 429, "retry_after": 120});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let waits = deliver(&world, received.clone()).await.unwrap_err();
    let Remedy::WaitUntil { connection, until } = waits.remedy else {
        panic!("{waits:?}")
    };
    let now = cxloop_ports::Clock::now(world.clock.as_ref());
    assert_eq!(until.as_second() - now.as_second(), 120);

    cxloop_ports::Gates::close(world.store.as_ref(), &connection, until)
        .await
        .unwrap();
    world.calls.clear(None);
    for deliver_to in [1, 2] {
        let waits = deliver(&world, received.clone()).await.unwrap_err();
        assert!(
            matches!(waits.remedy, Remedy::WaitUntil { .. }),
            "delivery {deliver_to}"
        );
    }
    assert!(
        world.calls.of("dynamics").is_empty(),
        "nobody asks while the connection is closed"
    );
    world.clock.advance(121);
    deliver(&world, received).await.unwrap();
    assert_eq!(world.cases().await.len(), 1);
}

#[tokio::test]
async fn a_survey_platform_that_asks_to_wait_is_left_alone_and_the_case_stands_meanwhile() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let now = cxloop_ports::Clock::now(world.clock.as_ref());
    let until = now + jiff::SignedDuration::from_secs(300);
    cxloop_ports::Gates::close(world.store.as_ref(), &key.connection, until)
        .await
        .unwrap();
    world.calls.clear(None);
    for delivery in 1..=2 {
        let waits = deliver(&world, received.clone()).await.unwrap_err();
        assert!(
            matches!(waits.remedy, Remedy::WaitUntil { .. }),
            "{waits:?}"
        );
        assert!(
            world.calls.of("wxm").is_empty(),
            "delivery {delivery} asked the platform"
        );
    }
    let asked_once = world.calls.of("dynamics").len();
    assert_eq!(
        world.history(&key).await.head.state,
        LoopState::Open,
        "the case is shown at once"
    );
    deliver(&world, received.clone()).await.unwrap_err();
    assert_eq!(
        world.calls.of("dynamics").len(),
        asked_once,
        "an opened case is not written again"
    );
    world.clock.advance(301);
    deliver(&world, received).await.unwrap();
    assert_eq!(world.response_notes(&key).len(), 1);
}

#[tokio::test]
async fn a_note_that_the_platform_refuses_leaves_the_case_shown_and_can_be_replayed() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule = json!({"target": "wxm", "match": "/api/Answers/Note/", "status": 400});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    deliver(&world, received).await.unwrap();
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Failed);
    assert!(history.head.ticket.is_some(), "{history:#?}");
    let steps = world.steps(&key).await;
    assert!(
        steps.contains(&cxloop_domain::loops::StepKind::CaseOpened),
        "{steps:?}"
    );

    deliver(&world, replay_of(&world, &key).await)
        .await
        .unwrap();
    assert_eq!(world.history(&key).await.head.state, LoopState::Open);
    assert_eq!(
        (world.cases().await.len(), world.response_notes(&key).len()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_wait_that_one_rule_is_asked_for_is_kept_by_the_others() {
    let rules = r#"
case_rules:
  - { name: first, when: nps <= 6, continue: true, case: { title: First } }
  - { name: second, when: nps <= 6, case: { title: Second } }
"#;
    let world = World::with_rules(rules).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule = json!({"target": "dynamics", "match": "PATCH /api/data/v9.2/contacts", "status": 429, "retry_after": 60});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let waits = deliver(&world, received.clone()).await.unwrap_err();
    assert!(
        matches!(waits.remedy, Remedy::WaitUntil { .. }),
        "{waits:?}"
    );
    let after = world
        .calls
        .of("dynamics")
        .iter()
        .skip_while(|call| call.status != 429)
        .count();
    assert_eq!(after, 1, "nobody asked again after the 429");
    deliver(&world, received).await.unwrap();
    assert_eq!(world.cases().await.len(), 2);
}

#[tokio::test]
async fn a_survey_platform_that_asks_to_wait_holds_no_other_rules_case_back() {
    let rules = r#"
case_rules:
  - { name: first, when: nps <= 6, continue: true, case: { title: First } }
  - { name: second, when: nps <= 6, case: { title: Second } }
"#;
    let world = World::with_rules(rules).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule =
        json!({"target": "wxm", "match": "/api/Answers/Note/", "status": 429, "retry_after": 3600});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let waits = deliver(&world, received).await.unwrap_err();
    assert!(
        matches!(waits.remedy, Remedy::WaitUntil { .. }),
        "{waits:?}"
    );
    assert_eq!(world.cases().await.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_shown_even_when_the_first_attempt_to_show_it_is_lost() {
    const NOWHERE: &str = "\ncase_rules:\n  - { name: detractor, when: nps <= 6, case: { title: T, queue: Nowhere } }\n";
    let refused = OneEvent {
        rules: NOWHERE,
        prepare: |world| {
            Box::pin(async move {
                let key = world.answer(&Answered::visit(3));
                world.taken_in(&key, "").await
            })
        },
        to: To::ResponseToCase,
    };
    let calls = fail_at_every_step(&refused).await;
    assert!(calls.contains(&"loops.record"), "{calls:#?}");
}

#[tokio::test]
async fn a_token_that_was_revoked_is_fetched_again_once() {
    let world = World::new().await;
    world.case_of(&Answered::visit(3)).await;
    world.dataverse.revoke_tokens();
    world.case_of(&Answered::visit(1)).await;
    assert_eq!(world.cases().await.len(), 2);
}

#[tokio::test]
async fn a_missing_secret_is_named_and_nothing_is_lost() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    world
        .secrets
        .set("cxloop/dynamics", "client_secret", "wrong");
    let failure = deliver(&world, received.clone()).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend, "{failure:?}");
    world
        .secrets
        .set("cxloop/dynamics", "client_secret", "sandbox");
    deliver(&world, received).await.unwrap();
    assert_eq!(world.cases().await.len(), 1);
}

#[tokio::test]
async fn a_text_longer_than_its_column_is_cut_with_a_mark_and_stands_in_full_in_the_note() {
    let world = World::new().await;
    let long = "Non volverei á tenda. ".repeat(150);
    let case = world
        .case_of(&Answered::visit(3).with("Comments", &long))
        .await;
    let description = world.cases().await[0]["description"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        description.encode_utf16().count() <= 2000 && description.ends_with(" […]"),
        "{description}"
    );
    assert!(
        world.notes(case).await[0]["notetext"]
            .as_str()
            .unwrap()
            .contains(long.trim())
    );
}

#[tokio::test]
async fn a_conflict_that_is_no_row_of_ours_is_not_taken_for_success() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule =
        json!({"target": "dynamics", "match": "PATCH /api/data/v9.2/incidents", "status": 412});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let outcome = deliver(&world, received.clone()).await;
    assert!(world.cases().await.is_empty());
    if outcome.is_ok() {
        assert_eq!(
            world.history(&key).await.head.state,
            LoopState::Failed,
            "a conflict was taken for success"
        );
    }
}

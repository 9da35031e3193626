//! `open_case: attach`: the customer's open case takes further responses in.

use cxloop_domain::loops::StepKind;
use cxloop_testkit::{fail_at_every_step, run_twice};

use crate::world::{Answered, OneEvent, To, World};

const ATTACH: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, open_case: attach, case: { title: "NPS {{ nps }}", queue: Recovery } }
"#;

/// A customer with an open case who answers badly again.
const AGAIN: OneEvent = OneEvent {
    rules: ATTACH,
    prepare: |world| {
        Box::pin(async move {
            world.case_of(&Answered::visit(3)).await;
            let key = world.answer(&Answered::visit(1));
            world.taken_in(&key, "").await
        })
    },
    to: To::ResponseToCase,
};

#[tokio::test]
async fn a_further_response_becomes_a_note_on_the_open_case() {
    let world = World::with_rules(ATTACH).await;
    let case = world.case_of(&Answered::visit(3)).await;
    let key = world.answer(&Answered::visit(1));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    assert_eq!(world.cases().await.len(), 1);
    assert_eq!(world.notes(case).await.len(), 2);
    assert!(world.steps(&key).await.contains(&StepKind::CaseAttached));
    assert!(
        world.response_notes(&key)[0]
            .contains(world.cases().await[0]["ticketnumber"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_response_after_the_case_was_resolved_opens_a_new_one() {
    let world = World::with_rules(ATTACH).await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    world.case_of(&Answered::visit(1)).await;
    assert_eq!(world.cases().await.len(), 2);
    world.case_of(&Answered::visit(0)).await;
    assert_eq!(
        world.cases().await.len(),
        2,
        "the third is added to the second"
    );
}

#[tokio::test]
async fn two_responses_of_one_customer_at_the_same_moment_make_one_case() {
    for round in 0..8 {
        let world = World::with_rules(ATTACH).await;
        let mut events = Vec::new();
        for nps in 0..4 {
            let key = world.answer(&Answered::visit(nps));
            events.push(world.taken_in(&key, "").await);
        }
        let deps: Vec<_> = events.iter().map(|_| world.response_to_case()).collect();
        let running = deps.iter().zip(&events).map(|(deps, event)| async {
            while let Err(failure) = response_to_case::handle(deps, event.clone()).await {
                assert!(
                    matches!(failure.remedy, cxloop_ports::Remedy::ComeBack { .. }),
                    "{failure:?}"
                );
                tokio::task::yield_now().await;
            }
        });
        futures::future::join_all(running).await;
        let cases = world.cases().await;
        assert_eq!(cases.len(), 1, "round {round}: {cases:#?}");
        let case = cases[0]["incidentid"].as_str().unwrap().parse().unwrap();
        assert_eq!(world.notes(case).await.len(), 4, "round {round}");
    }
}

#[tokio::test]
async fn a_claim_whose_holder_died_before_opening_is_carried_out_by_the_next() {
    let world = World::with_rules(ATTACH).await;
    let first = world.answer(&Answered::visit(3));
    let received = world.taken_in(&first, "").await;
    let rule = serde_json::json!({"target": "dynamics", "match": "/incidents(", "drop": "before"});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    response_to_case::handle(&world.response_to_case(), received.clone())
        .await
        .unwrap_err();
    assert!(
        world.cases().await.is_empty(),
        "the first died with its plan stored"
    );

    let second = world.answer(&Answered::visit(1));
    let event = world.taken_in(&second, "").await;
    response_to_case::handle(&world.response_to_case(), event)
        .await
        .unwrap();
    assert_eq!(
        world.cases().await.len(),
        1,
        "the second opened the first one's case and attached"
    );
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    assert_eq!(world.cases().await.len(), 1);
}

#[tokio::test]
async fn an_open_case_takes_responses_in_long_after_its_plan_has_expired() {
    let world = World::with_rules(ATTACH).await;
    world.case_of(&Answered::visit(3)).await;
    world.clock.advance(91 * 86_400);
    world.case_of(&Answered::visit(1)).await;
    assert_eq!(world.cases().await.len(), 1);
}

#[tokio::test]
async fn attaching_may_fail_at_every_step_and_happen_twice() {
    run_twice(&AGAIN).await;
    let calls = fail_at_every_step(&AGAIN).await;
    assert!(calls.contains(&"case_desk.add_note"), "{calls:#?}");
}

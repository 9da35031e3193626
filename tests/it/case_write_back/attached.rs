//! Cases that took further responses in.

use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use cxloop_ports::Remedy;
use serde_json::json;
use uuid::Uuid;

use super::changing::{Agent, back, back_until_done, changed, held};
use crate::world::{Answered, World};

/// One customer's further bad answers are added to the open case.
const ATTACHING: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, open_case: attach, case: { title: "NPS {{ nps }}", queue: Recovery } }
write_back:
  comments: { subject_starts_with: "[public]" }
  fields:
    - { question: CASE_STATUS, column: statuscode }
"#;

async fn answered(world: &World, nps: i64) -> ResponseKey {
    let key = world.answer(&Answered::visit(nps));
    let received = world.taken_in(&key, "").await;
    let done = response_to_case::handle(&world.response_to_case(), received).await;
    done.unwrap();
    key
}

fn case_of(key: &ResponseKey) -> Uuid {
    identity::case(key, &"detractor".parse().unwrap())
}

async fn all_hold_what_an_agent_does(world: &World, keys: &[&ResponseKey], case: Uuid) {
    let agent = Agent::new(world).await;
    agent.set(case, json!({"statuscode": 3})).await;
    agent.note(case, "[public] x", "Mañá chamamos").await;
    for operation in ["1", "2"] {
        back_until_done(world, &changed(case, operation)).await;
    }
    for key in keys {
        assert_eq!(
            held(world, key)["CASE_STATUS"],
            "Waiting for Details",
            "{key}"
        );
        let notes = world.response_notes(key);
        let told = notes.iter().filter(|note| note.contains("Mañá chamamos"));
        assert_eq!(told.count(), 1, "{key}: {notes:#?}");
    }
}

#[tokio::test]
async fn what_an_agent_does_reaches_every_response_of_the_case() {
    let world = World::with_rules(ATTACHING).await;
    let first = answered(&world, 3).await;
    let second = answered(&world, 1).await;
    let third = answered(&world, 0).await;
    assert_eq!(world.cases().await.len(), 1);
    all_hold_what_an_agent_does(&world, &[&first, &second, &third], case_of(&first)).await;
}

#[tokio::test]
async fn a_response_whose_case_was_opened_by_the_next_one_is_told_all_the_same() {
    let world = World::with_rules(ATTACHING).await;
    let first = world.answer(&Answered::visit(3));
    let received = world.taken_in(&first, "").await;
    let rule = json!({"target": "dynamics", "match": "/incidents(", "drop": "before"});
    let rule = serde_json::from_value(rule).unwrap();
    world.faults.add(rule).unwrap();
    let died = response_to_case::handle(&world.response_to_case(), received).await;
    died.unwrap_err();
    let second = answered(&world, 1).await;
    assert_eq!(world.cases().await.len(), 1);
    all_hold_what_an_agent_does(&world, &[&first, &second], case_of(&first)).await;
}

#[tokio::test]
async fn a_response_that_could_not_be_added_in_time_follows_its_own_case_alone() {
    let world = World::with_rules(ATTACHING).await;
    let first = answered(&world, 3).await;
    let second = world.answer(&Answered::visit(1));
    let received = world.taken_in(&second, "").await;
    let rule = json!({"target": "dynamics", "match": "/annotations", "drop": "before"});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let deps = world.response_to_case();
    let died = response_to_case::handle(&deps, received.clone()).await;
    died.unwrap_err();
    world.resolve(case_of(&first)).await;
    response_to_case::handle(&deps, received).await.unwrap();
    assert_eq!(world.cases().await.len(), 2);

    back_until_done(&world, &changed(case_of(&first), "1")).await;
    assert_eq!(held(&world, &first)["CASE_STATUS"], "Problem Solved");
    assert_eq!(held(&world, &second), json!({}));
    all_hold_what_an_agent_does(&world, &[&second], case_of(&second)).await;
}

#[tokio::test]
async fn who_asks_for_quiet_over_one_response_is_not_asked_for_the_others() {
    let world = World::with_rules(ATTACHING).await;
    let first = answered(&world, 3).await;
    answered(&world, 1).await;
    answered(&world, 0).await;
    Agent::new(&world)
        .await
        .set(case_of(&first), json!({"statuscode": 3}))
        .await;
    let rule = json!({"target": "wxm", "match": "/api/Answer/", "status": 429, "retry_after": 90});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    world.calls.clear(None);
    let failure = back(&world, &changed(case_of(&first), "1"))
        .await
        .unwrap_err();
    assert!(
        matches!(failure.remedy, Remedy::WaitUntil { .. }),
        "{failure:?}"
    );
    let asked = world.calls.of("wxm");
    let answers = asked
        .iter()
        .filter(|call| call.path.contains("/api/Answer"));
    assert_eq!(answers.count(), 1, "{asked:#?}");
}

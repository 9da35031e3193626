//! Cases that took further responses in.

use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use serde_json::json;
use uuid::Uuid;

use super::changing::{Agent, back_until_done, changed, held};
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

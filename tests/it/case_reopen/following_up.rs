//! Cases that cannot be reopened: cancelled, gone, or never known.

use cxloop_domain::loops::LoopState;
use serde_json::json;
use uuid::Uuid;

use super::rate;
use crate::world::{Answered, World};

/// The follow-up that stands beside an old case: named after it, with its note, of the same customer.
async fn assert_follow_up(world: &World, ticket: &str, customer: &serde_json::Value) {
    let cases = world.cases().await;
    let new = cases
        .iter()
        .find(|case| case["title"].as_str().unwrap().starts_with("Follow-up"))
        .expect("a follow-up");
    assert!(new["title"].as_str().unwrap().contains(ticket), "{new}");
    assert_eq!(new["_customerid_value"], *customer);
    let notes = world
        .notes(new["incidentid"].as_str().unwrap().parse().unwrap())
        .await;
    assert!(
        notes[0]["notetext"].as_str().unwrap().contains(ticket),
        "{notes:?}"
    );
}

#[tokio::test]
async fn a_cancelled_case_gets_a_follow_up_that_names_the_old_ticket() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    let old = world.cases().await.remove(0);
    world
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 2, "statuscode": 6}),
        )
        .await;
    rate(&world, case, 1).await;
    assert_eq!(world.cases().await.len(), 2);
    assert_follow_up(
        &world,
        old["ticketnumber"].as_str().unwrap(),
        &old["_customerid_value"],
    )
    .await;
}

#[tokio::test]
async fn a_case_that_is_gone_gets_a_follow_up_for_the_customer_of_the_response_that_had_opened_it()
{
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    let old = world.cases().await.remove(0);
    world.delete(&format!("incidents({case})")).await;
    rate(&world, case, 1).await;
    assert_eq!(world.cases().await.len(), 1);
    assert_follow_up(
        &world,
        old["ticketnumber"].as_str().unwrap(),
        &old["_customerid_value"],
    )
    .await;
}

#[tokio::test]
async fn a_rating_of_a_case_that_nobody_knows_waits_for_a_person_and_ties_nothing() {
    let world = World::new().await;
    let key = rate(&world, Uuid::from_u128(404), 1).await;
    let history = world.history(&key).await;
    assert_eq!(
        (history.head.state, history.head.case),
        (LoopState::Failed, None)
    );
    let content = rate(&world, Uuid::from_u128(405), 5).await;
    let history = world.history(&content).await;
    assert_eq!(
        (history.head.state, history.head.case),
        (LoopState::NoAction, None)
    );
}

#[tokio::test]
async fn a_case_whose_queue_was_retired_is_reopened_all_the_same_and_says_so() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    let queues = world
        .rows("queues", "$select=name&$filter=name eq 'Recovery'")
        .await;
    let queue = queues[0]["queueid"].as_str().unwrap();
    world
        .patch(&format!("queues({queue})"), json!({"statecode": 1}))
        .await;
    let key = rate(&world, case, 1).await;
    assert_eq!(world.history(&key).await.head.state, LoopState::Reopened);
    assert_eq!(world.cases().await[0]["statecode"], 0);
    let notes = world.notes(case).await;
    let told = notes.iter().any(|note| {
        note["notetext"]
            .as_str()
            .unwrap()
            .contains("stands in no queue")
    });
    assert!(told, "{notes:?}");
}

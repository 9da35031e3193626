//! Cases that become part of others, and cases that are gone.

use serde_json::json;

use super::changing::{Agent, back, changed, held};
use super::{opened, rules, with_case};
use crate::world::World;

#[tokio::test]
async fn a_merged_case_is_followed_and_later_changes_of_its_master_reach_both_responses() {
    let (world, first, case) = with_case(&rules()).await;
    let (second, master) = opened(&world, 2).await;
    let agent = Agent::new(&world).await;
    for (case, operation) in [(case, "1"), (master, "2")] {
        back(&world, &changed(case, operation)).await.unwrap();
    }
    world.clock.advance(60);
    agent.merge(case, master).await;
    back(&world, &changed(case, "3")).await.unwrap();
    let told = world.response_notes(&first).pop().unwrap();
    assert!(told.contains("became part of case"), "{told}");

    world.clock.advance(60);
    agent.set(master, json!({"statuscode": 3})).await;
    agent.note(master, "[public] x", "Mañá chamamos").await;
    back(&world, &changed(master, "4")).await.unwrap();
    for key in [&first, &second] {
        assert_eq!(
            held(&world, key)["CASE_STATUS"],
            "Waiting for Details",
            "{key}"
        );
        let told = world.response_notes(key).pop().unwrap();
        assert!(told.contains("Mañá chamamos"), "{told}");
    }
}

#[tokio::test]
async fn a_deleted_case_is_told_once_and_its_fields_keep_what_was_known() {
    let (world, key, case) = with_case(&rules()).await;
    back(&world, &changed(case, "1")).await.unwrap();
    let before = held(&world, &key);
    world.clock.advance(60);
    world.delete(&format!("incidents({case})")).await;
    for operation in ["2", "3"] {
        back(&world, &changed(case, operation)).await.unwrap();
        world.clock.advance(60);
    }
    let notes = world.response_notes(&key);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[2].contains("was deleted"), "{}", notes[2]);
    assert_eq!(held(&world, &key), before);
}

#[tokio::test]
async fn a_reopened_case_counts_and_its_time_to_close_is_empty_again() {
    let (world, key, case) = with_case(&rules()).await;
    world.clock.advance(600);
    world.resolve(case).await;
    back(&world, &changed(case, "1")).await.unwrap();
    assert_eq!(held(&world, &key)["CASE_CLOSED"], 10);
    world.clock.advance(600);
    world
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 0, "statuscode": 1}),
        )
        .await;
    back(&world, &changed(case, "2")).await.unwrap();
    assert_eq!(held(&world, &key)["CASE_CLOSED"], json!(null));
    assert_eq!(held(&world, &key)["CASE_REOPENED"], 1);
}

#[tokio::test]
async fn without_write_back_in_the_configuration_nothing_is_asked_of_anybody() {
    let world = World::new().await;
    let (_, case) = opened(&world, 3).await;
    world.calls.clear(None);
    back(&world, &changed(case, "1")).await.unwrap();
    assert!(world.calls.of("dynamics").is_empty() && world.calls.of("wxm").is_empty());
}

//! Cases that became part of another one.

use cxloop_domain::loops::LoopState;
use serde_json::json;
use uuid::Uuid;

use super::{rate, resolved, state};
use crate::world::{Answered, World};

/// An agent makes the first case part of the second.
async fn merge(world: &World, subordinate: Uuid, target: Uuid) {
    let reference =
        |case| json!({ "@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": case });
    let body = json!({
        "Target": reference(target), "Subordinate": reference(subordinate), "PerformParentingChecks": false
    });
    world.post("Merge", body).await;
}

#[tokio::test]
async fn a_bad_rating_of_a_merged_case_reopens_the_one_that_it_is_part_of() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    let middle = world.case_of(&Answered::visit(2)).await;
    let last = world.case_of(&Answered::visit(1)).await;
    merge(&world, case, middle).await;
    merge(&world, middle, last).await;
    world.resolve(last).await;
    let key = rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await, (2, 2000));
    assert_eq!(state(&world, last).await, (0, 1));
    assert_eq!(world.cases().await.len(), 3, "no follow-up is needed");
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Reopened);
    let told = &history.steps.last().unwrap().text;
    let ticket = world.cases().await[0]["ticketnumber"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        told.contains(&format!("into which {ticket} was merged")),
        "{told}"
    );
}

#[tokio::test]
async fn a_follow_up_is_a_child_of_the_cancelled_case() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    let cancelled = json!({"statecode": 2, "statuscode": 6});
    world.patch(&format!("incidents({case})"), cancelled).await;
    rate(&world, case, 1).await;
    let children = world
        .rows(
            "incidents",
            &format!("$select=title&$filter=_parentcaseid_value eq {case}"),
        )
        .await;
    assert_eq!(children.len(), 1);
}

#[tokio::test]
async fn a_case_whose_marking_columns_do_not_exist_is_reopened_all_the_same_and_says_so() {
    let columns = "\nreopen_columns: { reopened_on: cxl_reopenedon }\n";
    let world = World::with_rules(&format!("{}{columns}", crate::world::RULES)).await;
    let case = resolved(&world).await;
    rate(&world, case, 1).await;
    assert_eq!(state(&world, case).await, (0, 1));
    let notes = world.notes(case).await;
    let told = notes.iter().any(|note| {
        let text = note["notetext"].as_str().unwrap();
        text.contains("refused the columns")
    });
    assert!(told, "{notes:?}");
}

#[tokio::test]
async fn a_reopened_case_is_marked_in_the_columns_that_are_named() {
    // A column that every environment has, so that no table has to be changed for the test.
    let columns = "\nreopen_columns: { reopened_on: followupby, response: productserialnumber }\n";
    let world = World::with_rules(&format!("{}{columns}", crate::world::RULES)).await;
    let case = resolved(&world).await;
    let key = rate(&world, case, 1).await;
    let query = format!("$select=followupby,productserialnumber&$filter=incidentid eq {case}");
    let row = world.rows("incidents", &query).await.remove(0);
    assert_eq!(row["productserialnumber"], key.response.as_str());
    assert!(row["followupby"].is_string(), "{row}");
}

//! Webhooks of the CRM that failed for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

use super::changes::{pause, rules};
use crate::world::{Answered, World};

/// A world whose CRM tells of changes, with a case and a switch that has every webhook answered 500.
async fn telling() -> (World, Uuid, Arc<AtomicBool>) {
    let world = World::with_rules(&rules()).await;
    let away = Arc::new(AtomicBool::new(false));
    let is_away = Arc::clone(&away);
    let on_the_way = move |body| (!is_away.load(Ordering::SeqCst)).then_some(body);
    world.tells_of_changes(Arc::new(on_the_way)).await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.dataverse.jobs_ended().await;
    swept(&world).await;
    (world, case, away)
}

async fn swept(world: &World) -> usize {
    world.clock.advance(301);
    let swept = sweep::handle(&world.sweep()).await.unwrap();
    swept.failed_jobs
}

/// What was told because a job had failed, as tables and ids.
fn told_of_jobs(world: &World) -> Vec<(String, String)> {
    let published = world.bus.published();
    let details = published
        .iter()
        .map(|event| serde_json::from_str::<Value>(&event.detail).unwrap());
    let of_jobs = details.filter(|detail| {
        let operation = detail["operation"].as_str().unwrap_or_default();
        operation.starts_with("job ")
    });
    let row = |detail: Value| {
        let text = |name: &str| detail["record"][name].as_str().unwrap().to_owned();
        (text("table"), text("id"))
    };
    of_jobs.map(row).collect()
}

fn healed(world: &World) -> usize {
    let lines = world.metrics.lines();
    let of_jobs = |line: &&Value| line["Healed"] == 1 && line["what"] == "failed_job";
    lines.iter().filter(of_jobs).count()
}

#[tokio::test]
async fn a_webhook_that_failed_for_good_is_told_and_counted_once() {
    let (world, case, away) = telling().await;
    assert_eq!(swept(&world).await, 0, "nothing has failed");
    away.store(true, Ordering::SeqCst);
    pause(&world, case, 2).await;
    world.dataverse.jobs_ended().await;
    assert_eq!(swept(&world).await, 1);
    let row = ("incident".to_owned(), case.to_string());
    assert_eq!(told_of_jobs(&world), std::slice::from_ref(&row));
    assert_eq!(healed(&world), 1);
    // What ended within the last quarter of an hour is read again, and is no news.
    assert_eq!(swept(&world).await, 0);
    assert!(told_of_jobs(&world).iter().all(|told| *told == row));
    assert_eq!(healed(&world), 1);
}

#[tokio::test]
async fn a_comment_whose_webhook_failed_is_told_as_the_row_it_is() {
    let (world, case, away) = telling().await;
    away.store(true, Ordering::SeqCst);
    let note = json!({
        "subject": "Chamada", "notetext": "O técnico pasará mañá",
        "objectid_incident@odata.bind": format!("/incidents({case})"),
    });
    world.post("annotations", note).await;
    world.dataverse.jobs_ended().await;
    assert_eq!(swept(&world).await, 1);
    assert_eq!(told_of_jobs(&world)[0].0, "annotation");
    let from = world.bus.published().len();
    world.deliver_from(from).await;
}

#[tokio::test]
async fn webhooks_that_arrived_are_not_told_again() {
    let (world, case, _) = telling().await;
    pause(&world, case, 2).await;
    world.dataverse.jobs_ended().await;
    assert_eq!(swept(&world).await, 0);
    assert_eq!(told_of_jobs(&world), []);
    assert_eq!(healed(&world), 0);
}

#[tokio::test]
async fn without_the_right_to_read_jobs_changes_are_found_all_the_same() {
    let (world, case, away) = telling().await;
    away.store(true, Ordering::SeqCst);
    pause(&world, case, 2).await;
    world.dataverse.jobs_ended().await;
    let refused =
        json!({"target": "dynamics", "match": "/asyncoperations", "status": 403, "times": 9});
    world
        .faults
        .add(serde_json::from_value(refused).unwrap())
        .unwrap();
    world.clock.advance(301);
    let swept = sweep::handle(&world.sweep()).await.unwrap();
    assert_eq!((swept.failed_jobs, swept.changes > 0), (0, true));
    let lines = world.metrics.lines();
    let of_dynamics = |line: &&Value| line["Retried"] == 1 && line["connection"] == "dynamics";
    assert_eq!(
        lines.iter().filter(of_dynamics).count(),
        1,
        "an alarm looks at it"
    );
}

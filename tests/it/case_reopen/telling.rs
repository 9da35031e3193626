//! What a reopening leads to: it is told at once, because what the CRM says of it is an own write and dropped.

use cxloop_domain::record_changed::{Change, RecordChanged};
use cxloop_domain::survey_trigger::Arrival;
use serde_json::json;
use uuid::Uuid;

use super::rate;
use crate::case_write_back::changing::{back, changed, held};
use crate::world::asking::Services;
use crate::world::{Answered, RULES, World};

/// What flows back, and a survey for each time that a case is resolved.
const BACK_AND_ASKED: &str = r#"
write_back:
  fields:
    - { question: CASE_STATUS, column: statuscode }
    - { question: CASE_REOPENED, computed: reopen_count }
surveys:
  rules:
    - name: after-case
      table: incident
      column: statecode
      from: [Active]
      to: [Resolved]
      survey: { connection: wxm, questionnaire: after-case }
      send: { email: { from: "coidado@example.com", subject: "{{ row.ticketnumber }}", text: "{{ link }}" } }
"#;

async fn world() -> World {
    World::with_rules(&format!("{RULES}{BACK_AND_ASKED}")).await
}

/// The changes that were told on the bus.
fn told(world: &World) -> Vec<RecordChanged> {
    let published = world.bus.published();
    let changes = published.iter().filter(|it| it.name == "RecordChanged");
    changes
        .map(|it| serde_json::from_str(&it.detail).unwrap())
        .collect()
}

/// Delivers a change to both functions that act on changes, some time after the one before.
async fn deliver(world: &World, services: &Services, change: &RecordChanged) {
    world.clock.advance(60);
    back(world, change).await.unwrap();
    let arrived = Arrival::Changed(change.clone());
    survey_trigger::handle(&world.survey_trigger(services), arrived)
        .await
        .unwrap();
}

/// An agent resolves the case, and a webhook tells of it.
async fn resolve(world: &World, services: &Services, case: Uuid, operation: &str) {
    world.resolve(case).await;
    let closed = RecordChanged {
        change: Change::Closed,
        ..changed(case, operation)
    };
    deliver(world, services, &closed).await;
}

#[tokio::test]
async fn a_reopening_flows_back_and_reaches_survey_rules_without_the_sweep() {
    let (world, services) = (world().await, Services::default());
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let case = cxloop_domain::identity::case(&key, &"detractor".parse().unwrap());
    resolve(&world, &services, case, "closed").await;
    assert_eq!(services.mail.sent().len(), 1);
    assert_eq!(
        held(&world, &key),
        json!({"CASE_STATUS": "Problem Solved", "CASE_REOPENED": 0})
    );

    rate(&world, case, 1).await;
    let reopened = told(&world);
    assert_eq!(reopened.len(), 1, "{reopened:#?}");
    assert_eq!(reopened[0].record.id, case);
    deliver(&world, &services, &reopened[0]).await;
    assert_eq!(
        held(&world, &key),
        json!({"CASE_STATUS": "In Progress", "CASE_REOPENED": 1})
    );
    assert_eq!(services.mail.sent().len(), 1);

    resolve(&world, &services, case, "closed again").await;
    assert_eq!(
        services.mail.sent().len(),
        2,
        "the state that was left in between is reached again"
    );
}

#[tokio::test]
async fn a_reopening_is_written_back_once_however_often_and_by_whomever_it_is_told() {
    let (world, services) = (world().await, Services::default());
    let case = world.case_of(&Answered::visit(3)).await;
    resolve(&world, &services, case, "closed").await;
    rate(&world, case, 1).await;
    let reopened = told(&world).remove(0);
    deliver(&world, &services, &reopened).await;
    let written = (world.surveys.answers(), world.dataverse.writes().len());

    deliver(&world, &services, &reopened).await;
    world.clock.advance(301);
    sweep::handle(&world.sweep()).await.unwrap();
    let found = told(&world).split_off(1);
    assert!(found.iter().any(|change| change.record.id == case));
    for change in &found {
        deliver(&world, &services, change).await;
    }
    let after = (world.surveys.answers(), world.dataverse.writes().len());
    assert_eq!(after, written, "nothing of ours makes a second write");
    assert_eq!(services.mail.sent().len(), 1, "nobody is asked again");
    assert_eq!(
        told(&world).len(),
        1 + found.len(),
        "no change follows from a change"
    );
}

#[tokio::test]
async fn what_reopens_no_case_is_told_as_no_change() {
    let world = world().await;
    let case = world.case_of(&Answered::visit(3)).await;
    rate(&world, case, 1).await;
    assert_eq!(world.notes(case).await.len(), 2, "only a note is left");
    rate(&world, case, 5).await;
    assert_eq!(told(&world), []);
}

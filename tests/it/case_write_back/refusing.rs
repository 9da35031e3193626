//! What a platform refuses, cannot do, or has forgotten.

use cxloop_domain::events::ResponseReceived;
use cxloop_domain::loops::{LoopState, Replay, Step, StepKind};
use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::RecordChanged;
use cxloop_domain::response::Kind;
use cxloop_ports::{Clock, Loops, NewLoop, Remedy, TiedCase};
use serde_json::json;
use uuid::Uuid;

use super::changing::{Agent, back, back_until_done, changed, held};
use super::{rules, with_case};
use crate::world::World;

async fn failed(world: &World, key: &ResponseKey) -> Vec<Step> {
    let steps = world.history(key).await.steps;
    let failed = steps
        .into_iter()
        .filter(|step| step.what == StepKind::Failed);
    failed.collect()
}

#[tokio::test]
async fn a_field_that_the_platform_cannot_hold_leaves_the_others_and_is_replayed_when_mended() {
    let wrong = rules().replace(
        "{ question: CASE_CLOSED, computed: time_to_close, unit: minutes }",
        "{ question: CASE_CLOSED, column: title }\n    - { question: CASE_NOWHERE, column: title }",
    );
    let (world, key, case) = with_case(&wrong).await;
    back(&world, &changed(case, "1")).await.unwrap();
    assert_eq!(held(&world, &key)["CASE_STATUS"], "In Progress");
    assert_eq!(world.response_notes(&key).len(), 2);
    let refused = failed(&world, &key).await;
    assert_eq!(refused.len(), 2, "{refused:#?}");
    assert!(
        refused
            .iter()
            .any(|step| step.text.contains("CASE_NOWHERE"))
    );
    assert_eq!(world.history(&key).await.head.state, LoopState::Failed);

    // Another event of the same value tries nothing again.
    world.clock.advance(60);
    world.calls.clear(None);
    back(&world, &changed(case, "2")).await.unwrap();
    assert_eq!(world.calls.of("wxm").len(), 0);

    let mended = rules().replace(
        "    - { question: CASE_CLOSED, computed: time_to_close, unit: minutes }\n",
        "    - { question: CASE_CLOSED, computed: reopen_count }\n",
    );
    world.apply(&mended).await;
    let Some(Replay::Changed(again)) = refused
        .iter()
        .find(|step| step.text.contains("CASE_CLOSED"))
        .and_then(|step| step.replay.clone())
    else {
        panic!("a refused field has a replay: {refused:#?}")
    };
    back(&world, &again).await.unwrap();
    assert_eq!(held(&world, &key)["CASE_CLOSED"], 0);
    let left = failed(&world, &key).await;
    assert_eq!(
        left.len(),
        1,
        "what is not configured any more stays for a person: {left:#?}"
    );
}

#[tokio::test]
async fn a_write_that_is_refused_is_tried_field_by_field() {
    let (world, key, case) = with_case(&rules()).await;
    // The whole answer is refused, and then the first single field.
    let rule = json!({"target": "wxm", "match": "/api/answers/update", "status": 400, "times": 2});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    back(&world, &changed(case, "1")).await.unwrap();
    assert_eq!(failed(&world, &key).await.len(), 1);
    assert_eq!(
        held(&world, &key).as_object().unwrap().len(),
        2,
        "{}",
        held(&world, &key)
    );
    assert_eq!(world.response_notes(&key).len(), 2);
}

#[tokio::test]
async fn a_platform_without_notes_and_fields_says_so_once_and_nothing_is_read() {
    let world = World::with_rules(&rules()).await;
    let key: ResponseKey = "generic/r-1".parse().unwrap();
    let new = NewLoop {
        response: key.clone(),
        survey: "visita".into(),
        began_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        score: None,
    };
    let case = Uuid::from_u128(9);
    world.store.begin(&new, &[]).await.unwrap();
    let tied = TiedCase {
        id: case,
        ticket: "CAS-1",
    };
    world
        .store
        .tie_case(&key.loop_id(), &tied, &[])
        .await
        .unwrap();
    for operation in ["1", "2"] {
        back(&world, &changed(case, operation)).await.unwrap();
        world.clock.advance(60);
    }
    assert_eq!(world.calls.of("dynamics").len(), 0);
    let steps = world.history(&key).await.steps;
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert_eq!(steps[0].what, StepKind::NothingDone);
}

#[tokio::test]
async fn an_unknown_column_is_put_aside_and_the_next_write_takes_its_failure_back() {
    let (world, key, case) = with_case(&rules().replace("casetypecode", "new_nothing")).await;
    back(&world, &changed(case, "1")).await.unwrap();
    let refused = failed(&world, &key).await;
    assert_eq!(refused.len(), 1, "{refused:#?}");
    world.apply(&rules()).await;
    back(&world, &changed(case, "2")).await.unwrap();
    assert!(failed(&world, &key).await.is_empty());
    assert_eq!(held(&world, &key)["CASE_CAUSE"], "avaría");
}

#[tokio::test]
async fn a_crm_that_asks_to_wait_is_left_alone_and_its_change_comes_back() {
    let (world, key, case) = with_case(&rules()).await;
    let agent = Agent::new(&world).await;
    agent.set(case, json!({"statuscode": 2})).await;
    let rule =
        json!({"target": "dynamics", "match": "/incidents", "status": 429, "retry_after": 30});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let failure = back(&world, &changed(case, "1")).await.unwrap_err();
    assert!(
        matches!(failure.remedy, Remedy::WaitUntil { .. }),
        "{failure:?}"
    );
    assert!(world.steps(&key).await.contains(&StepKind::Waiting));
    world.clock.advance(61);
    super::back_until_done(&world, &changed(case, "1")).await;
    assert_eq!(held(&world, &key)["CASE_STATUS"], "On Hold");
}

#[tokio::test]
async fn a_change_of_a_connection_that_is_no_crm_is_done_with() {
    let (world, key, case) = with_case(&rules()).await;
    let mut change = changed(case, "1");
    change.connection = "wxm".parse().unwrap();
    back(&world, &change).await.unwrap();
    assert_eq!(world.response_notes(&key).len(), 1);
    let received: ResponseReceived = world.last_received();
    assert_eq!(received.kind, Kind::New);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_process_waits_as_any_other() {
    let (world, key, case) = with_case(&rules()).await;
    let agent = Agent::new(&world).await;
    agent.set(case, json!({"statuscode": 2})).await;
    let lost = json!({"target": "wxm", "match": "/api/Answers/Note/", "drop": "after"});
    world
        .faults
        .add(serde_json::from_value(lost).unwrap())
        .unwrap();
    let deps = world.case_write_back();
    let change = changed(case, "1");
    case_write_back::handle(&deps, change.clone())
        .await
        .unwrap_err();
    world.calls.clear(None);
    let waits = case_write_back::handle(&deps, change.clone())
        .await
        .unwrap_err();
    assert!(matches!(waits.remedy, Remedy::ComeBack { .. }), "{waits:?}");
    assert_eq!(
        world.calls.of("wxm"),
        [],
        "the note may still be on its way"
    );
    back_until_done(&world, &change).await;
    let told = world.response_notes(&key);
    let told = told.iter().filter(|note| note.contains("On Hold"));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_change_of_a_case_that_is_not_tied_yet_waits_for_the_tie() {
    let world = World::with_rules(&rules()).await;
    let opened_just_now = cxloop_domain::identity::derive("case", &["wxm/r-404", "detractor"]);
    let change = |case| RecordChanged {
        happened_at: world.clock.now(),
        ..changed(case, "1")
    };
    let waits = back(&world, &change(opened_just_now)).await.unwrap_err();
    assert!(matches!(waits.remedy, Remedy::ComeBack { .. }), "{waits:?}");
    let of_somebody_else = Uuid::from_u128(0x5a4d_0c5a_0000_4000_8000_0000_0000_0001);
    back(&world, &change(of_somebody_else)).await.unwrap();
    let long_ago = RecordChanged {
        happened_at: world.clock.now() - jiff::SignedDuration::from_hours(2),
        ..change(opened_just_now)
    };
    back(&world, &long_ago).await.unwrap();
}

#[tokio::test]
async fn a_version_that_was_written_already_costs_no_request() {
    let (world, _, case) = with_case(&rules()).await;
    let agent = Agent::new(&world).await;
    agent.set(case, json!({"statuscode": 2})).await;
    back_until_done(&world, &changed(case, "1")).await;
    let row = world
        .rows(
            "incidents",
            &format!("$select=versionnumber&$filter=incidentid eq {case}"),
        )
        .await
        .remove(0);
    world.clock.advance(60);
    world.calls.clear(None);
    let found = RecordChanged {
        row_version: row["versionnumber"].as_u64(),
        ..changed(case, "found")
    };
    assert!(found.row_version.is_some(), "{row}");
    back(&world, &found).await.unwrap();
    assert_eq!(world.calls.of("dynamics"), []);
    assert_eq!(world.calls.of("wxm"), []);
}

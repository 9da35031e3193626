//! What an agent does with a case stands on the response, once, and nothing of ours comes back.

mod attached;
pub(crate) mod changing;
mod fired;
mod merging;
mod refusing;
mod schedules;

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::loops::StepKind;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::RecordChanged;
use cxloop_ports::Failure;
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step, run_twice};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answered, RULES, World};
use changing::{back, back_until_done, changed, fields, held};

/// The rules of most tests, and what flows back.
fn rules() -> String {
    format!(
        r#"{RULES}
write_back:
  comments: {{ subject_starts_with: "[public]", activity_column: category, activity_value: public }}
  fields:
    - {{ question: CASE_STATUS, column: statuscode }}
    - {{ question: CASE_CAUSE, column: casetypecode, map: {{ Problem: avaría }} }}
    - {{ question: CASE_FIRST_RESPONSE, computed: time_to_first_response, unit: minutes }}
    - {{ question: CASE_CLOSED, computed: time_to_close, unit: minutes }}
    - {{ question: CASE_REOPENED, computed: reopen_count }}
"#
    )
}

/// A case of a response on the survey platform.
async fn with_case(rules: &str) -> (World, ResponseKey, Uuid) {
    let world = World::with_rules(rules).await;
    let (key, case) = opened(&world, 3).await;
    (world, key, case)
}

async fn opened(world: &World, nps: i64) -> (ResponseKey, Uuid) {
    let key = world.answer(&Answered::visit(nps));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let case = cxloop_domain::identity::case(&key, &"detractor".parse().unwrap());
    (key, case)
}

#[tokio::test]
async fn status_comments_cause_and_times_stand_on_the_response_with_few_requests() {
    let (world, key, case) = with_case(&rules()).await;
    let agent = changing::Agent::new(&world).await;
    world.clock.advance(1_800);
    agent
        .note(
            case,
            "[public] Peza",
            "<p>A peza chega ma&ntilde;&aacute;</p>",
        )
        .await;
    agent
        .note(case, "Interno", "Non llo digas ao cliente")
        .await;
    agent.set(case, json!({"statuscode": 2})).await;
    back(&world, &changed(case, "1")).await.unwrap();
    let notes = world.response_notes(&key);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[1].contains("On Hold") && notes[1].contains("– A peza chega mañá"),
        "{}",
        notes[1]
    );
    assert!(!notes[1].contains("Non llo digas"), "{}", notes[1]);
    assert_eq!(
        held(&world, &key),
        json!({"CASE_STATUS": "On Hold", "CASE_CAUSE": "avaría", "CASE_FIRST_RESPONSE": 30, "CASE_REOPENED": 0})
    );

    world.clock.advance(240);
    world.resolve(case).await;
    world.calls.clear(None);
    back(&world, &changed(case, "2")).await.unwrap();
    let asked = |target| -> Vec<String> {
        let calls = world.calls.of(target);
        let line = |call: &cxloop_sandbox::stand_in::Call| {
            let path = call.path.split(['?', '(']).next().unwrap().to_owned();
            let path = path.replace(key.response.as_str(), "{id}");
            format!("{} {path}", call.method)
        };
        let api = calls.iter().filter(|call| call.path.starts_with("/api/"));
        api.map(line).collect()
    };
    assert_eq!(asked("dynamics"), ["GET /api/data/v9.2/incidents"]);
    assert_eq!(
        asked("wxm"),
        [
            "GET /api/Answer/{id}",
            "POST /api/answers/update",
            "POST /api/Answers/Note/{id}"
        ]
    );
    let notes = world.response_notes(&key);
    assert_eq!(notes.len(), 3);
    assert!(notes[2].contains("Problem Solved"), "{}", notes[2]);
    assert!(
        notes[2].contains("What was done: Chamamos ao cliente"),
        "{}",
        notes[2]
    );
    assert!(!notes[2].contains("A peza"), "told once: {}", notes[2]);
    assert_eq!(held(&world, &key)["CASE_CLOSED"], 34);
    let answer = world.surveys.answer(key.response.as_str()).unwrap();
    assert_eq!(
        answer.responses.len(),
        4 + 5,
        "what the customer said is still there"
    );
    let steps = world.steps(&key).await;
    assert_eq!(
        steps
            .iter()
            .filter(|step| **step == StepKind::WrittenBack)
            .count(),
        2
    );
    let counted = world
        .metrics
        .text()
        .matches("SecondsToWriteBack\":")
        .count();
    assert_eq!(counted, 2, "{}", world.metrics.text());
}

#[tokio::test]
async fn nothing_of_ours_makes_a_second_write() {
    let (world, key, case) = with_case(&rules()).await;
    back(&world, &changed(case, "1")).await.unwrap();
    let before = (world.response_notes(&key), held(&world, &key));
    // The note of a second response, as case rules leave it on a case: ours by its id.
    let desk = world.desk().await;
    let note = cxloop_domain::cases::NoteDraft {
        id: cxloop_domain::identity::note(&key, &"other".parse().unwrap()),
        subject: "[public] NPS 2".into(),
        text: "Outra resposta".into(),
    };
    desk.add_note(case, &note).await.unwrap();
    world.clock.advance(60);
    world.calls.clear(None);
    back(&world, &changed(case, "2")).await.unwrap();
    assert_eq!(
        world.calls.of("wxm").len(),
        0,
        "nothing to write, nothing asked"
    );
    assert_eq!((world.response_notes(&key), held(&world, &key)), before);
}

#[tokio::test]
async fn a_burst_of_changes_is_one_more_write_and_the_last_state_stands() {
    let (world, key, case) = with_case(&rules()).await;
    let agent = changing::Agent::new(&world).await;
    back(&world, &changed(case, "first")).await.unwrap();
    let written = fields(&world, &key).len();
    assert!(written > 0);
    world.calls.clear(None);
    let mut coming_back = Vec::new();
    for number in 0..50 {
        let status = [2, 3, 4][number % 3];
        agent.set(case, json!({"statuscode": status})).await;
        let change = changed(case, &format!("burst-{number}"));
        if back(&world, &change).await.is_err() {
            coming_back.push(change);
        }
    }
    assert_eq!(
        coming_back.len(),
        1,
        "one has the follow-up, the others are done"
    );
    assert_eq!(world.calls.of("wxm").len(), 0, "nothing yet");
    world.clock.advance(6);
    back(&world, &coming_back[0]).await.unwrap();
    assert_eq!(held(&world, &key)["CASE_STATUS"], "Waiting for Details");
    assert_eq!(world.response_notes(&key).len(), 3);
}

#[tokio::test]
async fn a_note_on_the_case_is_followed_to_its_case_and_other_rows_are_left_alone() {
    let (world, key, case) = with_case(&rules()).await;
    let agent = changing::Agent::new(&world).await;
    let note = agent.note(case, "[public] x", "Chamámolo onte").await;
    back(
        &world,
        &changing::changed_row("annotation", note, None, "1"),
    )
    .await
    .unwrap();
    assert!(world.response_notes(&key)[1].contains("Chamámolo onte"));
    world.clock.advance(60);
    let about = changing::changed_row(
        "annotation",
        Uuid::from_u128(1),
        Some(("contact", case)),
        "2",
    );
    let gone = changing::changed_row("email", Uuid::from_u128(2), None, "3");
    let stranger = changed(Uuid::from_u128(404), "4");
    world.calls.clear(None);
    for change in [about, gone, stranger] {
        back(&world, &change).await.unwrap();
    }
    assert_eq!(world.calls.of("wxm").len(), 0);
    assert_eq!(world.response_notes(&key).len(), 2);
}

/// One change of a case, delivered to the function.
struct OneChange;

#[async_trait]
impl Scenario for OneChange {
    type World = (World, ResponseKey, RecordChanged);

    async fn world(&self, interruptions: &Arc<Interruptions>) -> Self::World {
        let world = World::interrupted(&rules(), interruptions).await;
        let (key, case) = opened(&world, 3).await;
        let agent = changing::Agent::new(&world).await;
        agent.note(case, "[public] Peza", "A peza chegou").await;
        agent.set(case, json!({"statuscode": 2})).await;
        (world, key, changed(case, "1"))
    }

    async fn deliver(&self, (world, _, change): &Self::World) -> Result<(), Failure> {
        case_write_back::handle(&world.case_write_back(), change.clone()).await
    }

    /// A worker that died holds its lease for a minute.
    async fn before_redelivery(&self, (world, _, _): &Self::World) {
        world.clock.advance(61);
    }

    async fn end_state(&self, (world, key, _): &Self::World) -> Value {
        json!({ "all": world.everything().await, "fields": held(world, key) })
    }
}

#[tokio::test]
async fn every_step_may_happen_twice() {
    let calls = run_twice(&OneChange).await;
    assert!(calls.contains(&"survey_platform.write_back"), "{calls:#?}");
}

#[tokio::test]
async fn every_step_may_fail_before_or_after_its_effect() {
    let calls = fail_at_every_step(&OneChange).await;
    insta::assert_json_snapshot!(calls);
}

#[tokio::test]
async fn a_worker_killed_over_its_write_loses_nothing_and_writes_nothing_twice() {
    let (world, key, case) = with_case(&rules()).await;
    for drop in ["before", "after"] {
        for line in ["/api/answers/update", "/api/Answers/Note"] {
            let rule = json!({"target": "wxm", "match": line, "drop": drop});
            world
                .faults
                .add(serde_json::from_value(rule).unwrap())
                .unwrap();
            let agent = changing::Agent::new(&world).await;
            let text = format!("{drop} {line}");
            agent.note(case, "[public]", &text).await;
            let status = if drop == "before" { 2 } else { 3 };
            agent.set(case, json!({"statuscode": status})).await;
            let change = changed(case, &text);
            back(&world, &change).await.unwrap_err();
            // The worker is gone and its lease runs on; the message comes again.
            back_until_done(&world, &change).await;
            let notes = world.response_notes(&key);
            assert_eq!(
                notes.iter().filter(|note| note.contains(&text)).count(),
                1,
                "{notes:#?}"
            );
            world.clock.advance(61);
        }
    }
    assert_eq!(held(&world, &key)["CASE_STATUS"], "Waiting for Details");
}

mod arriving;
mod deadline;
mod signals;

use std::sync::{LazyLock, Mutex};

use cxloop_domain::events::Event;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::Remedy;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::test_doubles::{HandClock, RecordedGates, RecordedPostpone, RecordedSignals};

/// An event of this test's own.
#[derive(Serialize, Deserialize)]
struct Rung {
    by: String,
}

impl Event for Rung {
    const NAME: &'static str = "Rung";

    fn id(&self) -> Uuid {
        Uuid::nil()
    }

    fn connection(&self) -> &ConnectionName {
        static WXM: LazyLock<ConnectionName> = LazyLock::new(|| "wxm".parse().unwrap());
        &WXM
    }
}

struct Scene {
    signals: Arc<RecordedSignals>,
    gates: Arc<RecordedGates>,
    postpone: Arc<RecordedPostpone>,
    clock: Arc<HandClock>,
    worker: QueueWorker,
}

fn scene(gates: RecordedGates, postpone: RecordedPostpone) -> Scene {
    let (gates, postpone) = (Arc::new(gates), Arc::new(postpone));
    let clock = HandClock::at("2026-03-02T10:00:00Z");
    let signals = Arc::new(RecordedSignals::default());
    let worker = QueueWorker {
        name: "test",
        gates: gates.clone(),
        postpone: postpone.clone(),
        signals: signals.clone(),
        clock: clock.clone(),
    };
    Scene {
        signals,
        clock,
        gates,
        postpone,
        worker,
    }
}

fn ring(by: &str) -> String {
    json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "Rung", "source": "cxloop",
        "account": "000000000000", "time": "2026-03-02T10:00:00Z", "region": "eu-west-1", "resources": [],
        "detail": { "by": by, "event_id": "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5" }
    })
    .to_string()
}

fn batch(messages: &[(Value, &str)]) -> SqsEvent {
    let records: Vec<Value> = messages
        .iter()
        .map(|(id, body)| json!({ "messageId": id, "body": body }))
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Later than any batch of these tests ends.
fn no_hurry() -> Timestamp {
    "2026-03-02T10:15:00Z".parse().unwrap()
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    response
        .batch_item_failures
        .iter()
        .map(|item| item.item_identifier.as_str())
        .collect()
}

async fn fails_with(scene: &Scene, failure: Failure) -> bool {
    let response = run(
        &scene.worker,
        batch(&[("m".into(), &ring("Antía"))]),
        no_hurry(),
        |_: Rung| async { Err::<(), _>(failure.clone()) },
    )
    .await;
    !failed(&response.unwrap()).is_empty()
}

#[tokio::test]
async fn one_good_one_unparsable_one_panicking_and_one_empty_message_fail_exactly_the_last_three() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let (good, panicking) = (ring("Antía"), ring("pánico"));
    let messages = [
        ("good".into(), good.as_str()),
        ("unparsable".into(), "{\"detail\":"),
        ("panicking".into(), &panicking),
        ("empty".into(), "{}"),
    ];
    let seen = Mutex::new(Vec::new());
    let response = run(&scene.worker, batch(&messages), no_hurry(), |rung: Rung| {
        assert_ne!(rung.by, "pánico", "before the first await");
        seen.lock().unwrap().push(rung.by);
        async { Ok(()) }
    })
    .await
    .unwrap();
    assert_eq!(failed(&response), ["unparsable", "panicking", "empty"]);
    assert_eq!(*seen.lock().unwrap(), ["Antía"]);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_the_work_fails_only_its_message() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let (first, second) = (ring("pánico"), ring("Antía"));
    let messages = [("1".into(), first.as_str()), ("2".into(), second.as_str())];
    let response = run(
        &scene.worker,
        batch(&messages),
        no_hurry(),
        |rung: Rung| async move {
            futures::future::ready(()).await;
            assert_ne!(rung.by, "pánico");
            Ok(())
        },
    )
    .await
    .unwrap();
    assert_eq!(failed(&response), ["1"]);
}

#[tokio::test]
async fn an_event_without_id_of_another_name_source_or_shape_fails() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let changed = |pointer: &str, value: Value| {
        let mut event: Value = serde_json::from_str(&ring("Antía")).unwrap();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let bodies = [
        changed("/id", "".into()),
        changed("/id", Value::Null),
        changed("/detail-type", "Silenced".into()),
        changed("/source", "aws.s3".into()),
        changed("/detail", json!({ "of": 1 })),
        changed("/detail", Value::Null),
        String::new(),
        "null".into(),
    ];
    for body in &bodies {
        let response = run(
            &scene.worker,
            batch(&[("m".into(), body)]),
            no_hurry(),
            |_: Rung| async { Ok(()) },
        )
        .await
        .unwrap();
        assert_eq!(failed(&response), ["m"], "{body}");
    }
}

#[tokio::test]
async fn a_record_without_id_fails_the_whole_batch_before_anything_is_handled() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    for id in [Value::Null, "".into()] {
        let body = ring("Antía");
        let messages = [("good".into(), body.as_str()), (id, body.as_str())];
        let handled = Mutex::new(0);
        let outcome = run(&scene.worker, batch(&messages), no_hurry(), |_: Rung| {
            *handled.lock().unwrap() += 1;
            async { Ok(()) }
        })
        .await;
        assert_eq!(outcome.unwrap_err(), RecordWithoutId);
        assert_eq!(*handled.lock().unwrap(), 0);
    }
}

#[tokio::test]
async fn a_far_side_that_asks_for_quiet_closes_its_connection_and_the_message_waits() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let until: jiff::Timestamp = "2026-03-02T10:00:07.2Z".parse().unwrap();
    let remedy = Remedy::WaitUntil {
        connection: "dynamics".parse().unwrap(),
        until,
    };
    assert!(!fails_with(&scene, Failure::new(remedy, "Dynamics asks to wait", "")).await);
    assert_eq!(
        *scene.gates.closed.lock().unwrap(),
        [("dynamics".parse().unwrap(), until)]
    );
    assert_eq!(*scene.postpone.sent.lock().unwrap(), [(ring("Antía"), 8)]);
}

#[tokio::test]
async fn a_gate_that_cannot_be_closed_does_not_keep_the_message_from_waiting() {
    let scene = scene(
        RecordedGates {
            down: true,
            ..RecordedGates::default()
        },
        RecordedPostpone::default(),
    );
    let remedy = Remedy::WaitUntil {
        connection: "dynamics".parse().unwrap(),
        until: "2027-01-01T00:00:00Z".parse().unwrap(),
    };
    assert!(!fails_with(&scene, Failure::new(remedy, "Dynamics asks to wait", "")).await);
    assert_eq!(scene.postpone.sent.lock().unwrap()[0].1, 900);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_again_stays_in_the_queue() {
    let scene = scene(
        RecordedGates::default(),
        RecordedPostpone {
            down: true,
            ..RecordedPostpone::default()
        },
    );
    assert!(fails_with(&scene, Failure::come_back(5, "somebody else is at it")).await);
    assert!(fails_with(&scene, Failure::mend("no such secret", "")).await);
}

#[tokio::test]
async fn every_remedy_has_its_ending() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    assert!(!fails_with(&scene, Failure::retry("down", "")).await);
    assert!(!fails_with(&scene, Failure::mend("no such secret", "")).await);
    assert!(!fails_with(&scene, Failure::park("refused", "")).await);
    assert!(!fails_with(&scene, Failure::come_back(5000, "later")).await);
    assert_eq!(
        *scene.postpone.sent.lock().unwrap(),
        [
            (ring("Antía"), 5),
            (ring("Antía"), 60),
            (ring("Antía"), 900)
        ]
    );
}

#[tokio::test]
async fn trouble_that_lasts_is_waited_out_and_an_event_of_long_ago_is_not() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let today = ring("Antía");
    let long_ago = today.replace("2026-03-02T10:00:00Z", "2026-02-28T10:00:00Z");
    let timeless = today.replace("\"time\"", "\"when\"");
    let garbled = today.replace("2026-03-02T10:00:00Z", "onte");
    let record = |id: &str, body: &str, receives: Value| json!({ "messageId": id, "body": body, "attributes": receives });
    let times = |receives: u32| json!({ "ApproximateReceiveCount": receives.to_string() });
    let records = [
        record("third", &today, times(3)),
        record("fourth", &today, times(4)),
        record("uncounted", &today, json!({})),
        record("long ago", &long_ago, times(4)),
        record("timeless", &timeless, times(4)),
        record("garbled", &garbled, times(4)),
    ];
    let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    let response = run(&scene.worker, batch, no_hurry(), |_: Rung| async {
        Err::<(), _>(Failure::retry("Dynamics is down", ""))
    })
    .await
    .unwrap();
    assert_eq!(failed(&response), ["long ago"]);
    assert_eq!(
        *scene.postpone.sent.lock().unwrap(),
        [
            (today.clone(), 5),
            (today.clone(), 5),
            (today, 5),
            (timeless, 900),
            (garbled, 900)
        ]
    );
}

#[tokio::test]
async fn an_empty_batch_is_done() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let response = run(&scene.worker, batch(&[]), no_hurry(), |_: Rung| async {
        Ok(())
    })
    .await
    .unwrap();
    assert!(failed(&response).is_empty());
}

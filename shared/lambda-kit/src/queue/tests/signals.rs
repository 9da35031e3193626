//! What is counted of messages, and the trace that their work runs under.

use super::*;
use crate::trace;

#[tokio::test]
async fn what_is_tried_again_waits_or_is_put_aside_is_counted_and_what_comes_back_is_not() {
    let wait = Remedy::WaitUntil {
        connection: "dynamics".parse().unwrap(),
        until: "2026-03-02T10:00:07Z".parse().unwrap(),
    };
    for (failure, counted) in [
        (Failure::retry("down", ""), Some(("Retried", "wxm"))),
        (
            Failure::mend("no such secret", ""),
            Some(("Retried", "wxm")),
        ),
        (Failure::park("refused", ""), Some(("Parked", "wxm"))),
        (
            Failure::new(wait, "Dynamics asks to wait", ""),
            Some(("Throttled", "dynamics")),
        ),
        (Failure::come_back(5, "somebody else is at it"), None),
    ] {
        let scene = scene(RecordedGates::default(), RecordedPostpone::default());
        fails_with(&scene, failure.clone()).await;
        let seen = scene.signals.0.lock().unwrap().clone();
        let expected: Vec<_> = counted
            .map(|(name, connection)| (name, Some(connection.parse().unwrap())))
            .into_iter()
            .collect();
        assert_eq!(seen, expected, "{failure:?}");
    }
}

#[tokio::test]
async fn what_nobody_can_read_is_counted_without_a_connection() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let batch = batch(&[("m".into(), "{}")]);
    let done = run(&scene.worker, batch, no_hurry(), |_: Rung| async { Ok(()) });
    assert_eq!(failed(&done.await.unwrap()), ["m"]);
    assert_eq!(*scene.signals.0.lock().unwrap(), [("Retried", None)]);
}

#[tokio::test]
async fn each_message_is_handled_under_the_trace_that_its_event_carries() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let with = |trace: Value| {
        let mut event: Value = serde_json::from_str(&ring("Antía")).unwrap();
        event["detail"]["trace"] = trace;
        event.to_string()
    };
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let bodies = [
        with(root.into()),
        ring("Antía"),
        with("Antía Núñez".into()),
        with(7.into()),
    ];
    let messages: Vec<(Value, &str)> = bodies
        .iter()
        .map(|body| ("m".into(), body.as_str()))
        .collect();
    let seen = Mutex::new(Vec::new());
    let done = run(
        &scene.worker,
        batch(&messages),
        no_hurry(),
        |_: Rung| async {
            let work = trace::work().unwrap();
            seen.lock().unwrap().push((work.function, work.trace));
            Ok(())
        },
    );
    assert_eq!(failed(&done.await.unwrap()), Vec::<&str>::new());
    let untraced = ("test", None);
    let traced = ("test", Some(root.parse().unwrap()));
    assert_eq!(
        *seen.lock().unwrap(),
        [traced, untraced, untraced, untraced]
    );
}

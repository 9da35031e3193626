//! A batch and the time that is left for it.

use super::*;

/// Delivers three messages, each of which takes some seconds, and returns who was begun and who was sent again. None of
/// them may fail, because that counts.
async fn three(seconds_each: i64, deadline: &str) -> (Vec<String>, Vec<String>) {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let (begun, failed) = three_in(&scene, seconds_each, deadline).await;
    assert!(failed.is_empty(), "{failed:?}");
    let sent = scene.postpone.sent.lock().unwrap();
    assert!(sent.iter().all(|(_, delay_seconds)| *delay_seconds == 1));
    let sent = sent.iter().map(|(body, _)| who(body)).collect();
    (begun, sent)
}

fn who(body: &str) -> String {
    let event: Value = serde_json::from_str(body).unwrap();
    event["detail"]["by"].as_str().unwrap().to_owned()
}

/// As [`three`], and returns what failed.
async fn three_in(scene: &Scene, seconds_each: i64, deadline: &str) -> (Vec<String>, Vec<String>) {
    let bodies = ["Antía", "Brais", "Carme"].map(ring);
    let messages = [
        ("1".into(), bodies[0].as_str()),
        ("2".into(), bodies[1].as_str()),
        ("3".into(), bodies[2].as_str()),
    ];
    let begun = Mutex::new(Vec::new());
    let deadline = deadline.parse().unwrap();
    let response = run(&scene.worker, batch(&messages), deadline, |rung: Rung| {
        begun.lock().unwrap().push(rung.by);
        scene.clock.advance_seconds(seconds_each);
        async { Ok(()) }
    })
    .await
    .unwrap();
    let failed = failed(&response).into_iter().map(str::to_owned).collect();
    (begun.into_inner().unwrap(), failed)
}

#[tokio::test]
async fn what_cannot_be_ended_in_time_is_not_begun_and_comes_again() {
    let (begun, again) = three(4, "2026-03-02T10:00:30Z").await;
    assert_eq!(begun, ["Antía", "Brais"], "26 s were left for the second");
    assert_eq!(again, ["Carme"], "and 22 s for the third");
    let (begun, again) = three(5, "2026-03-02T10:00:30Z").await;
    assert_eq!(
        (begun.len(), again),
        (2, vec!["Carme".to_owned()]),
        "25 s are enough"
    );
}

#[tokio::test]
async fn a_request_that_hung_costs_the_others_neither_a_receive_nor_the_process() {
    let (begun, again) = three(28, "2026-03-02T10:00:30Z").await;
    assert_eq!(begun, ["Antía"]);
    assert_eq!(again, ["Brais", "Carme"]);
}

#[tokio::test]
async fn a_function_with_little_time_still_does_one_message_at_a_time() {
    let (begun, again) = three(1, "2026-03-02T10:00:05Z").await;
    assert_eq!(begun, ["Antía"]);
    assert_eq!(again, ["Brais", "Carme"]);
}

#[tokio::test]
async fn what_was_not_begun_and_cannot_be_sent_again_stays_in_the_queue() {
    let down = RecordedPostpone {
        down: true,
        ..RecordedPostpone::default()
    };
    let scene = scene(RecordedGates::default(), down);
    let (begun, failed) = three_in(&scene, 28, "2026-03-02T10:00:30Z").await;
    assert_eq!(begun, ["Antía"]);
    assert_eq!(failed, ["2", "3"]);
}

#[tokio::test]
async fn a_deadline_that_was_over_before_is_none() {
    let (begun, again) = three(60, "1970-01-01T00:10:00Z").await;
    assert_eq!(begun.len(), 3);
    assert!(again.is_empty());
}

//! A queue that takes several events.

use cxloop_domain::survey_trigger::Arrival;

use super::*;

fn message(source: &str, name: &str, detail: Value) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(name.to_owned());
    let body = json!({ "id": "e", "source": source, "detail-type": name, "time": "2026-03-02T10:00:00Z", "detail": detail });
    message.body = Some(body.to_string());
    message
}

#[tokio::test]
async fn each_event_of_a_queue_comes_to_its_handler_and_what_asks_for_nothing_is_done_with() {
    let scene = scene(RecordedGates::default(), RecordedPostpone::default());
    let invitation = Uuid::from_u128(7);
    let mut batch = SqsEvent::default();
    let tags = json!({ "tags": { "cxloop-invitation": [invitation] } });
    batch.records = vec![
        message(
            "cxloop",
            "InvitationDue",
            json!({ "connection": "dynamics", "invitation": invitation }),
        ),
        message(
            "aws.ses",
            "Email Delivered",
            json!({ "eventType": "Delivery", "mail": tags }),
        ),
        message(
            "aws.ses",
            "Email Opened",
            json!({ "eventType": "Open", "mail": tags }),
        ),
        message("cxloop", "Rung", json!({ "by": "Antía" })),
    ];
    let seen = Mutex::new(Vec::new());
    let response = run(&scene.worker, batch, Timestamp::MAX, |arrival: Arrival| {
        seen.lock().unwrap().push(arrival.clone());
        async move {
            match arrival {
                Arrival::Reported(_) => Err(Failure::park("non", "")),
                _ => Ok(()),
            }
        }
    });
    let response = response.await.unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(
        matches!(seen[..], [Arrival::Due(_), Arrival::Reported(_)]),
        "{seen:?}"
    );
    let failed: Vec<&str> = response
        .batch_item_failures
        .iter()
        .map(|failed| failed.item_identifier.as_str())
        .collect();
    assert_eq!(
        failed,
        ["Rung"],
        "what does not belong into the queue fails"
    );
    let counted = scene.signals.0.lock().unwrap();
    assert_eq!(counted[0].1, None, "a report names no connection");
}

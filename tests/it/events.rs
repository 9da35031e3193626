//! The raw events under `events/`, handed to the functions as AWS hands them over.

use std::sync::Arc;

use cxloop_domain::events::{Event, ResponseReceived};
use cxloop_lambda_kit::queue::{self, QueueWorker};
use cxloop_ports::{Failure, Remedy};
use cxloop_testkit::fakes::FakePostpone;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::world::{RULES, World};

fn text(name: &str) -> String {
    let path = format!("{}/../events/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Delivers the batch in a file, one message after another, and returns the ids of those that are to come again.
async fn deliver<E, F, Fut>(world: &World, name: &str, handle: F) -> Vec<String>
where
    E: Event + DeserializeOwned,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let worker = QueueWorker {
        name: "test",
        gates: world.store.clone(),
        postpone: Arc::new(FakePostpone::default()),
        signals: world.signals("test"),
        clock: world.clock.clone(),
    };
    let batch = serde_json::from_str(&text(name)).unwrap();
    let no_hurry = jiff::Timestamp::MAX;
    let answer = queue::run(&worker, batch, no_hurry, handle).await.unwrap();
    answer
        .batch_item_failures
        .into_iter()
        .map(|failure| failure.item_identifier)
        .collect()
}

fn ids_of(name: &str) -> Vec<String> {
    let batch: Value = serde_json::from_str(&text(name)).unwrap();
    let records = batch["Records"].as_array().unwrap();
    records
        .iter()
        .map(|record| record["messageId"].as_str().unwrap().to_owned())
        .collect()
}

/// A world that has the answer of which the raw webhooks speak, and the secret path that they were sent to.
async fn world() -> World {
    let world = World::with_rules(RULES).await;
    world.secrets.set("cxloop/wxm", "webhook_token", "sandbox");
    let path = format!(
        "{}/../tools/sandbox/data/known-answer.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let known = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    world.surveys.keep_known_answer(known);
    world
}

#[tokio::test]
async fn the_chain_of_raw_events_makes_one_case() {
    let world = world().await;
    let request = lambda_http::request::from_str(&text("webhooks/wxm-camel-case.json")).unwrap();
    assert_eq!(
        webhooks::handle(&world.webhooks(), request).await.status(),
        200
    );

    let intake = world.response_intake();
    let again = deliver(&world, "response-intake/hinted-wxm.json", |e| {
        response_intake::handle(&intake, e)
    })
    .await;
    assert_eq!(again, Vec::<String>::new());

    let cases = world.response_to_case();
    for delivery in 1..=2 {
        let again = deliver(&world, "response-to-case/new-wxm.json", |e| {
            response_to_case::handle(&cases, e)
        })
        .await;
        assert_eq!(again, Vec::<String>::new());
        let made = world.cases().await;
        assert_eq!(made.len(), 1, "delivery {delivery}");
        assert_eq!(made[0]["title"], "Xoán Piñeiro Ríos scored 3");
        assert!(
            text("README.md").contains(made[0]["incidentid"].as_str().unwrap()),
            "the table names the case"
        );
    }

    let write_back = format!("{RULES}write_back: {{ language: gl }}\n");
    world.apply(&write_back).await;
    let back = world.case_write_back();
    for delivery in 1..=2 {
        let again = deliver(&world, "case-write-back/case-changed.json", |e| {
            case_write_back::handle(&back, e)
        })
        .await;
        assert_eq!(again, Vec::<String>::new());
        let answer = world.surveys.answer("6721f0c4b7d2a93e5c180f64").unwrap();
        let notes = answer.notes.unwrap();
        assert_eq!(notes.len(), 2, "delivery {delivery}");
        assert!(notes[1].note.contains("In Progress"), "{}", notes[1].note);
        world.clock.advance(60);
    }
}

#[tokio::test]
async fn a_mixed_batch_fails_exactly_what_cannot_be_handled() {
    let world = world().await;
    let cases = world.response_to_case();
    let again = deliver(&world, "response-to-case/mixed-batch.json", |e| {
        response_to_case::handle(&cases, e)
    })
    .await;
    assert_eq!(again, ids_of("response-to-case/mixed-batch.json")[1..]);
}

#[tokio::test]
async fn the_known_answer_is_the_one_of_which_the_raw_webhooks_speak() {
    let path = format!(
        "{}/../tools/sandbox/data/known-answer.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let known: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let envelope: Value = serde_json::from_str(&text("webhooks/wxm-camel-case.json")).unwrap();
    let body: Value = serde_json::from_str(envelope["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["answer"], known);
}

/// The event in the first message of a batch.
fn first_event(name: &str) -> ResponseReceived {
    let batch: Value = serde_json::from_str(&text(name)).unwrap();
    let envelope: Value =
        serde_json::from_str(batch["Records"][0]["body"].as_str().unwrap()).unwrap();
    serde_json::from_value(envelope["detail"].clone()).unwrap()
}

#[tokio::test]
async fn an_event_in_the_queue_of_another_function_is_left_for_its_own() {
    let world = world().await;
    let about_case = first_event("case-reopen/about-case.json");
    let cases = world.response_to_case();
    assert!(
        response_to_case::handle(&cases, about_case)
            .await
            .is_err_and(|failure| failure.remedy != Remedy::Park)
    );
    let new = first_event("response-to-case/new.json");
    let reopen = world.case_reopen();
    assert!(
        case_reopen::handle(&reopen, new)
            .await
            .is_err_and(|failure| failure.remedy != Remedy::Park)
    );
    assert_eq!(world.cases().await.len(), 0);
}

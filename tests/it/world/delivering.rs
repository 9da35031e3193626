//! The bus and the queues between the functions, with everything that lies in them kept for looking at.

use std::sync::Arc;

use cxloop_domain::events::Outgoing;
use cxloop_lambda_kit::queue::{self, QueueWorker};
use cxloop_ports::Clock;
use cxloop_testkit::fakes::FakePostpone;
use serde_json::{Value, json};

use super::World;

/// What became of the messages of one delivery.
#[derive(Default)]
pub(crate) struct Delivered {
    /// The messages as they lay in the queues.
    pub(crate) bodies: Vec<String>,
    /// Those that were sent again with a delay.
    pub(crate) sent_again: Vec<String>,
    /// Those that failed, which the queue hands to the dead letters as they are.
    pub(crate) failed: Vec<String>,
}

impl World {
    /// Delivers an event as the bus puts it into the queue of the function that it is for, by the rules of the template.
    pub(crate) async fn deliver(&self, event: &Outgoing) -> Delivered {
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        let body = json!({
            "version": "0", "id": event.id, "detail-type": event.name, "source": "cxloop", "account": "000000000000",
            "time": self.clock.now().to_string(), "region": "eu-west-1", "resources": [], "detail": detail,
        });
        let function = match (event.name, detail["kind"].as_str()) {
            ("ResponseHinted", _) => "response-intake",
            ("ResponseReceived", Some("about_case")) => "case-reopen",
            ("RecordChanged", _) => "case-write-back",
            _ => "response-to-case",
        };
        self.deliver_message(function, body.to_string()).await
    }

    /// Delivers one message, whatever it holds, to a function.
    pub(crate) async fn deliver_message(&self, function: &'static str, body: String) -> Delivered {
        let postpone = Arc::new(FakePostpone::default());
        let worker = QueueWorker {
            name: function,
            gates: self.store.clone(),
            postpone: postpone.clone(),
            signals: self.signals(function),
            clock: self.clock.clone(),
        };
        let record = json!({ "messageId": "m-1", "body": body });
        let batch = serde_json::from_value(json!({ "Records": [record] })).unwrap();
        let no_hurry = jiff::Timestamp::MAX;
        let answer = match function {
            "response-intake" => {
                let deps = self.response_intake();
                queue::run(&worker, batch, no_hurry, |e| {
                    response_intake::handle(&deps, e)
                })
                .await
            }
            "case-reopen" => {
                let deps = self.case_reopen();
                queue::run(&worker, batch, no_hurry, |e| case_reopen::handle(&deps, e)).await
            }
            "case-write-back" => {
                let deps = self.case_write_back();
                queue::run(&worker, batch, no_hurry, |e| {
                    case_write_back::handle(&deps, e)
                })
                .await
            }
            _ => {
                let deps = self.response_to_case();
                queue::run(&worker, batch, no_hurry, |e| {
                    response_to_case::handle(&deps, e)
                })
                .await
            }
        };
        let has_failed = !answer.unwrap().batch_item_failures.is_empty();
        let sent = postpone.sent().into_iter().map(|message| message.body);
        Delivered {
            sent_again: sent.collect(),
            failed: has_failed.then(|| body.clone()).into_iter().collect(),
            bodies: vec![body],
        }
    }

    /// Delivers everything that was published from an event on, and what follows from it, and returns all of it together.
    pub(crate) async fn deliver_from(&self, first: usize) -> Delivered {
        let mut all = Delivered::default();
        let mut next = first;
        while let Some(event) = self.bus.published().get(next) {
            let delivered = self.deliver(event).await;
            all.bodies.extend(delivered.bodies);
            all.sent_again.extend(delivered.sent_again);
            all.failed.extend(delivered.failed);
            next += 1;
        }
        all
    }
}

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::program::Place;

/// Queues by address, each with its messages, behind the JSON protocol of Amazon SQS.
#[derive(Clone, Default)]
struct Queues {
    dead: Arc<Mutex<VecDeque<(String, String)>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    sending_fails: bool,
}

impl Respond for Queues {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let name = target.trim_start_matches("AmazonSQS.").to_owned();
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        self.asked
            .lock()
            .unwrap()
            .push((name.clone(), asked.clone()));
        let answer = match name.as_str() {
            "ReceiveMessage" if asked["QueueUrl"].as_str().unwrap().ends_with("case-dead") => {
                let wanted =
                    usize::try_from(asked["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
                let mut dead = self.dead.lock().unwrap();
                let count = wanted.min(dead.len());
                let messages = dead.drain(..count).map(|(id, body)| {
                    json!({ "MessageId": id, "ReceiptHandle": format!("handle of {id}"), "Body": body })
                });
                json!({ "Messages": messages.collect::<Vec<_>>() })
            }
            "SendMessage" if self.sending_fails => {
                let refusal =
                    json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no" });
                return ResponseTemplate::new(400).set_body_json(refusal);
            }
            "SendMessage" => json!({ "MessageId": "new" }),
            _ => json!({}),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl Queues {
    fn with(bodies: &[(&str, String)]) -> Self {
        let dead = bodies
            .iter()
            .map(|(id, body)| ((*id).to_owned(), body.clone()));
        Self {
            dead: Arc::new(Mutex::new(dead.collect())),
            ..Self::default()
        }
    }

    /// A sandbox with these queues.
    async fn place(&self) -> (Place, MockServer) {
        let server = MockServer::start().await;
        Mock::given(wiremock::matchers::any())
            .respond_with(self.clone())
            .mount(&server)
            .await;
        let place = Place::new();
        let uri = server.uri();
        place.file(".sandbox/env", &format!("AWS_ENDPOINT_URL={uri}\n"));
        for (function, queue) in [
            ("response-intake", "intake"),
            ("response-to-case", "case"),
            ("case-reopen", "reopen"),
            ("case-write-back", "write-back"),
            ("survey-trigger", "survey"),
        ] {
            place.file(
                &format!(".sandbox/{function}.env"),
                &format!(
                    "CXLOOP_QUEUE_URL={uri}/0/{queue}\nCXLOOP_DEAD_LETTERS_URL={uri}/0/{queue}-dead\n"
                ),
            );
        }
        (place, server)
    }

    /// The operations on one queue, in order, without the readings.
    fn done(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock().unwrap().clone();
        let done = asked
            .into_iter()
            .filter(|(name, _)| name != "ReceiveMessage");
        done.collect()
    }
}

fn received(response: &str) -> String {
    json!({
        "id": "e", "detail-type": "ResponseReceived", "source": "cxloop", "time": "2026-11-22T10:00:00Z",
        "detail": {
            "version": 1, "response": response, "notification": "Non volverei", "kind": "new", "inbox_id": "i-1",
            "replay": false
        },
    })
    .to_string()
}

#[tokio::test]
async fn a_dead_letter_goes_to_its_queue_first_and_is_deleted_then() {
    let body = received("wxm/r-1");
    let queues = Queues::with(&[("m-1", body.clone())]);
    let (place, server) = queues.place().await;
    let run = place.cxloop(&["replay", "--dead-letters"]).await.fine();
    assert!(
        run.out
            .contains("ResponseReceived: response wxm/r-1\n1 message sent again"),
        "{run:?}"
    );
    assert!(!run.out.contains("volverei"), "ids only: {run:?}");
    let done = queues.done();
    let names: Vec<&str> = done.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["SendMessage", "DeleteMessage"]);
    assert_eq!(done[0].1["QueueUrl"], format!("{}/0/case", server.uri()));
    assert_eq!(done[0].1["MessageBody"], body.as_str());
    assert_eq!(
        done[1].1["QueueUrl"],
        format!("{}/0/case-dead", server.uri())
    );
    assert_eq!(done[1].1["ReceiptHandle"], "handle of m-1");
}

#[tokio::test]
async fn what_cannot_be_sent_stays_with_the_dead_letters() {
    let queues = Queues {
        sending_fails: true,
        ..Queues::with(&[("m-1", received("wxm/r-1"))])
    };
    let (place, _server) = queues.place().await;
    let run = place
        .cxloop(&["replay", "--dead-letters", "--queue", "case"])
        .await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("/0/case refuses the message"), "{run:?}");
    assert!(
        queues.done().iter().all(|(name, _)| name == "SendMessage"),
        "nothing is deleted"
    );
}

#[tokio::test]
async fn a_dry_run_shows_what_is_there_and_lets_others_see_it_again() {
    let queues = Queues::with(&[
        ("m-1", received("wxm/r-1")),
        ("m-2", "Antía non volve".to_owned()),
    ]);
    let (place, _server) = queues.place().await;
    let run = place
        .cxloop(&["replay", "--dead-letters", "--dry-run", "--json"])
        .await
        .fine();
    assert!(!run.out.contains("Antía"), "{run:?}");
    let messages = run.json()["messages"].clone();
    assert_eq!(messages[0]["event"], "ResponseReceived");
    assert_eq!(messages[0]["ids"]["response"], "wxm/r-1");
    assert_eq!(
        (&messages[1]["message_id"], &messages[1]["event"]),
        (&json!("m-2"), &Value::Null)
    );
    let done = queues.done();
    assert_eq!(done.len(), 2);
    for (name, asked) in done {
        assert_eq!(name, "ChangeMessageVisibility");
        assert_eq!(asked["VisibilityTimeout"], 0);
    }
}

#[tokio::test]
async fn the_limit_holds_over_several_readings_and_addresses_can_be_given() {
    let bodies: Vec<(String, String)> = (0..14)
        .map(|n| (format!("m-{n}"), received(&format!("wxm/r-{n}"))))
        .collect();
    let named: Vec<(&str, String)> = bodies
        .iter()
        .map(|(id, body)| (id.as_str(), body.clone()))
        .collect();
    let queues = Queues::with(&named);
    let (_, server) = queues.place().await;
    let uri = server.uri();
    let place = Place::new()
        .with_account()
        .with("AWS_ENDPOINT_URL_SQS", &uri);
    let (from, to) = (format!("{uri}/0/case-dead"), format!("{uri}/0/elsewhere"));
    let arguments = ["replay", "--dead-letters", "--limit", "12"];
    let addresses = ["--dead-letter-url", &from, "--to-queue-url", &to];
    let run = place
        .cxloop(&[&arguments[..], &addresses[..]].concat())
        .await
        .fine();
    assert!(run.out.ends_with("12 messages sent again\n"), "{run:?}");
    assert_eq!(queues.dead.lock().unwrap().len(), 2);
    let sent = queues
        .done()
        .into_iter()
        .filter(|(name, _)| name == "SendMessage");
    assert!(
        sent.clone()
            .all(|(_, asked)| asked["QueueUrl"] == to.as_str())
    );
    assert_eq!(sent.count(), 12);
}

#[tokio::test]
async fn without_a_sandbox_the_queues_have_to_be_named() {
    let run = Place::new().cxloop(&["replay", "--dead-letters"]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("--dead-letter-url and --to-queue-url"),
        "{run:?}"
    );
}

//! Functions that die in the middle of their work, on the deployed sandbox.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cxloop_sandbox::dataverse::Operation;
use futures::future::join_all;
use serde_json::json;
use standardwebhooks::Webhook;

use super::stage::Stage;

const ANSWERS: usize = 200;
const SENDERS: usize = 4;

/// Marks the cases of this test.
const WORDS: &str = "Ninguén atendeu a reclamación";

/// A sender of signed webhooks that sends again until it is answered 200, as the specification of Standard Webhooks asks.
/// Returns how many times it had to.
async fn send(stage: &Stage, sender: &Webhook, at: usize) -> usize {
    let body = json!({"type": "response.submitted", "timestamp": "2026-11-22T10:00:00Z", "data": {
        "id": format!("killed-{at}"), "survey": "loja", "submitted_at": "2026-11-22T09:59:00Z",
        "comment": format!("{WORDS} {at}"),
        "customer": {"name": "Uxía Lourenço", "email": format!("uxia{at}@example.com")}, "metrics": {"nps": at % 7}
    }})
    .to_string();
    let id = format!("msg-killed-{at}");
    for again in 0..100 {
        let now = super::chapters::wall_clock_now().as_second();
        let signature = sender.sign(&id, now, body.as_bytes()).unwrap();
        let answer = stage
            .http
            .post(format!("{}/webhooks/generic", stage.sandbox.front_url()))
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .header("content-type", "application/json")
            .body(body.clone())
            .send()
            .await;
        match answer {
            Ok(answer) if answer.status() == 200 => return again,
            Ok(answer) => assert!(
                answer.status().is_server_error(),
                "a verified sender is never refused: {}",
                answer.status()
            ),
            // The connection was cut.
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("answer {at} was never accepted");
}

/// Numbers that look random and are the same in every run. Source: Marsaglia, "Xorshift RNGs", 2003.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// How far everything has come: webhooks that were accepted, and rows that were written in the CRM.
fn progress(stage: &Stage, accepted: &AtomicUsize) -> usize {
    accepted.load(Ordering::Relaxed) + stage.sandbox.dynamics().writes().len()
}

/// Kills a function each time that the work has come some steps further, until it is told to stop; returns how many died.
/// It waits for steps and not for time, because a slow machine would otherwise never come to the end of a step; and it leaves
/// most batches alone, because a message whose batch dies eight times is a dead letter, which is right.
async fn kill_until(stage: &Stage, accepted: &AtomicUsize, stop: &AtomicBool) -> usize {
    let mut chance = Chance(0x5EED_2026_1122_0001);
    let mut killed = 0;
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(20 + chance.below(80))).await;
        let running = stage.sandbox.emulator().function_processes();
        let come = progress(stage, accepted);
        if come >= next && !running.is_empty() {
            let victim = running[chance.below(running.len() as u64) as usize];
            killed += usize::from(stage.sandbox.emulator().kill_function(victim));
            next = come + 10 + chance.below(30) as usize;
        }
    }
    killed
}

/// Waits until as many cases are made as answers were accepted, however long retries take; a test that hangs here is ended by
/// the check of the cases that follows.
async fn cases_are_made(stage: &Stage) {
    for _ in 0..1_200 {
        let writes = stage.sandbox.dynamics().writes();
        let made = writes
            .iter()
            .filter(|write| write.table == "incident" && write.operation == Operation::Create)
            .count();
        if made >= ANSWERS {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) async fn every_accepted_answer_is_one_case(stage: &Stage) {
    let sender = Webhook::new(stage.sandbox.webhook_secret()).unwrap();
    let stop = AtomicBool::new(false);
    let accepted = AtomicUsize::new(0);
    let sent_again = AtomicUsize::new(0);
    let sending = async {
        let senders = (0..SENDERS).map(|first| {
            let (sender, accepted, sent_again) = (&sender, &accepted, &sent_again);
            async move {
                for at in (first..ANSWERS).step_by(SENDERS) {
                    let again = send(stage, sender, at).await;
                    sent_again.fetch_add(again, Ordering::Relaxed);
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        join_all(senders).await;
        cases_are_made(stage).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (killed, ()) = tokio::join!(kill_until(stage, &accepted, &stop), sending);
    let sent_again = sent_again.into_inner();
    eprintln!("{killed} functions were killed; {sent_again} webhooks were sent again");
    assert!(killed > 20, "only {killed} functions were killed");

    stage.idle().await;
    assert_eq!(stage.dead_letters().await, Vec::<String>::new());
    let cases = stage.cases_about(WORDS).await;
    let about: BTreeSet<&str> = cases
        .iter()
        .map(|case| case["description"].as_str().unwrap())
        .collect();
    assert_eq!(about.len(), ANSWERS, "every accepted answer has a case");
    assert_eq!(cases.len(), ANSWERS, "and no answer has two");
}

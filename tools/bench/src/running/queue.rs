//! A queue with the function that works through it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cxloop_sandbox::stand_in::Now;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use uuid::Uuid;

use super::{Sent, Watch};
use crate::Error;
use crate::events::{Message, batch};
use crate::runtime_api::Lambda;

/// How long a message that failed is not seen: a deployment takes longer, and nobody waits for it here.
const UNSEEN: Duration = Duration::from_secs(1);
/// How often a message may fail before the measurement is given up: in a deployment it would be a dead letter.
const MOST_FAILURES: u32 = 5;

/// A function and its queue.
pub(super) struct Worker {
    pub(super) lambda: Lambda,
    pub(super) queue: String,
    pub(super) batch_size: usize,
    /// Takes messages that failed.
    pub(super) again: UnboundedSender<Sent>,
    pub(super) watch: Arc<Watch>,
    pub(super) now: Now,
}

impl Worker {
    /// Works until nobody can send anything any more.
    pub(super) async fn run(
        mut self,
        mut messages: UnboundedReceiver<Message>,
    ) -> Result<(), Error> {
        let mut failures: HashMap<Uuid, u32> = HashMap::new();
        loop {
            let mut taken = Vec::new();
            if messages.recv_many(&mut taken, self.batch_size).await == 0 {
                return Ok(());
            }
            let batch = batch(&taken, &self.queue, (self.now)());
            let answer = self.lambda.invoke(batch).await?;
            let failed: Vec<&str> = answer.body["batchItemFailures"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .filter_map(|failure| failure["itemIdentifier"].as_str())
                .collect();
            for message in taken {
                if !failed.contains(&message.id.to_string().as_str()) {
                    self.watch.ends();
                    continue;
                }
                self.watch.failed();
                let times = failures.entry(message.id).or_default();
                *times += 1;
                if *times > MOST_FAILURES {
                    let body: String = message.body.chars().take(300).collect();
                    return Err(Error::NotDone(format!(
                        "a message of {} failed {times} times: {body}",
                        self.queue
                    )));
                }
                let (again, queue) = (self.again.clone(), self.queue.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(UNSEEN).await;
                    let _ = again.send((queue, message));
                });
            }
        }
    }
}

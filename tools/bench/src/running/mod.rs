//! A deployment at work: all functions at the same time, the queues between them, and the door at which Dynamics tells of
//! changes.

mod queue;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::Error;
use crate::events::{Message, change_call, queues_of};
use crate::outside::{Outside, Published, SentAgain, Told};
use crate::parts::{Kind, Measuring};
use crate::runtime_api::Lambda;
use queue::Worker;
pub use watch::Watch;

/// The functions that work through queues.
const WORKERS: [&str; 5] = [
    "response-intake",
    "response-to-case",
    "case-reopen",
    "case-write-back",
    "survey-trigger",
];

/// How often it is looked whether everything rests.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How many looks in a row must find everything at rest.
const LOOKS: u32 = 3;

/// A call of the function `webhooks`, and who waits for its status.
type Call = (Bytes, oneshot::Sender<u16>);

/// A message on its way to a queue.
type Sent = (String, Message);

/// Everything at work. It ends with this value.
pub struct Running {
    /// What is outside of the functions.
    pub outside: Outside,
    /// What was seen of the traffic.
    pub watch: Arc<Watch>,
    calls: UnboundedSender<Call>,
    work: JoinSet<Result<(), Error>>,
}

impl Running {
    /// Starts every function and has Dynamics tell of changes.
    ///
    /// # Errors
    /// A function does not start, or Dynamics cannot be set up.
    pub async fn start(measuring: &Measuring<'_>) -> Result<Self, Error> {
        let mut outside = Outside::start().await?;
        let telling = outside.told_of_changes().await?;
        let watch = Arc::new(Watch::default());
        let mut work = JoinSet::new();
        let start = async |name: &str, outside: &Outside| {
            let program = Kind::Ours.program(name, measuring, outside)?;
            Lambda::start(program, measuring.now.clone()).await
        };
        let (sent, sending) = unbounded_channel();
        let mut queues = BTreeMap::new();
        for name in WORKERS {
            let queue = measuring.template.queue(name).to_owned();
            let (to_queue, messages) = unbounded_channel();
            queues.insert(queue.clone(), to_queue);
            let worker = Worker {
                lambda: start(name, &outside).await?,
                queue,
                batch_size: measuring.template.batch_size(name),
                again: sent.clone(),
                watch: Arc::clone(&watch),
                now: measuring.now.clone(),
            };
            work.spawn(worker.run(messages));
        }
        let (calls, taking) = unbounded_channel();
        let webhooks = start("webhooks", &outside).await?;
        work.spawn(take(webhooks, taking, Arc::clone(&watch)));
        let published = std::mem::replace(&mut outside.published, unbounded_channel().1);
        let sent_again = std::mem::replace(&mut outside.sent_again, unbounded_channel().1);
        let now = measuring.now.clone();
        let to_queues = sent.clone();
        let seen = Arc::clone(&watch);
        work.spawn(async move { publish(published, to_queues, &seen, &now).await });
        work.spawn(send_again(sent_again, sent, Arc::clone(&watch)));
        work.spawn(deliver(sending, queues));
        let now = measuring.now.clone();
        work.spawn(open(telling, calls.clone(), Arc::clone(&watch), now));
        Ok(Self {
            outside,
            watch,
            calls,
            work,
        })
    }

    /// Calls the function `webhooks` and waits until it has taken the call.
    ///
    /// # Errors
    /// It answers something else than 200.
    pub async fn call(&self, call: Bytes) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.watch.begins();
        // When nobody takes it any more, nobody answers either.
        let _ = self.calls.send((call, answer));
        match answered.await {
            Ok(200) => Ok(()),
            Ok(status) => Err(Error::NotDone(format!("a webhook was answered {status}"))),
            Err(_) => Err(Error::NotDone("the function webhooks ended".to_owned())),
        }
    }

    /// Returns when nothing is on its way any more.
    ///
    /// # Errors
    /// A function failed.
    pub async fn rest(&mut self) -> Result<(), Error> {
        let mut quiet = 0;
        let mut begun = self.watch.begun();
        while quiet < LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(ended) = self.work.try_join_next() {
                return Err(match ended {
                    Ok(Err(error)) => error,
                    Ok(Ok(())) => Error::NotDone("a part of the deployment ended".to_owned()),
                    Err(error) => Error::NotDone(error.to_string()),
                });
            }
            let outside = &self.outside;
            let told = outside.dynamics.pending_jobs() + outside.surveys.pending_notifications();
            let same = begun == self.watch.begun();
            begun = self.watch.begun();
            quiet = if same && told == 0 && self.watch.on_their_way() == 0 {
                quiet + 1
            } else {
                0
            };
        }
        Ok(())
    }
}

/// Hands the calls to the function `webhooks`, one after another.
async fn take(
    mut webhooks: Lambda,
    mut calls: UnboundedReceiver<Call>,
    watch: Arc<Watch>,
) -> Result<(), Error> {
    while let Some((call, answer)) = calls.recv().await {
        let answered = webhooks.invoke(call).await?;
        let status = answered.body["statusCode"].as_u64().unwrap_or(500);
        // Whoever called has gone: then nobody needs to know.
        let _ = answer.send(u16::try_from(status).unwrap_or(500));
        watch.ends();
    }
    Ok(())
}

/// Hands what Dynamics tells to the function `webhooks`.
async fn open(
    mut telling: UnboundedReceiver<Told>,
    calls: UnboundedSender<Call>,
    watch: Arc<Watch>,
    now: cxloop_sandbox::stand_in::Now,
) -> Result<(), Error> {
    while let Some(told) = telling.recv().await {
        watch.told(&told.body);
        watch.begins();
        // As in `call`: without an answer Dynamics learns that nobody is there.
        let _ = calls.send((change_call(&told.body, now()), told.answer));
    }
    Ok(())
}

/// Brings the events of the bus to their queues.
async fn publish(
    mut published: UnboundedReceiver<Published>,
    queues: UnboundedSender<Sent>,
    watch: &Watch,
    now: &cxloop_sandbox::stand_in::Now,
) -> Result<(), Error> {
    while let Some(event) = published.recv().await {
        watch.published(&event);
        for queue in queues_of(&event) {
            watch.begins();
            let _ = queues.send(((*queue).to_owned(), Message::of(&event, now())));
        }
    }
    Ok(())
}

/// Brings what functions send themselves to its queue, when its time has come.
async fn send_again(
    mut sent_again: UnboundedReceiver<SentAgain>,
    queues: UnboundedSender<Sent>,
    watch: Arc<Watch>,
) -> Result<(), Error> {
    let mut number: u128 = 0;
    while let Some(sent) = sent_again.recv().await {
        watch.begins();
        number += 1;
        let message = Message {
            id: uuid::Uuid::from_u128(number),
            body: sent.body,
        };
        let queues = queues.clone();
        tokio::spawn(async move {
            tokio::time::sleep(sent.after).await;
            let _ = queues.send((sent.queue, message));
        });
    }
    Ok(())
}

async fn deliver(
    mut sending: UnboundedReceiver<Sent>,
    queues: BTreeMap<String, UnboundedSender<Message>>,
) -> Result<(), Error> {
    while let Some((queue, message)) = sending.recv().await {
        let Some(to_queue) = queues.get(&queue) else {
            let body: String = message.body.chars().take(300).collect();
            return Err(Error::NotDone(format!("a message went to {queue}: {body}")));
        };
        let _ = to_queue.send(message);
    }
    Ok(())
}

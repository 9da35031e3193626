//! The three functions that a response goes through, and the queues between them.

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Error;
use crate::events::{Message, batch, queues_of};
use crate::outside::{Outside, Published};
use crate::programs::{self, Rival};
use crate::runtime_api::{Lambda, Program};

use super::Measuring;

/// The functions of the job, in order.
pub(super) const STAGES: [&str; 3] = ["webhooks", "response-intake", "response-to-case"];

/// Which programs do the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Ours,
    /// The ones that were written by hand for comparison.
    Rival(Rival),
}

impl Kind {
    /// How one of the functions is started.
    ///
    /// # Errors
    /// It was not built or installed.
    pub(crate) fn program(
        self,
        name: &str,
        measuring: &Measuring<'_>,
        outside: &Outside,
    ) -> Result<Program, Error> {
        match self {
            Self::Ours => programs::function(name, measuring.places, measuring.template, outside),
            Self::Rival(rival) => rival.program(name, measuring.places, outside),
        }
    }
}

/// The running functions.
pub struct Stages {
    pub(super) lambdas: [Lambda; 3],
    batch_sizes: [usize; 3],
}

/// A webhook was taken when its function answers 200.
pub(super) async fn take(webhooks: &mut Lambda, call: Bytes) -> Result<std::time::Duration, Error> {
    let answer = webhooks.invoke(call).await?;
    if answer.body["statusCode"] != 200 {
        return Err(webhooks.wrong(&answer.body.to_string()));
    }
    Ok(answer.took)
}

/// Messages were handled when none is reported as failed.
pub(super) async fn handle(
    worker: &mut Lambda,
    events: &[Published],
    queue: &str,
    outside_now: &cxloop_sandbox::stand_in::Now,
) -> Result<std::time::Duration, Error> {
    let messages: Vec<Message> = events
        .iter()
        .map(|event| Message::of(event, outside_now()))
        .collect();
    let batch = batch(&messages, queue, outside_now());
    let answer = worker.invoke(batch).await?;
    let failed = answer.body["batchItemFailures"]
        .as_array()
        .map(Vec::as_slice);
    match (failed, &answer.body) {
        (Some([]), _) | (None, Value::Null) => Ok(answer.took),
        _ => Err(worker.wrong(&answer.body.to_string())),
    }
}

impl Stages {
    /// Starts the three functions.
    ///
    /// # Errors
    /// One does not start.
    pub async fn start(
        kind: Kind,
        measuring: &Measuring<'_>,
        outside: &Outside,
    ) -> Result<Self, Error> {
        let start = async |name| {
            let program = kind.program(name, measuring, outside)?;
            Lambda::start(program, measuring.now.clone()).await
        };
        let [first, second, third] = STAGES;
        Ok(Self {
            lambdas: [
                start(first).await?,
                start(second).await?,
                start(third).await?,
            ],
            batch_sizes: STAGES.map(|name| measuring.template.batch_size(name)),
        })
    }

    /// Sends calls through all three functions, which work at the same time, and waits for the last.
    ///
    /// # Errors
    /// A function fails.
    pub async fn run(&mut self, calls: Vec<Bytes>, outside: &mut Outside) -> Result<(), Error> {
        let count = calls.len();
        let [webhooks, intake, case] = &mut self.lambdas;
        let now = outside.now.clone();
        let (to_intake, intake_queue) = unbounded_channel();
        let (to_case, case_queue) = unbounded_channel();
        let taking = async {
            for call in calls {
                take(webhooks, call).await?;
            }
            Ok::<(), Error>(())
        };
        let [_, intake_batch, case_batch] = self.batch_sizes;
        tokio::try_join!(
            route(&mut outside.published, &to_intake, &to_case, 2 * count),
            taking,
            work(
                intake,
                intake_queue,
                "IntakeQueue",
                intake_batch,
                count,
                &now
            ),
            work(case, case_queue, "CaseQueue", case_batch, count, &now),
        )?;
        Ok(())
    }
}

/// Hands a number of events to their queues, as the bus's rules do.
async fn route(
    published: &mut UnboundedReceiver<Published>,
    to_intake: &UnboundedSender<Published>,
    to_case: &UnboundedSender<Published>,
    count: usize,
) -> Result<(), Error> {
    for _ in 0..count {
        let Some(event) = published.recv().await else {
            return Err(Error::NotDone("the bus ended".to_owned()));
        };
        let queue = match queues_of(&event) {
            ["IntakeQueue"] => to_intake,
            ["CaseQueue"] => to_case,
            others => {
                return Err(Error::NotDone(format!(
                    "an event went to {others:?}: {}",
                    event.detail
                )));
            }
        };
        if queue.send(event).is_err() {
            return Err(Error::NotDone("a queue ended".to_owned()));
        }
    }
    Ok(())
}

/// Works through a queue: what is there is taken, up to the size of a batch.
async fn work(
    worker: &mut Lambda,
    mut queue: UnboundedReceiver<Published>,
    name: &str,
    batch_size: usize,
    count: usize,
    now: &cxloop_sandbox::stand_in::Now,
) -> Result<(), Error> {
    let mut handled = 0;
    while handled < count {
        let mut events = Vec::new();
        let taken = queue.recv_many(&mut events, batch_size).await;
        if taken == 0 {
            return Err(Error::NotDone(format!(
                "{name} ended after {handled} of {count} messages"
            )));
        }
        handle(worker, &events, name, now).await?;
        handled += taken;
    }
    Ok(())
}

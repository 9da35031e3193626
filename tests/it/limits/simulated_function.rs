//! Functions behind simulated queues: so many workers at once, each a process of its own, each second.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::events::{Event, Outgoing, ResponseReceived};
use cxloop_domain::names::ResponseKey;
use cxloop_lambda_kit::queue::{self, QueueWorker};
use cxloop_ports::{CaseDesk, CaseDesks, Clock, Configurations, Failure, Lane};
use cxloop_store::Store;
use cxloop_testkit::fakes::{FakeSignals, FakeStore};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::simulated_queue::SimulatedQueue;
use crate::world::World;

/// How many messages an invocation gets at most: the template's `BatchSize`.
const BATCH: usize = 5;

/// What one process does with an event.
#[async_trait]
pub(super) trait Handler: Send + Sync {
    async fn handle(&self, event: ResponseReceived) -> Result<(), Failure>;
}

/// The real function with a store and a Dynamics connection of its own.
pub(super) struct Cases(pub(super) response_to_case::Deps);

#[async_trait]
impl Handler for Cases {
    async fn handle(&self, event: ResponseReceived) -> Result<(), Failure> {
        response_to_case::handle(&self.0, event).await
    }
}

/// What can be late: reads the case of a response, in the lane of history.
pub(super) struct History(pub(super) Arc<dyn CaseDesk>);

#[async_trait]
impl Handler for History {
    async fn handle(&self, event: ResponseReceived) -> Result<(), Failure> {
        let rule = "detractor".parse().unwrap();
        let case = cxloop_domain::identity::case(&event.response, &rule);
        self.0.read_case(case).await.map(drop)
    }
}

struct Process {
    worker: QueueWorker,
    handler: Box<dyn Handler>,
}

/// A function, its queue, and the processes that run it.
pub(super) struct SimulatedFunction {
    pub(super) queue: Arc<SimulatedQueue>,
    processes: Vec<Process>,
    /// When its last message was done.
    pub(super) last_done_at: Option<Timestamp>,
    pub(super) done: usize,
}

type Made<'w> = Pin<Box<dyn Future<Output = Box<dyn Handler>> + 'w>>;

impl SimulatedFunction {
    /// A function of so many processes at once.
    pub(super) async fn new<'w>(
        world: &'w World,
        name: &'static str,
        concurrency: usize,
        ledger: &Arc<FakeStore>,
        make: impl Fn(&'w World, Arc<Store>, Arc<FakeStore>) -> Made<'w>,
    ) -> Self {
        let queue = SimulatedQueue::new(world.clock.clone(), 0x9e37_79b9_7f4a_7c15);
        let mut processes = Vec::new();
        for _ in 0..concurrency {
            let store = world.another_store();
            let worker = QueueWorker {
                name,
                gates: store.clone(),
                postpone: queue.clone(),
                clock: world.clock.clone(),
                signals: Arc::new(FakeSignals::default()),
            };
            let handler = make(world, store, ledger.clone()).await;
            processes.push(Process { worker, handler });
        }
        Self {
            queue,
            processes,
            last_done_at: None,
            done: 0,
        }
    }

    /// Puts the event of a response in.
    pub(super) fn tell(&self, response: &ResponseKey, at: Timestamp) {
        let event: ResponseReceived = serde_json::from_value(json!({
            "version": 1, "response": response, "kind": "new", "inbox_id": "i-1",
        }))
        .unwrap();
        let detail: Value = serde_json::from_str(&Outgoing::of(&event).detail).unwrap();
        let body = json!({
            "version": "0", "id": event.id(), "detail-type": ResponseReceived::NAME, "source": "cxloop",
            "account": "000000000000", "time": at, "region": "eu-west-1", "resources": [], "detail": detail,
        });
        self.queue.send(body.to_string(), 0);
    }

    /// Gives each process that is free a batch, all at once, and settles what came of them. How many were worked on.
    pub(super) async fn run_once(&mut self, now: Timestamp) -> usize {
        let queue = &self.queue;
        let invocations = self.processes.iter().filter_map(|process| {
            let records = queue.receive(BATCH);
            (!records.is_empty()).then(|| invoke(process, queue, records, now))
        });
        let invocations: Vec<_> = invocations.collect();
        let busy = invocations.len();
        let done: usize = join_all(invocations).await.into_iter().sum();
        if done > 0 {
            self.done += done;
            self.last_done_at = Some(now);
        }
        busy
    }
}

/// Runs a batch through the real runner of messages. How many were done and not only sent again.
async fn invoke(
    process: &Process,
    queue: &SimulatedQueue,
    records: Vec<Value>,
    now: Timestamp,
) -> usize {
    let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    let deadline = now + jiff::SignedDuration::from_secs(60);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let response = queue::run(&process.worker, batch, deadline, |event| async {
        let outcome = process.handler.handle(event).await;
        if outcome.is_ok() {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        outcome
    })
    .await
    .unwrap();
    let failed: Vec<String> = response
        .batch_item_failures
        .iter()
        .map(|item| item.item_identifier.clone())
        .collect();
    queue.settle(&records, &failed);
    done.into_inner()
}

/// A process of the real function. What it has in common with the others is the table with the gates and the
/// configuration, and a ledger in memory that stands in for the rest of the table, to tell the story sooner.
pub(super) fn cases(world: &World, store: Arc<Store>, ledger: Arc<FakeStore>) -> Made<'_> {
    Box::pin(async move {
        let desks = Arc::new(world.other_desks(&store, Lane::Cases));
        let deps = response_to_case::Deps {
            configurations: store.clone(),
            responses: ledger.clone(),
            plans: ledger.clone(),
            claims: ledger.clone(),
            loops: ledger.clone(),
            addresses: ledger.clone(),
            gates: store,
            desks,
            platforms: world.platforms(),
            clock: world.clock.clone(),
            signals: Arc::new(FakeSignals::default()),
            worker: cxloop_lambda_kit::worker_name("response-to-case"),
            parsed: cxloop_lambda_kit::PerVersion::default(),
        };
        Box::new(Cases(deps)) as Box<dyn Handler>
    })
}

/// A process of a function that may be late.
pub(super) fn history(world: &World, store: Arc<Store>, _: Arc<FakeStore>) -> Made<'_> {
    Box::pin(async move {
        let applied = store.current().await.unwrap();
        let desks = world.other_desks(&store, Lane::History);
        let (_, desk) = desks.desk(&applied).unwrap();
        Box::new(History(desk)) as Box<dyn Handler>
    })
}

/// The clock's time.
pub(super) fn now(world: &World) -> Timestamp {
    world.clock.now()
}

//! The asynchronous service: works through system jobs once their time has come, each with one more attempt at most.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events" and "Asynchronous service in Dataverse".

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::{Dataverse, drawn, lock};
use super::delivery::{self, Call, Failure};
use super::events::Execution;
use super::job_rows::{self, Standing};
use super::settings::{AsyncService, TIME_OUT};
use crate::stand_in::{Faults, WebhookFault};

/// Between two looks at a clock that may be turned by hand.
const APART: Duration = Duration::from_millis(5);
/// How long a job waits to be overtaken by another before it goes alone.
const HELD_FOR: Duration = Duration::from_secs(2);
/// When somebody who suspended a job is looked after again, in milliseconds.
const LOOK_AGAIN_MS: i64 = 1000;

/// What waits for the asynchronous service.
pub(crate) struct Jobs {
    client: OnceLock<reqwest::Client>,
    faults: OnceLock<Faults>,
    pub(super) settings: Mutex<Settings>,
    pub(super) domain: RwLock<Option<String>>,
    queue: Mutex<Queue>,
    wake: Notify,
    pending: AtomicUsize,
    /// Told whenever nothing is pending any more.
    idle: Notify,
}

/// What was chosen about jobs, with the state of the generator that draws delays.
pub(super) struct Settings {
    service: AsyncService,
    drawn: u64,
    pub(super) time_out: Duration,
}

impl Settings {
    pub(super) fn run(&mut self, service: AsyncService) {
        self.service = service;
        self.drawn = service.seed;
    }

    /// The next delay, in milliseconds.
    fn delay(&mut self) -> i64 {
        let jitter = self.service.jitter.as_millis().max(0);
        let more = match u64::try_from(jitter) {
            Ok(jitter @ 1..) => self.draw() % (jitter + 1),
            _ => 0,
        };
        let delay = self.service.delay.as_millis().max(0) + i128::from(more);
        i64::try_from(delay).unwrap_or(i64::MAX)
    }

    /// SplitMix64, whose whole state is one number.
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.drawn;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Job>,
    /// How many jobs there ever were.
    numbered: u64,
    /// Somebody works through the queue.
    served: bool,
}

/// One call that is to be made.
struct Job {
    number: u64,
    due_ms: i64,
    attempt: u8,
    execution: Box<Execution>,
    /// It lets a later job go first, but only until this moment.
    held: Option<Instant>,
    /// It was held already.
    was_held: bool,
}

impl Queue {
    /// Takes the job out whose time came first.
    fn take_due(&mut self, now_ms: i64) -> Option<Job> {
        let at = Instant::now();
        let due = |job: &Job| job.due_ms <= now_ms && job.held.is_none_or(|until| until <= at);
        let (place, _) = self
            .waiting
            .iter()
            .enumerate()
            .filter(|(_, job)| due(job))
            .min_by_key(|(_, job)| (job.due_ms, job.number))?;
        Some(self.waiting.swap_remove(place))
    }
}

impl Jobs {
    pub(crate) fn new() -> Self {
        Self {
            client: OnceLock::new(),
            faults: OnceLock::new(),
            settings: Mutex::new(Settings {
                service: AsyncService::default(),
                drawn: 0,
                time_out: TIME_OUT,
            }),
            domain: RwLock::new(None),
            queue: Mutex::default(),
            wake: Notify::new(),
            pending: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    pub(super) fn obey(&self, faults: Faults) {
        self.faults.get_or_init(|| faults);
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    pub(super) async fn ended(&self) {
        loop {
            let idle = self.idle.notified();
            if self.pending() == 0 {
                return;
            }
            idle.await;
        }
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        self.client.get_or_init(delivery::client)
    }

    pub(super) fn time_out(&self) -> Duration {
        lock(&self.settings).time_out
    }

    /// Remembers under what name the Web API is asked, unless the environment was given a name.
    pub(crate) fn asked_under(&self, host: &str) {
        let known = self.domain.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_some() {
            return;
        }
        drop(known);
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let mut known = self.domain.write().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_with(|| name.to_owned());
    }

    /// The name of the environment.
    pub(super) fn domain(&self) -> String {
        let known = self.domain.read().unwrap_or_else(PoisonError::into_inner);
        known.clone().unwrap_or_else(|| "localhost".to_owned())
    }

    fn fault(&self, url: &str) -> Option<WebhookFault> {
        self.faults.get()?.take_webhook("dynamics", url)
    }

    fn put_back(&self, job: Job) {
        lock(&self.queue).waiting.push(job);
    }

    /// Lets go what was held back before this job was made.
    fn release(&self, number: u64) {
        for job in &mut lock(&self.queue).waiting {
            if job.number < number {
                job.held = None;
            }
        }
    }
}

impl Dataverse {
    /// Ends a transaction: makes its writes final and has the asynchronous steps told of them.
    pub(crate) fn commit(&self, organisation: &mut Organisation) -> Result<(), Refusal> {
        let mut executions = organisation.events.take();
        executions.retain(|execution| execution.step.asynchronous);
        if executions.is_empty() {
            return organisation.commit();
        }
        for execution in &mut executions {
            execution.context.operation = drawn::key();
            job_rows::waits(organisation, execution);
        }
        organisation.commit()?;
        self.add_jobs(executions);
        Ok(())
    }

    fn add_jobs(&self, executions: Vec<Execution>) {
        let jobs = &self.shared.jobs;
        // Counted before the change is answered, so that "nothing pending" never comes early.
        jobs.pending.fetch_add(executions.len(), Ordering::SeqCst);
        let now_ms = self.now().as_millisecond();
        let mut queue = lock(&jobs.queue);
        let mut settings = lock(&jobs.settings);
        for execution in executions {
            queue.numbered += 1;
            let job = Job {
                number: queue.numbered,
                due_ms: now_ms + settings.delay(),
                attempt: 1,
                execution: Box::new(execution),
                held: None,
                was_held: false,
            };
            queue.waiting.push(job);
        }
        drop(settings);
        if !std::mem::replace(&mut queue.served, true) {
            tokio::spawn(serve(self.clone()));
        }
        drop(queue);
        jobs.wake.notify_one();
    }

    /// Changes the row of a job in a transaction of its own.
    fn change_job(&self, change: impl FnOnce(&mut Organisation)) {
        let mut organisation = self.writing();
        change(&mut organisation);
        if organisation.commit().is_err() {
            tracing::error!("the state of a system job was not kept");
        }
    }

    /// Makes the call of a job that is due.
    async fn work(&self, mut job: Job) {
        let jobs = &self.shared.jobs;
        let now = self.now();
        let standing = job_rows::standing(&self.reading(), job.execution.context.operation, now);
        match standing {
            Standing::Ready => {}
            Standing::Gone => return self.done(job.number),
            Standing::Later(until) => {
                let again = now.as_millisecond() + LOOK_AGAIN_MS;
                job.due_ms = until.map_or(again, Timestamp::as_millisecond);
                return jobs.put_back(job);
            }
        }
        let domain = jobs.domain();
        let call = {
            let endpoint = job.execution.step.endpoint;
            Call::of(&self.reading(), endpoint, &job.execution.context, &domain)
        };
        let outcome = match call {
            Err(failure) => Err(failure),
            Ok(call) => {
                let fault = if job.was_held {
                    None
                } else {
                    jobs.fault(&call.url)
                };
                if fault == Some(WebhookFault::Reorder) {
                    job.held = Some(Instant::now() + HELD_FOR);
                    job.was_held = true;
                    return jobs.put_back(job);
                }
                self.change_job(|organisation| {
                    job_rows::begins(organisation, &job.execution, now, job.attempt);
                });
                self.call(call, fault).await
            }
        };
        if outcome.is_err_and(Failure::is_passing) && job.attempt == 1 {
            let now = self.now();
            self.change_job(|organisation| {
                job_rows::waits_again(organisation, &job.execution, now);
            });
            job.attempt = 2;
            job.due_ms = now.as_millisecond() + lock(&jobs.settings).delay();
            return jobs.put_back(job);
        }
        if let Err(failure) = outcome {
            tracing::warn!(code = failure.code(), "a webhook of a step failed for good");
        }
        let now = self.now();
        self.change_job(|organisation| {
            job_rows::ended(organisation, &job.execution, now, outcome);
        });
        self.done(job.number);
    }

    async fn call(&self, mut call: Call, fault: Option<WebhookFault>) -> Result<(), Failure> {
        let (client, time_out) = (self.shared.jobs.client(), self.shared.jobs.time_out());
        match fault {
            // Lost on the way: nobody learns of it.
            Some(WebhookFault::Drop) => return Ok(()),
            Some(WebhookFault::Double) => {
                let (first, _) =
                    futures::join!(call.send(client, time_out), call.send(client, time_out));
                return first;
            }
            Some(WebhookFault::Garble) => call.garble(),
            Some(WebhookFault::Reorder) | None => {}
        }
        call.send(client, time_out).await
    }

    fn done(&self, number: u64) {
        let jobs = &self.shared.jobs;
        jobs.release(number);
        if jobs.pending.fetch_sub(1, Ordering::SeqCst) == 1 {
            jobs.idle.notify_waiters();
        }
    }
}

/// Works through the queue until nothing waits in it.
async fn serve(dataverse: Dataverse) {
    let jobs = &dataverse.shared.jobs;
    let mut working = JoinSet::new();
    loop {
        let now_ms = dataverse.now().as_millisecond();
        let lanes = lock(&jobs.settings).service.lanes.max(1);
        {
            let mut queue = lock(&jobs.queue);
            while working.len() < lanes
                && let Some(job) = queue.take_due(now_ms)
            {
                let dataverse = dataverse.clone();
                working.spawn(async move { dataverse.work(job).await });
            }
            if working.is_empty() && queue.waiting.is_empty() {
                queue.served = false;
                return;
            }
        }
        tokio::select! {
            Some(_) = working.join_next(), if !working.is_empty() => {}
            () = jobs.wake.notified() => {}
            () = tokio::time::sleep(APART) => {}
        }
    }
}

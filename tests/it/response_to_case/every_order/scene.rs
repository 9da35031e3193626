//! A scene of workers under a scheduler: what can happen next, and what must never have happened.

use std::collections::HashSet;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cxloop_domain::cases::CaseState;
use cxloop_domain::configuration::{Connection, OpenCase, StandardConnection};
use cxloop_domain::events::ResponseReceived;
use cxloop_domain::response::Kind;
use cxloop_ports::{Clock, Configurations, Failure, Loops, NewLoop, Remedy, Responses};
use cxloop_testkit::fakes::{ContactRow, FakeCaseDesk, FakePlatforms, FakeSignals, FakeStore};
use cxloop_testkit::{ManualClock, samples};

use super::stepped::{Stepped, SteppedDesks, Turn};

/// What the scheduler does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The worker makes its next operation.
    Step(usize),
    /// The worker dies; its message is delivered again.
    Crash(usize),
    /// An agent resolves the open case.
    Resolve,
}

type Running = Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

struct Worker {
    response: usize,
    turn: Arc<Turn>,
    running: Option<Running>,
    restarts: u32,
}

pub(super) struct Scene {
    store: Arc<FakeStore>,
    desk: Arc<FakeCaseDesk>,
    clock: Arc<ManualClock>,
    workers: Vec<Worker>,
    crashes_left: u32,
    resolving: u32,
    resolved: u32,
    pub(super) trace: Vec<String>,
    trouble: Option<String>,
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    futures::FutureExt::now_or_never(future).expect("fakes never wait")
}

impl Scene {
    pub(super) fn new(responses: &[usize], crashes: u32, resolving: u32) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(FakeStore::default());
        let desk = Arc::new(FakeCaseDesk::new(clock.clone()));
        desk.add_contact(ContactRow {
            email: Some("antia@example.com".into()),
            ..ContactRow::named("Antía Núñez")
        });
        let mut configuration = samples::configuration();
        configuration.connections.insert(
            "gen".parse().unwrap(),
            Connection::Standard(StandardConnection {
                secret: "cxloop/generic".into(),
            }),
        );
        let rule = &mut configuration.case_rules[0];
        rule.open_case = OpenCase::Attach;
        rule.case.queue = None;
        rule.case.title = "{{ comment }}".into();
        now_or_never(store.apply(&configuration)).unwrap();
        let mut scene = Self {
            store,
            desk,
            clock,
            workers: Vec::new(),
            crashes_left: crashes,
            resolving,
            resolved: 0,
            trace: Vec::new(),
            trouble: None,
        };
        for response in responses.iter().collect::<HashSet<_>>() {
            let key = format!("gen/{}", NAMES[*response]);
            let mut taken = samples::response(&key, 3);
            taken.comment = Some(format!("case of {}", NAMES[*response]));
            now_or_never(Responses::keep(scene.store.as_ref(), &taken, "")).unwrap();
            now_or_never(scene.store.begin(
                &NewLoop {
                    response: taken.key.clone(),
                    survey: "s".into(),
                    began_at: scene.clock.now(),
                    score: None,
                },
                &[],
            ))
            .unwrap();
        }
        for response in responses {
            let worker = scene.start(*response);
            scene.workers.push(worker);
        }
        for index in 0..scene.workers.len() {
            scene.poll(index);
        }
        scene
    }

    fn start(&self, response: usize) -> Worker {
        let turn = Arc::new(Turn::default());
        let stepped = Arc::new(Stepped {
            store: self.store.clone(),
            desk: self.desk.clone(),
            turn: turn.clone(),
        });
        let deps = response_to_case::Deps {
            configurations: self.store.clone(),
            responses: self.store.clone(),
            plans: stepped.clone(),
            claims: stepped.clone(),
            loops: self.store.clone(),
            addresses: self.store.clone(),
            gates: self.store.clone(),
            desks: Arc::new(SteppedDesks(stepped)),
            platforms: Arc::new(FakePlatforms::default()),
            clock: self.clock.clone(),
            signals: Arc::new(FakeSignals::default()),
            worker: format!("w{}", self.workers.len()),
            parsed: cxloop_lambda_kit::PerVersion::default(),
        };
        let event = ResponseReceived {
            version: 1,
            response: format!("gen/{}", NAMES[response]).parse().unwrap(),
            notification: String::new(),
            kind: Kind::New,
            inbox_id: "i".parse().unwrap(),
            replay: false,
        };
        let running: Running =
            Box::pin(async move { response_to_case::handle(&deps, event).await });
        Worker {
            response,
            turn,
            running: Some(running),
            restarts: 0,
        }
    }

    /// Lets a worker run to its next turnstile.
    fn poll(&mut self, index: usize) {
        let Some(running) = self.workers[index].running.as_mut() else {
            return;
        };
        let waker = futures::task::noop_waker();
        let polled = running.as_mut().poll(&mut Context::from_waker(&waker));
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.workers[index].running = None,
            Poll::Ready(Err(failure)) => {
                let again = matches!(failure.remedy, Remedy::ComeBack { .. });
                if !again || self.workers[index].restarts > 6 {
                    self.trouble = Some(format!("{failure:?}"));
                    self.workers[index].running = None;
                } else {
                    self.restart(index);
                }
            }
        }
    }

    fn restart(&mut self, index: usize) {
        let restarts = self.workers[index].restarts + 1;
        self.workers[index] = Worker {
            restarts,
            ..self.start(self.workers[index].response)
        };
        self.poll(index);
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
        let mut all = Vec::new();
        for (index, worker) in self.workers.iter().enumerate() {
            if worker.running.is_some() {
                all.push(Choice::Step(index));
            }
        }
        if self.crashes_left > 0 {
            for (index, worker) in self.workers.iter().enumerate() {
                if worker.running.is_some() && !worker.turn.seen().is_empty() {
                    all.push(Choice::Crash(index));
                }
            }
        }
        let done = self.workers.iter().all(|w| w.running.is_none());
        if self.resolving > self.resolved && !done && self.active() > 0 {
            all.push(Choice::Resolve);
        }
        all
    }

    fn active(&self) -> usize {
        let cases = self.desk.cases();
        cases
            .iter()
            .filter(|c| c.state == CaseState::Active)
            .count()
    }

    pub(super) fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Step(index) => {
                let turn = self.workers[index].turn.clone();
                let before = turn.seen().len();
                turn.let_through();
                self.poll(index);
                let name = NAMES[self.workers[index].response];
                for what in &turn.seen()[before..] {
                    self.trace.push(format!("worker {index} ({name}): {what}"));
                }
            }
            Choice::Resolve => {
                self.resolved += 1;
                self.trace.push("an agent resolves the open case".into());
                let cases = self.desk.cases();
                let open = cases.iter().find(|c| c.state == CaseState::Active);
                self.desk.resolve(open.unwrap().draft.id);
            }
            Choice::Crash(index) => {
                self.crashes_left -= 1;
                self.trace
                    .push(format!("worker {index} dies, its message comes again"));
                self.restart(index);
            }
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        let store = self.store.snapshot();
        store["claims"].to_string().hash(&mut hash);
        for (key, plan) in store["plans"].as_object().unwrap() {
            if key.starts_with("case/") {
                plan.to_string().hash(&mut hash);
            }
        }
        for case in self.desk.cases() {
            case.draft.id.hash(&mut hash);
            case.ticket.hash(&mut hash);
            case.version.hash(&mut hash);
        }
        for worker in &self.workers {
            worker.turn.seen().hash(&mut hash);
            worker.running.is_some().hash(&mut hash);
        }
        self.crashes_left.hash(&mut hash);
        hash.finish()
    }

    pub(super) fn violation(&self) -> Option<String> {
        if let Some(trouble) = &self.trouble {
            return Some(trouble.clone());
        }
        let cases = self.desk.cases();
        if self.active() > 1 || cases.len() > 1 + self.resolved as usize {
            let titles: Vec<_> = cases.iter().map(|c| c.draft.title.clone()).collect();
            return Some(format!("{} cases: {titles:?}", cases.len()));
        }
        let done = self.workers.iter().all(|w| w.running.is_none());
        if done && cases.is_empty() {
            return Some("no case".into());
        }
        let responses: HashSet<_> = self.workers.iter().map(|w| w.response).collect();
        if done
            && self.resolved == 0
            && self.desk.notes_of(cases[0].draft.id).len() != responses.len()
        {
            return Some("a response left no note on the case".into());
        }
        None
    }
}

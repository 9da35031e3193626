//! Roles whose operations on claims, plans and cases wait until the scheduler lets them happen.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use cxloop_domain::cases::{CaseDraft, CaseFacts, ContactDraft, NoteDraft, OwnerRef, Reopening};
use cxloop_domain::configuration::Applied;
use cxloop_domain::customers::{CustomerSearch, Found};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{
    AddressPage, AddressesFrom, CaseDesk, CaseDesks, Claims, Failure, Kept, KeptFirst, OpenedCase,
    Plans, ReopenOutcome, Written,
};
use cxloop_testkit::fakes::{FakeCaseDesk, FakeStore};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// One worker's turnstile and what it has seen.
#[derive(Default)]
pub(super) struct Turn {
    open: AtomicBool,
    seen: Mutex<Vec<String>>,
}

impl Turn {
    /// Lets the worker make one more operation.
    pub(super) fn let_through(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// What it has seen so far.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    async fn wait(&self) {
        poll_fn(|_| {
            if self.open.swap(false, Ordering::SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn saw(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }
}

pub(super) struct Stepped {
    pub(super) store: Arc<FakeStore>,
    pub(super) desk: Arc<FakeCaseDesk>,
    pub(super) turn: Arc<Turn>,
}

#[async_trait]
impl Claims for Stepped {
    async fn claim(&self, key: &str, holder: &str) -> Result<String, Failure> {
        self.turn.wait().await;
        let r = self.store.claim(key, holder).await;
        self.turn.saw(format!("claim({holder}) = {r:?}"));
        r
    }
    async fn take_over(&self, key: &str, from: &str, to: &str) -> Result<String, Failure> {
        self.turn.wait().await;
        let r = self.store.take_over(key, from, to).await;
        self.turn
            .saw(format!("take_over({from:?} -> {to:?}) = {r:?}"));
        r
    }
    async fn lease(&self, k: &str, h: &str, n: Timestamp, u: Timestamp) -> Result<bool, Failure> {
        self.store.lease(k, h, n, u).await
    }
    async fn release(&self, key: &str, holder: &str) -> Result<(), Failure> {
        self.store.release(key, holder).await
    }
    async fn join(&self, key: &str, member: &str) -> Result<u32, Failure> {
        self.store.join(key, member).await
    }
    async fn leave(&self, key: &str, member: &str) -> Result<(), Failure> {
        self.store.leave(key, member).await
    }
    async fn others(&self, key: &str, member: &str) -> Result<u32, Failure> {
        self.store.others(key, member).await
    }
}

fn short(kept: &Kept) -> String {
    let course = kept.plan["course"]
        .as_object()
        .map(|c| c.keys().next().unwrap().clone());
    format!(
        "v{} {course:?} {} {}",
        kept.version, kept.plan["progress"], kept.plan["course"]["attach"]["case"]
    )
}

#[async_trait]
impl Plans for Stepped {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Failure> {
        if key.starts_with("case/") {
            self.turn.wait().await;
        }
        let r = Plans::load(self.store.as_ref(), key).await;
        if key.starts_with("case/") {
            self.turn.saw(format!(
                "load({key}) = {:?}",
                r.as_ref().unwrap().as_ref().map(short)
            ));
        }
        r
    }
    async fn keep_first(&self, key: &str, plan: &Value) -> Result<KeptFirst, Failure> {
        if key.starts_with("case/") {
            self.turn.wait().await;
        }
        let r = self.store.keep_first(key, plan).await;
        if key.starts_with("case/") {
            self.turn.saw(format!(
                "keep_first({key}) = {}",
                short(&r.as_ref().unwrap().kept)
            ));
        }
        r
    }
    async fn replace(&self, key: &str, version: u64, plan: &Value) -> Result<Kept, Failure> {
        if key.starts_with("case/") {
            self.turn.wait().await;
        }
        let r = self.store.replace(key, version, plan).await;
        if key.starts_with("case/") {
            self.turn.saw(format!(
                "replace({key}, {version}) = {}",
                short(r.as_ref().unwrap())
            ));
        }
        r
    }
}

#[async_trait]
impl CaseDesk for Stepped {
    async fn find_customer(&self, search: &CustomerSearch) -> Result<Option<Found>, Failure> {
        self.desk.find_customer(search).await
    }
    async fn contact_addresses(&self, from: &AddressesFrom) -> Result<AddressPage, Failure> {
        self.desk.contact_addresses(from).await
    }
    async fn choice(&self, column: &str, label: &str) -> Result<i64, Failure> {
        self.desk.choice(column, label).await
    }
    async fn queue(&self, name: &str) -> Result<Uuid, Failure> {
        self.desk.queue(name).await
    }
    async fn owner(&self, name: &str) -> Result<OwnerRef, Failure> {
        self.desk.owner(name).await
    }
    async fn create_contact(&self, contact: &ContactDraft) -> Result<Written, Failure> {
        self.desk.create_contact(contact).await
    }
    async fn open_case(&self, case: &CaseDraft) -> Result<OpenedCase, Failure> {
        self.turn.wait().await;
        let r = self.desk.open_case(case).await;
        self.turn.saw(format!(
            "OPEN_CASE({}) = {:?}",
            case.title,
            r.as_ref().map(|o| o.written)
        ));
        r
    }
    async fn add_note(&self, case: Uuid, note: &NoteDraft) -> Result<Written, Failure> {
        self.desk.add_note(case, note).await
    }
    async fn read_case(&self, case: Uuid) -> Result<Option<CaseFacts>, Failure> {
        self.turn.wait().await;
        let r = self.desk.read_case(case).await;
        let seen = r
            .as_ref()
            .unwrap()
            .as_ref()
            .map(|f| (f.state, f.title.clone()));
        self.turn.saw(format!("read_case = {seen:?}"));
        r
    }
    async fn reopen(&self, reopening: &Reopening) -> Result<ReopenOutcome, Failure> {
        self.desk.reopen(reopening).await
    }
    fn case_link(&self, case: Uuid) -> String {
        self.desk.case_link(case)
    }
}

pub(super) struct SteppedDesks(pub(super) Arc<Stepped>);

impl CaseDesks for SteppedDesks {
    fn desk(&self, _: &Applied) -> Result<(ConnectionName, Arc<dyn CaseDesk>), Failure> {
        Ok((
            self.0.desk.connection().clone(),
            self.0.clone() as Arc<dyn CaseDesk>,
        ))
    }
}

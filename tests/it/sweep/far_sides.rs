//! Far sides that do not answer, and the others, which are read all the same.

use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::case_write_back::{Intended, Settled};
use cxloop_domain::configuration::{Applied, Connection, read};
use cxloop_domain::names::{ConnectionName, ResponseId};
use cxloop_domain::response::Response;
use cxloop_domain::untold_responses::checkpoint_key;
use cxloop_ports::{
    Capabilities, ChangedRecords, Checkpoints, Clock, Configurations, CrmChanges, Failure, Hint,
    Noted, NotificationRule, SurveyPlatform, SurveyPlatforms, Unparsable,
};
use cxloop_testkit::ManualClock;
use cxloop_testkit::fakes::{FakeBus, FakeSecrets, FakeSignals, FakeStore};
use jiff::SignedDuration;

const THREE: &str = r"
connections:
  first: { kind: wxm, secret: s }
  second: { kind: wxm, secret: s }
  third: { kind: wxm, secret: s }
";

/// A CRM that nobody connected.
struct NoCrm;

impl CrmChanges for NoCrm {
    fn of(&self, _: &Applied) -> Option<(ConnectionName, Arc<dyn ChangedRecords>)> {
        None
    }
}

/// Accounts without notifications, of which one never answers.
struct Accounts {
    silent: &'static str,
}

impl SurveyPlatforms for Accounts {
    fn platform(
        &self,
        _: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveyPlatform>, Failure> {
        let is_silent = connection.as_str() == self.silent;
        Ok(Arc::new(Account { is_silent }))
    }
}

struct Account {
    is_silent: bool,
}

#[async_trait]
impl SurveyPlatform for Account {
    fn parse(&self, _: &[u8]) -> Result<Hint, Unparsable> {
        unreachable!("nothing is kept")
    }

    async fn fetch(&self, _: &ResponseId) -> Result<Option<Response>, Failure> {
        unreachable!("the sweep fetches nothing")
    }

    async fn note(&self, _: &ResponseId, _: &str, _: &str) -> Result<Noted, Failure> {
        unreachable!("the sweep writes nothing")
    }

    fn capabilities(&self) -> Capabilities {
        unreachable!("the sweep writes nothing")
    }

    async fn write_back(&self, _: &ResponseId, _: &Intended) -> Result<Settled, Failure> {
        unreachable!("the sweep writes nothing")
    }

    async fn notification_rules(&self) -> Result<Vec<NotificationRule>, Failure> {
        if self.is_silent {
            pending::<()>().await;
        }
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn an_account_that_never_answers_keeps_no_other_back_and_is_counted() {
    let configuration = read(THREE).unwrap();
    let store = Arc::new(FakeStore::default());
    store.apply(&configuration).await.unwrap();
    let (clock, signals) = (
        Arc::new(ManualClock::default()),
        Arc::new(FakeSignals::default()),
    );
    let deps = sweep::Deps {
        inbox: store.clone(),
        invitations: store.clone(),
        bus: Arc::new(FakeBus::default()),
        configurations: store.clone(),
        changes: Arc::new(NoCrm),
        checkpoints: store.clone(),
        platforms: Arc::new(Accounts { silent: "first" }),
        loops: store.clone(),
        gates: store.clone(),
        clock: clock.clone(),
        secrets: Arc::new(FakeSecrets::default()),
        signals: signals.clone(),
        expiring_secret: None,
        asks_for: SignedDuration::from_secs(1),
    };
    sweep::handle(&deps).await.unwrap();
    for (name, connection) in &configuration.connections {
        let Connection::Wxm(wxm) = connection else {
            unreachable!("all are accounts")
        };
        let key = checkpoint_key(name, &wxm.url);
        let (checkpoint, _) = Checkpoints::load(store.as_ref(), &key).await.unwrap();
        let read = (name.as_str() != "first").then(|| clock.now());
        assert_eq!(checkpoint.complete_until, read, "{name}");
    }
    let counted = signals.counted();
    let first = Some("first".parse().unwrap());
    assert_eq!(counted, [("Retried", first)]);
}

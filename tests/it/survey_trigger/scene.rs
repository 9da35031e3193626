//! A CRM, a survey platform and services that send, in memory, with the function in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxloop_domain::columns::CrmColumn;
use cxloop_domain::configuration::{Configuration, read};
use cxloop_domain::loops::Step;
use cxloop_domain::names::{ColumnName, ResponseKey};
use cxloop_domain::record_changed::{Change, Record, RecordChanged};
use cxloop_domain::survey_trigger::{Arrival, Invitation, Person, SeenRow};
use cxloop_ports::{
    Claims, Clock, Configurations, CrmRowDesks, Failure, Gates, Invitations, Loops, Mail, NewLoop,
    Plans, Remedy, SurveySenders, TextMessages, TiedCase, WakeUps,
};
use cxloop_testkit::fakes::{
    FakeCrmRows, FakeMail, FakeRowDesks, FakeSignals, FakeStore, FakeSurveySender,
    FakeSurveySenders, FakeTextMessages, FakeWakeUps,
};
use cxloop_testkit::{Interrupted, Interruptions, ManualClock};
use jiff::Timestamp;
use serde_json::{Value, json};
use survey_trigger::Deps;
use uuid::Uuid;

const CONNECTIONS: &str = r#"
connections:
  wxm: { kind: wxm, secret: s }
  dynamics: { kind: dynamics, url: "https://contoso.crm4.dynamics.com", secret: s, application_user: 5a4db0c5-0006-4000-8000-000000000001 }
"#;

/// A rule that e-mails the customer of a resolved case.
pub(super) const AFTER_CASE: &str = r#"
    - name: after-case
      table: incident
      column: statecode
      from: [0]
      to: [1]
      survey: { connection: wxm, questionnaire: after-case, prefill: [{ question: AGENT, value: "{{ label._ownerid_value }}" }] }
      send: { email: { from: "coidado@contoso.com", subject: "Caso\n{{ row.ticketnumber }}", text: "Ola {{ person.name }}: {{ link }}", html: "<p>Ola {{ person.name }}</p><a href=\"{{ link }}\">Responder</a>" } }
"#;

/// The application user of [`CONNECTIONS`].
pub(super) const OUR_USER: Uuid = Uuid::from_u128(0x5a4d_b0c5_0006_4000_8000_0000_0000_0001);
pub(super) const CASE: Uuid = Uuid::from_u128(0xca5e);
pub(super) const ANA: Uuid = Uuid::from_u128(0xa4a);

/// The rules under `surveys.rules`, with what holds for all of them.
pub(super) fn configuration(all: &str, rules: &str) -> Configuration {
    let text = format!("{CONNECTIONS}surveys:\n{all}\n  rules:{rules}");
    read(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"))
}

pub(super) fn record(table: &str, id: Uuid) -> Record {
    Record {
        table: table.parse().unwrap(),
        id,
    }
}

fn column(value: Value, label: Option<&str>) -> CrmColumn {
    CrmColumn {
        value,
        label: label.map(str::to_owned),
    }
}

pub(super) struct Scene {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<FakeStore>,
    pub(super) rows: Arc<FakeCrmRows>,
    pub(super) platform: Arc<FakeSurveySender>,
    pub(super) mail: Arc<FakeMail>,
    pub(super) texts: Arc<FakeTextMessages>,
    pub(super) wake_ups: Arc<FakeWakeUps>,
    pub(super) signals: Arc<FakeSignals>,
    interruptions: Arc<Interruptions>,
    response: ResponseKey,
    worker: std::sync::atomic::AtomicU64,
}

impl Scene {
    /// A case of Ana's, which came from a response.
    pub(super) async fn new(configuration: &Configuration) -> Self {
        Self::interrupted(configuration, &Arc::new(Interruptions::none())).await
    }

    pub(super) async fn interrupted(
        configuration: &Configuration,
        interruptions: &Arc<Interruptions>,
    ) -> Self {
        let scene = Self {
            clock: Arc::new(ManualClock::default()),
            store: Arc::new(FakeStore::default()),
            rows: Arc::new(FakeCrmRows::default()),
            platform: Arc::new(FakeSurveySender::new("wxm")),
            mail: Arc::new(FakeMail::default()),
            texts: Arc::new(FakeTextMessages::default()),
            wake_ups: Arc::new(FakeWakeUps::default()),
            signals: Arc::new(FakeSignals::default()),
            interruptions: Arc::clone(interruptions),
            response: "wxm/r-1".parse().unwrap(),
            worker: 0.into(),
        };
        scene.store.apply(configuration).await.unwrap();
        let new = NewLoop {
            response: scene.response.clone(),
            survey: "visita".into(),
            began_at: scene.clock.now(),
            score: None,
        };
        Loops::begin(scene.store.as_ref(), &new, &[]).await.unwrap();
        let tied = TiedCase {
            id: CASE,
            ticket: "CAS-1",
        };
        let loop_id = scene.response.loop_id();
        scene.store.tie_case(&loop_id, &tied, &[]).await.unwrap();
        scene.rows.put(SeenRow {
            record: record("incident", CASE),
            row_version: 0,
            columns: BTreeMap::from([
                ("statecode".into(), column(json!(0), Some("Active"))),
                ("ticketnumber".into(), column(json!("CAS-1"), None)),
                ("_customerid_value".into(), column(json!(ANA), Some("Ana"))),
                (
                    "_ownerid_value".into(),
                    column(json!(Uuid::from_u128(9)), Some("Brais")),
                ),
            ]),
            tables: BTreeMap::from([
                ("_customerid_value".into(), "contact".parse().unwrap()),
                ("_ownerid_value".into(), "systemuser".parse().unwrap()),
            ]),
        });
        scene.is_person(ANA, |_| {});
        scene
    }

    /// A contact with an address and a number, changed as told.
    pub(super) fn is_person(&self, id: Uuid, change: impl FnOnce(&mut Person)) {
        let contact = record("contact", id);
        let mut person = Person {
            record: Some(contact.clone()),
            name: Some("Ana <Nóvoa>".into()),
            email: Some("ana@example.com".into()),
            phone: Some("+34 600 100 200".into()),
            ..Person::default()
        };
        change(&mut person);
        self.rows.put_person(&contact, person);
    }

    fn role<R: ?Sized>(&self, inner: Arc<R>) -> Arc<Interrupted<R>> {
        Arc::new(Interrupted::new(inner, &self.interruptions))
    }

    /// Each call makes a worker of its own.
    pub(super) fn deps(&self) -> Deps {
        let worker = self
            .worker
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let rows = Arc::new(FakeRowDesks::with(&self.rows));
        let senders = Arc::new(FakeSurveySenders::default().with(&self.platform));
        Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            plans: self.role::<dyn Plans>(self.store.clone()),
            claims: self.role::<dyn Claims>(self.store.clone()),
            invitations: self.role::<dyn Invitations>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            rows: self.role::<dyn CrmRowDesks>(rows),
            senders: self.role::<dyn SurveySenders>(senders),
            mail: self.role::<dyn Mail>(self.mail.clone()),
            text_messages: self.role::<dyn TextMessages>(self.texts.clone()),
            wake_ups: self.role::<dyn WakeUps>(self.wake_ups.clone()),
            clock: self.clock.clone(),
            signals: self.signals.clone(),
            worker: format!("w-{worker}"),
        }
    }

    pub(super) async fn told(&self, told: Arrival) -> Result<(), Failure> {
        survey_trigger::handle(&self.deps(), told).await
    }

    /// The case is set to a state in the CRM.
    pub(super) fn set(&self, state: i64) {
        let labels = ["Active", "Resolved", "Cancelled"];
        let label = usize::try_from(state).ok().and_then(|at| labels.get(at));
        self.rows.change(&record("incident", CASE), |row| {
            let held = column(json!(state), label.copied());
            row.columns.insert("statecode".into(), held);
        });
    }

    /// The change of the case's state, as a webhook tells of it.
    pub(super) fn change(&self, operation: &str) -> RecordChanged {
        self.change_of(&record("incident", CASE), "statecode", operation)
    }

    pub(super) fn change_of(&self, of: &Record, column: &str, operation: &str) -> RecordChanged {
        RecordChanged {
            version: 1,
            connection: "dynamics".parse().unwrap(),
            record: of.clone(),
            change: Change::Updated,
            about: None,
            columns: [column.parse::<ColumnName>().unwrap()].into(),
            happened_at: self.clock.now(),
            operation: operation.to_owned(),
            inbox_id: None,
            row_version: None,
        }
    }

    /// The case is set to a state, and the change told.
    pub(super) async fn sets(&self, state: i64) -> Result<(), Failure> {
        self.set(state);
        let version = self
            .rows
            .get(&record("incident", CASE))
            .unwrap()
            .row_version;
        let change = self.change(&format!("to {state} at {version}"));
        self.told(Arrival::Changed(change)).await
    }

    /// Time passes, and what waited for it is looked at again.
    pub(super) async fn passes(&self, seconds: i64) {
        self.clock.advance(seconds);
        for due in self.wake_ups.ring(self.clock.now()) {
            self.told_until_done(Arrival::Due(due)).await;
        }
    }

    /// Delivers as a queue does, again and again until it is done with.
    pub(super) async fn told_until_done(&self, told: Arrival) {
        for _ in 0..50 {
            let Err(failure) = self.told(told.clone()).await else {
                return;
            };
            assert_ne!(failure.remedy, Remedy::Park, "{failure:?}");
            self.clock.advance(121);
        }
        panic!("{told:?} is never done");
    }

    /// Every invitation, the latest first.
    pub(super) async fn invitations(&self) -> Vec<Invitation> {
        let newest = Invitations::newest(self.store.as_ref(), 1_000, Timestamp::MAX);
        newest.await.unwrap()
    }

    /// The only invitation.
    pub(super) async fn invitation(&self) -> Invitation {
        let mut all = self.invitations().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// What the loop of the case tells.
    pub(super) async fn steps(&self) -> Vec<Step> {
        let loop_id = self.response.loop_id();
        Loops::load(self.store.as_ref(), &loop_id)
            .await
            .unwrap()
            .unwrap()
            .steps
    }
}

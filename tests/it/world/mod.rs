//! A small world for one test: an embedded DynamoDB, the stand-ins on ports of their own, a clock turned by hand.

mod answering;
pub(crate) mod asking;
mod correlations;
mod delivering;
mod hearing;
mod looking;
mod scenario;
mod written;

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use cxloop_domain::configuration::{Configuration, Connection, read};
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::metrics::EmbeddedMetrics;
use cxloop_lambda_kit::{http_client, trace};
use cxloop_ports::{
    AddressIndex, Bus, CaseDesk, CaseDesks, CaseRecordDesks, Checkpoints, Claims, Clock,
    Configurations, CrmChanges, CrmRowDesks, CrmRows, Gates, Inbox, Invitations, Lane, Loops,
    Plans, Responses, Signals, SurveyPlatform, SurveyPlatforms, SurveySender, SurveySenders,
};
use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::stand_in::{Calls, Faults, Now, Wire, serve_on};
use cxloop_sandbox::wxm::Wxm;
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use cxloop_testkit::fakes::{FakeBus, FakeSecrets};
use cxloop_testkit::{Interrupted, Interruptions, ManualClock};
use tokio::net::TcpListener;

pub(crate) use answering::Answered;
pub(crate) use correlations::Correlations;
pub(crate) use delivering::Delivered;
pub(crate) use scenario::{OneEvent, To};
pub(crate) use written::Written;

/// The token in the address of the survey platform's webhooks.
pub(crate) const WEBHOOK_TOKEN: &str = "a-long-path-token";
/// The secret that the CRM's webhooks carry, and the one that it takes the place of.
pub(crate) const CRM_SECRET: &str = "a-new-secret an-old-secret";
/// The secret of the connection `generic`: base64 of `cxloop's own signing secret`.
pub(crate) const SIGNING_SECRET: &str = "whsec_Y3hsb29wJ3Mgb3duIHNpZ25pbmcgc2VjcmV0";

/// The rules that most tests begin with.
pub(crate) const RULES: &str = r#"
case_rules:
  - name: detractor
    when: nps <= 6
    case:
      title: "{{ customer.name }} scored {{ nps }}"
      description: "{{ comment }}"
      priority: high
      queue: Recovery
      origin: web
      type: problem
reopen:
  - { name: not-solved, metric: csat, below: 3, within: 14d, at_most: 2, otherwise: follow-up }
"#;

/// Everything a use case touches.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<Store>,
    pub(crate) dataverse: Dataverse,
    pub(crate) dynamics_url: String,
    pub(crate) surveys: Wxm,
    pub(crate) surveys_url: String,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) bus: Arc<FakeBus>,
    pub(crate) secrets: Arc<FakeSecrets>,
    pub(crate) interruptions: Arc<Interruptions>,
    pub(crate) http: reqwest::Client,
    /// The metrics' lines of all functions.
    pub(crate) metrics: Written,
    /// Under which id each request reached a stand-in: the stand-in's name and the header.
    pub(crate) correlations: Correlations,
    table: Client,
    desks: Arc<DynamicsCaseDesks>,
    platforms: Arc<Platforms>,
}

impl World {
    /// A world with the rules of [`RULES`].
    pub(crate) async fn new() -> Self {
        Self::with_rules(RULES).await
    }

    /// A world with other rules.
    pub(crate) async fn with_rules(rules: &str) -> Self {
        Self::interrupted(rules, &Arc::new(Interruptions::none())).await
    }

    /// A world whose roles are counted and interrupted.
    pub(crate) async fn interrupted(rules: &str, interruptions: &Arc<Interruptions>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let now: Now = {
            let clock = clock.clone();
            Arc::new(move || clock.now())
        };
        let (faults, calls) = (Faults::new(), Calls::new());
        let dataverse =
            Dataverse::new(Model::customer_service().unwrap(), now.clone()).with_company();
        let correlations = Correlations::default();
        let router = correlations.noted("x-ms-correlation-id", dataverse.router());
        let dynamics_url = serve("dynamics", router, &faults, &calls, &now).await;
        let surveys_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let surveys_url = format!("http://{}", surveys_listener.local_addr().unwrap());
        let surveys = Wxm::new(now.clone(), surveys_url.clone()).with_questionnaires();
        let wire = Wire::new("wxm", faults.clone(), calls.clone(), now.clone());
        let router = correlations.noted("x-request-id", surveys.router());
        tokio::spawn(serve_on(surveys_listener, router, wire));

        let secrets = Arc::new(
            FakeSecrets::default()
                .with("cxloop/wxm", "username", "sandbox")
                .with("cxloop/wxm", "password", "sandbox")
                .with("cxloop/wxm", "webhook_token", WEBHOOK_TOKEN)
                .with("cxloop/generic", "webhook_secret", SIGNING_SECRET)
                .with("cxloop/dynamics", "tenant", "sandbox")
                .with("cxloop/dynamics", "client_id", "sandbox")
                .with("cxloop/dynamics", "client_secret", "sandbox")
                .with("cxloop/dynamics", "webhook_secret", CRM_SECRET),
        );
        let http = http_client().unwrap();
        let table = table().await;
        let store = Arc::new(Store::new(table.clone(), TABLE, clock.clone()));
        let world = Self {
            store: store.clone(),
            table,
            dataverse,
            surveys,
            faults,
            calls,
            bus: Arc::default(),
            interruptions: interruptions.clone(),
            metrics: Written::default(),
            correlations,
            desks: Arc::new(
                DynamicsCaseDesks::new(http.clone(), secrets.clone(), clock.clone())
                    .correlated_by(trace::correlation())
                    .guarded(store.clone(), Lane::Cases),
            ),
            platforms: Arc::new(
                Platforms::new(http.clone(), secrets.clone(), clock.clone())
                    .correlated_by(trace::correlation()),
            ),
            secrets,
            http,
            clock,
            dynamics_url,
            surveys_url,
        };
        world.apply(rules).await;
        world
    }

    /// Puts rules in force, as `cxloop apply` does.
    pub(crate) async fn apply(&self, rules: &str) {
        self.store.apply(&self.configuration(rules)).await.unwrap();
        self.clock.advance(10);
    }

    /// The store of another process, which remembers nothing.
    pub(crate) fn another_store(&self) -> Arc<Store> {
        Arc::new(Store::new(self.table.clone(), TABLE, self.clock.clone()))
    }

    /// The desks of another process, for one lane.
    pub(crate) fn other_desks(&self, store: &Arc<Store>, lane: Lane) -> DynamicsCaseDesks {
        let (http, secrets) = (self.http.clone(), self.secrets.clone());
        DynamicsCaseDesks::new(http, secrets, self.clock.clone()).guarded(store.clone(), lane)
    }

    fn configuration(&self, rules: &str) -> Configuration {
        let (dynamics, surveys) = (&self.dynamics_url, &self.surveys_url);
        let text = format!(
            "connections:\n  wxm: {{ kind: wxm, url: \"{surveys}\", survey_url: \"{surveys}/s\", secret: cxloop/wxm }}\n  generic: {{ kind: standard, secret: cxloop/generic }}\n  dynamics: {{ kind: dynamics, url: \"{dynamics}\", secret: cxloop/dynamics, token_url: \"{dynamics}/sandbox/oauth2/v2.0/token\" }}\n{rules}"
        );
        read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
    }

    /// Puts the same configuration in force with other limits.
    pub(crate) async fn limit(&self, connection: &str, change: impl Fn(&mut Connection)) {
        let applied = self.store.current().await.unwrap();
        let mut configuration = applied.configuration.clone();
        let name = connection.parse().unwrap();
        change(configuration.connections.get_mut(&name).unwrap());
        self.store.apply(&configuration).await.unwrap();
        self.clock.advance(10);
    }

    fn role<T: ?Sized>(&self, inner: Arc<T>) -> Arc<Interrupted<T>> {
        Arc::new(Interrupted::new(inner, &self.interruptions))
    }

    /// The metrics of a function, on [`World::metrics`].
    pub(crate) fn signals(&self, function: &'static str) -> Arc<dyn Signals> {
        let (clock, sink) = (self.clock.clone(), self.metrics.clone());
        Arc::new(EmbeddedMetrics::new(function, clock, sink))
    }

    pub(crate) fn bus(&self) -> Arc<dyn Bus> {
        self.role(self.bus.clone())
    }

    pub(crate) fn platforms(&self) -> Arc<dyn SurveyPlatforms> {
        self.role(self.platforms.clone())
    }

    /// The desk itself, for looking and for playing another system.
    pub(crate) async fn desk(&self) -> Arc<dyn CaseDesk> {
        let applied = self.store.current().await.unwrap();
        self.desks.desk(&applied).unwrap().1
    }

    /// The CRM itself, as rows.
    pub(crate) async fn crm_rows(&self) -> Arc<dyn CrmRows> {
        let applied = self.store.current().await.unwrap();
        self.desks.rows(&applied).unwrap().1
    }

    /// The survey platform itself.
    pub(crate) async fn platform(&self) -> Arc<dyn SurveyPlatform> {
        let applied = self.store.current().await.unwrap();
        self.platforms
            .platform(&applied, &"wxm".parse().unwrap())
            .unwrap()
    }

    pub(crate) async fn sender(&self) -> Arc<dyn SurveySender> {
        let applied = self.store.current().await.unwrap();
        let name = "wxm".parse().unwrap();
        self.platforms.sender(&applied, &name).unwrap()
    }

    pub(crate) fn webhooks(&self) -> webhooks::Deps {
        webhooks::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            platforms: self.platforms(),
            secrets: self.secrets.clone(),
            inbox: self.role::<dyn Inbox>(self.store.clone()),
            bus: self.bus(),
            clock: self.clock.clone(),
            signals: self.signals("webhooks"),
        }
    }

    pub(crate) fn response_intake(&self) -> response_intake::Deps {
        response_intake::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            platforms: self.platforms(),
            inbox: self.role::<dyn Inbox>(self.store.clone()),
            responses: self.role::<dyn Responses>(self.store.clone()),
            invitations: self.role::<dyn Invitations>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            bus: self.bus(),
            clock: self.clock.clone(),
            signals: self.signals("response-intake"),
        }
    }

    /// Each call makes a worker of its own.
    pub(crate) fn response_to_case(&self) -> response_to_case::Deps {
        response_to_case::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            responses: self.role::<dyn Responses>(self.store.clone()),
            plans: self.role::<dyn Plans>(self.store.clone()),
            claims: self.role::<dyn Claims>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            addresses: self.role::<dyn AddressIndex>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            desks: self.role::<dyn CaseDesks>(self.desks.clone()),
            platforms: self.platforms(),
            clock: self.clock.clone(),
            signals: self.signals("response-to-case"),
            worker: cxloop_lambda_kit::worker_name("response-to-case"),
            parsed: cxloop_lambda_kit::PerVersion::default(),
        }
    }

    pub(crate) fn case_reopen(&self) -> case_reopen::Deps {
        case_reopen::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            responses: self.role::<dyn Responses>(self.store.clone()),
            plans: self.role::<dyn Plans>(self.store.clone()),
            claims: self.role::<dyn Claims>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            desks: self.role::<dyn CaseDesks>(self.desks.clone()),
            bus: self.bus(),
            clock: self.clock.clone(),
            signals: self.signals("case-reopen"),
            parsed: cxloop_lambda_kit::PerVersion::default(),
        }
    }

    /// Each call makes a worker of its own.
    pub(crate) fn case_write_back(&self) -> case_write_back::Deps {
        case_write_back::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            plans: self.role::<dyn Plans>(self.store.clone()),
            claims: self.role::<dyn Claims>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            records: self.role::<dyn CaseRecordDesks>(self.desks.clone()),
            platforms: self.platforms(),
            clock: self.clock.clone(),
            signals: self.signals("case-write-back"),
            worker: cxloop_lambda_kit::worker_name("case-write-back"),
        }
    }

    pub(crate) fn sweep(&self) -> sweep::Deps {
        sweep::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            inbox: self.role::<dyn Inbox>(self.store.clone()),
            changes: self
                .role::<dyn CrmChanges>(Arc::new(self.other_desks(&self.store, Lane::History))),
            platforms: self.platforms(),
            loops: self.role::<dyn Loops>(self.store.clone()),
            invitations: self.role::<dyn Invitations>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            checkpoints: self.role::<dyn Checkpoints>(self.store.clone()),
            bus: self.bus(),
            clock: self.clock.clone(),
            secrets: self.secrets.clone(),
            signals: self.signals("sweep"),
            expiring_secret: Some("cxloop/dynamics".to_owned()),
            // However slow the machine is that a test runs on.
            asks_for: jiff::SignedDuration::from_hours(1),
        }
    }

    pub(crate) fn console(&self) -> console::Deps {
        console::Deps {
            configurations: self.store.clone(),
            loops: self.store.clone(),
            invitations: self.store.clone(),
            inbox: self.store.clone(),
            bus: self.bus(),
            clock: self.clock.clone(),
        }
    }
}

async fn serve(
    target: &'static str,
    router: axum::Router,
    faults: &Faults,
    calls: &Calls,
    now: &Now,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let wire = Wire::new(target, faults.clone(), calls.clone(), now.clone());
    tokio::spawn(serve_on(listener, router, wire));
    url
}

/// The name of the table.
const TABLE: &str = "cxloop";

/// A client of an embedded DynamoDB of its own, with an empty table.
async fn table() -> Client {
    let database = dynoxide::Database::memory().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::for_tests())
        .endpoint_url(endpoint)
        .build();
    let client = Client::from_conf(config);
    Store::create_table(&client, TABLE).await.unwrap();
    client
}

//! The outside systems, each a real server on a loopback port of its own: AWS, Dynamics and the survey platform.

mod agent;
mod aws;
mod customers;
mod door;
mod dynamodb;
mod http_calls;
mod meter;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use axum::Router;
use axum::serve::ListenerExt;
use cxloop_domain::configuration::{self, Configuration};
use cxloop_ports::{Clock, Configurations, Failure};
use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::launch::WEBHOOK_SECRET;
use cxloop_sandbox::stand_in::{Now, wall_clock};
use cxloop_sandbox::wxm::Wxm;
use cxloop_store::Store;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

pub use agent::Agent;
pub use aws::{Published, SentAgain};
pub use customers::{CUSTOMERS, email_of};
pub use door::Told;
pub use meter::{Asked, Meter, Purpose, Reading, System, Tally};

use crate::Error;
use crate::template::TABLE;
use aws::Aws;
use dynamodb::DynamoDb;
use http_calls::{Counted, count};

/// The rules that are measured, with places for the two addresses.
const CONFIGURATION: &str = include_str!("../../cxloop.yaml");

/// Everything outside of the functions. The servers end with this value.
pub struct Outside {
    /// Where all AWS services answer.
    pub aws_url: String,
    /// Where Dynamics answers.
    pub dynamics_url: String,
    /// What was asked of whom.
    pub meter: Meter,
    /// The events that were put on the bus, in order.
    pub published: UnboundedReceiver<Published>,
    /// The messages that functions put into queues themselves, in order.
    pub sent_again: UnboundedReceiver<SentAgain>,
    /// Dynamics.
    pub dynamics: Dataverse,
    /// How far the clock of Dynamics is behind.
    pub dynamics_behind: Behind,
    /// The survey platform.
    pub surveys: Wxm,
    /// Where it answers.
    pub surveys_url: String,
    /// What is configured.
    pub configuration: Configuration,
    /// The table of the functions.
    pub store: Store,
    /// The machine's clock.
    pub now: Now,
    /// For looking at the stand-ins and playing people.
    pub http: reqwest::Client,
    servers: Vec<JoinHandle<()>>,
}

impl Drop for Outside {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

/// How far a clock is behind the machine's.
#[derive(Debug, Clone, Default)]
pub struct Behind(Arc<AtomicI64>);

impl Behind {
    /// Turns the clock back by so many seconds; by 0, it shows the machine's time again.
    pub fn turn(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    fn clock(&self, now: Now) -> Now {
        let Self(behind) = self.clone();
        Arc::new(move || now() - SignedDuration::from_secs(behind.load(Ordering::Relaxed)))
    }
}

struct MachineClock(Now);

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Outside {
    /// Starts the servers, applies the configuration and makes the customers known to Dynamics.
    ///
    /// # Errors
    /// A port cannot be had, or a stand-in refuses what it is given.
    pub async fn start() -> Result<Self, Error> {
        let now = wall_clock();
        let meter = Meter::default();
        let mut servers = Vec::new();
        let model = Model::customer_service()
            .map_err(|error| Error::unusable("the model of the tables", error))?;
        let dynamics_behind = Behind::default();
        let clock = dynamics_behind.clock(now.clone());
        let dynamics = Dataverse::new(model, clock).with_company();
        dynamics.allow_loopback_webhooks();
        // What is measured is the work, not the wait that service protection would ask for.
        dynamics.limit_requests(usize::MAX);
        let counted = |system, router: Router| {
            let counted = Counted {
                meter: meter.clone(),
                system,
            };
            router.layer(axum::middleware::from_fn_with_state(counted, count))
        };
        let dynamics_url =
            serve(counted(System::Dynamics, dynamics.router()), &mut servers).await?;
        let (listener, surveys_url) = listener().await?;
        let surveys = Wxm::new(now.clone(), surveys_url.clone()).with_questionnaires();
        servers.push(serve_on(
            listener,
            counted(System::Surveys, surveys.router()),
        ));
        let (told, published) = unbounded_channel();
        let (again, sent_again) = unbounded_channel();
        let aws = Aws {
            dynamodb: DynamoDb::new(meter.clone())
                .map_err(|error| Error::unusable("the database", error))?,
            meter: meter.clone(),
            secrets: Arc::new(secrets()),
            published: told,
            sent_again: again,
            ids: Arc::default(),
        };
        let aws_url = serve(aws.router(), &mut servers).await?;
        let configuration = configured(&dynamics_url, &surveys_url)?;
        let store = table(&aws_url, now.clone()).await?;
        store.apply(&configuration).await.map_err(refused)?;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(|error| Error::unusable("an HTTP client", error))?;
        customers::make_known(&http, &dynamics_url).await?;
        Ok(Self {
            aws_url,
            dynamics_url,
            meter,
            published,
            sent_again,
            dynamics,
            dynamics_behind,
            surveys,
            surveys_url,
            configuration,
            store,
            now,
            http,
            servers,
        })
    }
}

fn secrets() -> std::collections::BTreeMap<String, serde_json::Value> {
    let sandbox = "sandbox";
    [
        (
            "cxloop/wxm".to_owned(),
            json!({"username": sandbox, "password": sandbox, "webhook_token": sandbox}),
        ),
        (
            "cxloop/generic".to_owned(),
            json!({"webhook_secret": WEBHOOK_SECRET}),
        ),
        (
            "cxloop/dynamics".to_owned(),
            json!({"tenant": sandbox, "client_id": sandbox, "client_secret": sandbox, "webhook_secret": sandbox}),
        ),
    ]
    .into()
}

async fn listener() -> Result<(TcpListener, String), Error> {
    let unusable = |error| Error::unusable("a port", error);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    Ok((listener, format!("http://{address}")))
}

async fn serve(router: Router, servers: &mut Vec<JoinHandle<()>>) -> Result<String, Error> {
    let (listener, url) = listener().await?;
    servers.push(serve_on(listener, router));
    Ok(url)
}

fn serve_on(listener: TcpListener, router: Router) -> JoinHandle<()> {
    let listener = listener.tap_io(|stream| {
        // Without it a small answer waits for an acknowledgement; a failure only costs time.
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    })
}

fn configured(dynamics_url: &str, surveys_url: &str) -> Result<Configuration, Error> {
    let text = CONFIGURATION
        .replace("DYNAMICS_URL", dynamics_url)
        .replace("SURVEYS_URL", surveys_url);
    configuration::read(&text)
        .map_err(|mistakes| Error::unusable("tools/bench/cxloop.yaml", format!("{mistakes:?}")))
}

async fn table(aws_url: &str, now: Now) -> Result<Store, Error> {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
        .endpoint_url(aws_url)
        .build();
    let client = Client::from_conf(config);
    Store::create_table(&client, TABLE).await.map_err(refused)?;
    Ok(Store::new(client, TABLE, Arc::new(MachineClock(now))))
}

fn refused(failure: Failure) -> Error {
    Error::unusable("the table", failure.message)
}

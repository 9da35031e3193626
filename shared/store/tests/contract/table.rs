//! A table of its own for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use cxloop_store::Store;
use cxloop_testkit::ManualClock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

static TABLES: AtomicU32 = AtomicU32::new(0);

/// A client of whatever listens on an address, without retries of its own.
pub(crate) fn client(url: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::from_keys("test", "test", None))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A table of its own on a DynamoDB in memory on loopback, and a clock turned by hand.
///
/// With `CXLOOP_TEST_DYNAMODB_URL` the table is made on the emulator at that address instead.
pub(crate) struct TestTable {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) clock: Arc<ManualClock>,
    server: Option<JoinHandle<()>>,
}

impl TestTable {
    pub(crate) async fn new() -> Self {
        let (url, server) = match std::env::var("CXLOOP_TEST_DYNAMODB_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let database = dynoxide::Database::memory().expect("an empty database in memory");
                let listener = TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("a free port on loopback");
                let url = format!("http://{}", listener.local_addr().expect("it is bound"));
                (
                    url,
                    Some(tokio::spawn(dynoxide::server::serve_on(listener, database))),
                )
            }
        };
        let client = client(&url);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let name = format!("cxloop-test-{}-{number}", std::process::id());
        Store::create_table(&client, &name)
            .await
            .expect("the table is created");
        Self {
            client,
            name,
            clock: Arc::new(ManualClock::default()),
            server,
        }
    }

    /// A further store on the same table and clock, as another function has it.
    pub(crate) fn store(&self) -> Store {
        Store::new(self.client.clone(), &self.name, self.clock.clone())
    }
}

impl Drop for TestTable {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

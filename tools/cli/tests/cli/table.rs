//! A DynamoDB in this process, on a port of its own.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use cxloop_lambda_kit::aws::WallClock;
use cxloop_store::Store;
use dynoxide::Database;

const NAME: &str = "cxloop-test";

/// The server and its table; dropping it ends the server.
pub(crate) struct Table {
    pub(crate) address: String,
    pub(crate) store: Store,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Table {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Table {
    pub(crate) const NAME: &'static str = NAME;

    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(dynoxide::server::serve_on(
            listener,
            Database::memory().unwrap(),
        ));
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "test",
            )))
            .endpoint_url(&address)
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Store::create_table(&client, NAME).await.unwrap();
        let store = Store::new(client, NAME, std::sync::Arc::new(WallClock));
        Self {
            address,
            store,
            server,
        }
    }
}

//! The AWS services, as the environment gives them.

use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use cxloop_lambda_kit::aws::{EventBridge, SecretsManager, WallClock};
use cxloop_ports::Clock;
use cxloop_store::Store;

use crate::Error;
use crate::environment::Environment;

/// The services of one account, or of the sandbox.
pub(crate) struct Aws {
    config: SdkConfig,
    environment: Environment,
}

impl Aws {
    /// Finds region and credentials where AWS's own tools look for them; in the sandbox only in its own notes.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
    pub(crate) async fn of(environment: Environment) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(10))
            .operation_timeout(Duration::from_secs(20))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
        if let Environment::Sandbox(_) = &environment {
            let get = |name, otherwise: &str| {
                environment
                    .get(name)
                    .unwrap_or_else(|| otherwise.to_owned())
            };
            let credentials = Credentials::new(
                get("AWS_ACCESS_KEY_ID", "sandbox"),
                get("AWS_SECRET_ACCESS_KEY", "sandbox"),
                None,
                None,
                "sandbox",
            );
            loader = loader
                .region(Region::new(get("AWS_REGION", "eu-west-1")))
                .endpoint_url(get("AWS_ENDPOINT_URL", "http://127.0.0.1:8696"))
                .credentials_provider(credentials);
        }
        Self {
            config: loader.load().await,
            environment,
        }
    }

    /// The table that an option or `CXLOOP_TABLE` names.
    pub(crate) fn store(&self, table: Option<&str>) -> Result<Store, Error> {
        let table = self.environment.setting(table, "--table", "CXLOOP_TABLE")?;
        Ok(Store::new(
            aws_sdk_dynamodb::Client::new(&self.config),
            table,
            clock(),
        ))
    }

    /// The bus that an option or `CXLOOP_BUS` names.
    pub(crate) fn bus(&self, bus: Option<&str>) -> Result<EventBridge, Error> {
        let bus = self.environment.setting(bus, "--bus", "CXLOOP_BUS")?;
        Ok(EventBridge::new(&self.config, bus, clock()))
    }

    /// The secrets.
    pub(crate) fn secrets(&self) -> SecretsManager {
        SecretsManager::new(&self.config, clock())
    }

    /// The secrets, to be written.
    pub(crate) fn secret_values(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// The queues.
    pub(crate) fn queues(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }
}

/// The wall clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(WallClock)
}

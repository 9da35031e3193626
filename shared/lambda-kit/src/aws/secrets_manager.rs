//! Secrets from AWS Secrets Manager.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use cxloop_ports::{Clock, Failure, Remedy, Secrets};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use super::failure;

/// How long a secret is believed, in seconds.
const KEPT_SECONDS: i64 = 300;

/// Secrets that are JSON objects of texts, kept for some minutes.
pub struct SecretsManager {
    client: Client,
    clock: Arc<dyn Clock>,
    kept: Mutex<BTreeMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    read_at: Timestamp,
    fields: Arc<BTreeMap<String, SecretString>>,
}

impl SecretsManager {
    /// The secrets of the account that the credentials belong to.
    pub fn new(config: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(config),
            clock,
            kept: Mutex::default(),
        }
    }

    async fn fields(&self, secret: &str) -> Result<Arc<BTreeMap<String, SecretString>>, Failure> {
        let now = self.clock.now();
        let known = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(secret)
            .cloned();
        if let Some(known) = known
            && now.as_second() - known.read_at.as_second() < KEPT_SECONDS
        {
            return Ok(known.fields);
        }
        let fields = Arc::new(self.read(secret).await?);
        let kept = Kept {
            read_at: now,
            fields: Arc::clone(&fields),
        };
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(secret.to_owned(), kept);
        Ok(fields)
    }

    /// Source: AWS Secrets Manager API Reference, "GetSecretValue".
    async fn read(&self, secret: &str) -> Result<BTreeMap<String, SecretString>, Failure> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(secret)
            .send()
            .await
            .map_err(|error| match error.code() {
                Some("ResourceNotFoundException") => {
                    Failure::mend(format!("Secret {secret} does not exist."), "GetSecretValue")
                }
                _ => failure::of(&format!("Secret {secret}"), "GetSecretValue", &error),
            })?;
        let not_an_object = || {
            Failure::mend(
                format!("Secret {secret} is no JSON object."),
                "GetSecretValue",
            )
        };
        let text = answer.secret_string().ok_or_else(not_an_object)?;
        let fields: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|_| not_an_object())?;
        let texts = fields.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, SecretString::from(text))),
            _ => None,
        });
        Ok(texts.collect())
    }

    fn drop_kept(&self, secret: &str) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(secret);
    }
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        let fields = self.fields(secret).await?;
        if let Some(value) = fields.get(field) {
            return Ok(value.clone());
        }
        // Not kept: the next try sees the secret as soon as a person has mended it.
        self.drop_kept(secret);
        Err(Failure::mend(
            format!("Secret {secret} has no text field {field}."),
            "GetSecretValue",
        ))
    }

    async fn optional_field(
        &self,
        secret: &str,
        field: &str,
    ) -> Result<Option<SecretString>, Failure> {
        match self.fields(secret).await {
            Ok(fields) => Ok(fields.get(field).cloned()),
            Err(failure) if failure.remedy == Remedy::Mend => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn forget(&self, secret: &str) {
        self.drop_kept(secret);
    }
}

//! How a desk comes to its client: ready-made, or from a secret that is read when first needed.

use std::sync::Arc;

use cxloop_dataverse::HeaderHook;
use cxloop_ports::{Failure, Secrets};
use http::HeaderValue;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::Correlation;
use super::TAG;
use crate::{Client, Connection, Error, Now, Timeouts};

pub(super) enum SignIn {
    Ready(Client),
    FromSecret(FromSecret),
}

/// A connection of the configuration whose secret has not been read yet.
pub(super) struct FromSecret {
    pub(super) http: reqwest::Client,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) secret: String,
    pub(super) url: String,
    pub(super) token_url: Option<String>,
    pub(super) timeouts: Timeouts,
    pub(super) now: Now,
    pub(super) correlation: Correlation,
    pub(super) client: Mutex<Option<Client>>,
}

impl SignIn {
    pub(super) async fn client(&self) -> Result<Client, Failure> {
        match self {
            Self::Ready(client) => Ok(client.clone()),
            Self::FromSecret(source) => source.client().await,
        }
    }

    /// Reads the secret anew for the next request: it may have been rotated.
    pub(super) async fn forget(&self) {
        if let Self::FromSecret(source) = self {
            source.client.lock().await.take();
            source.secrets.forget(&source.secret).await;
        }
    }
}

impl FromSecret {
    async fn client(&self) -> Result<Client, Failure> {
        let mut client = self.client.lock().await;
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        let built = Client::new(
            self.http.clone(),
            self.connection().await?,
            Arc::clone(&self.now),
        )
        .with_header_hook(naming(Arc::clone(&self.correlation)));
        Ok(client.insert(built).clone())
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        let tenant = self.secrets.field(&self.secret, "tenant").await?;
        let client_id = self.secrets.field(&self.secret, "client_id").await?;
        let client_secret = self.secrets.field(&self.secret, "client_secret").await?;
        let connection = Connection::new(
            &self.url,
            tenant.expose_secret(),
            client_id.expose_secret(),
            client_secret,
            TAG,
        );
        let connection = match &self.token_url {
            Some(token_url) => {
                connection.and_then(|connection| connection.with_token_url(token_url))
            }
            None => connection,
        };
        connection
            .map(|connection| connection.with_timeouts(self.timeouts))
            .map_err(|error: Error| {
                Failure::mend("The address of Dynamics cannot be used.", error.to_string())
            })
    }
}

/// Under which names a request carries the id of the work; the service keeps it with its own records.
/// Source: the requests of Microsoft's own PowerPlatform-Dataverse-Client.
const CORRELATION_HEADERS: [&str; 2] = ["x-ms-client-request-id", "x-ms-correlation-id"];

fn naming(correlation: Correlation) -> HeaderHook {
    Arc::new(move |headers| {
        let id = correlation().and_then(|id| HeaderValue::from_str(&id.to_string()).ok());
        if let Some(id) = id {
            for name in CORRELATION_HEADERS {
                headers.insert(name, id.clone());
            }
        }
    })
}

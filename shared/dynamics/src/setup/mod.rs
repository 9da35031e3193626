//! An organisation as setup sees it: what it has of the things that cxloop needs, and making or removing them.
//!
//! What is wanted, and what is to be done about the difference, is decided in `cxloop_domain::setup::dynamics`.

mod health;
mod look;
mod make;

use std::sync::Arc;
use std::time::Duration;

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::dynamics::{KeyFound, KeyState};
use cxloop_ports::{Clock, Failure, Secrets};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::case_desk::{TAG, failure::failure};
use crate::{Client, Connection, Error, Timeouts};

pub use health::{FailedJobs, User};

/// Tables and keys take the service longer than rows do.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    request: Duration::from_secs(180),
};

/// An organisation to be looked at and set up.
pub struct Organisation {
    client: Client,
    connection: ConnectionName,
}

impl Organisation {
    /// The organisation of a connection, with the credentials of its secret. Asks nobody yet.
    ///
    /// # Errors
    /// Remedy `Mend` when the secret lacks a field or the address cannot be used.
    pub async fn connect(
        name: &ConnectionName,
        connection: &DynamicsConnection,
        secrets: &dyn Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let field = |field| secrets.field(&connection.secret, field);
        let (tenant, client_id, client_secret) = (
            field("tenant").await?,
            field("client_id").await?,
            field("client_secret").await?,
        );
        let unusable = |error: Error| {
            Failure::mend("The address of Dynamics cannot be used.", error.to_string())
        };
        let made = Connection::new(
            &connection.url,
            tenant.expose_secret(),
            client_id.expose_secret(),
            client_secret,
            TAG,
        );
        let made = match &connection.token_url {
            Some(token_url) => made.and_then(|made| made.with_token_url(token_url)),
            None => made,
        };
        let http = Connection::http_client(TIMEOUTS).map_err(unusable)?;
        let made = made.map_err(unusable)?.with_timeouts(TIMEOUTS);
        let client = Client::new(http, made, Arc::new(move || clock.now()));
        Ok(Self::new(client, name.clone()))
    }

    /// The organisation that `client` reaches, known to the configuration as `connection`.
    pub fn new(client: Client, connection: ConnectionName) -> Self {
        Self { client, connection }
    }

    /// Who we are there: the application user and the organisation.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn who_am_i(&self) -> Result<(Uuid, Uuid), Failure> {
        let doing = "say who the application user is";
        let found = self.client.who_am_i().await;
        let found = found.map_err(|error| self.fail(doing, &error))?;
        Ok((found.user, found.organization))
    }

    /// One look at the alternate key over a column, whatever its name; `None` when there is none.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn key_over(
        &self,
        table: &str,
        column: &str,
    ) -> Result<Option<(String, KeyState)>, Failure> {
        let keys = look::keys(&self.client, table).await;
        let keys = keys.map_err(|error| self.fail("look at an alternate key", &error))?;
        let over = |key: &KeyFound| key.columns.len() == 1 && key.columns.contains(column);
        let mut keys = keys.into_iter().filter(|(_, key)| over(key));
        Ok(keys.next().map(|(name, key)| (name, key.state)))
    }

    /// `doing` completes "Dynamics refused to …".
    fn fail(&self, doing: &str, error: &Error) -> Failure {
        failure(doing, error, &self.connection, self.client.clock()())
    }
}

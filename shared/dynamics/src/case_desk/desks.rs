//! The desk that a configuration speaks of.

use std::sync::{Arc, Mutex, PoisonError};

use cxloop_domain::configuration::{Applied, Connection as Connected, DynamicsConnection};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{
    CaseDesk, CaseDesks, ChangedRecords, Clock, CrmChanges, Failure, Gates, Lane, Secrets,
};

use uuid::Uuid;

use super::{
    DynamicsCaseDesk,
    limiter::Limiter,
    sign_in::{FromSecret, SignIn},
};
use crate::{Now, Timeouts};

/// The id under which the running work's requests are to be found again on both sides, when there is one. Dataverse
/// takes a GUID.
pub type Correlation = Arc<dyn Fn() -> Option<Uuid> + Send + Sync>;

/// Makes the desk of a configuration, and keeps it as long as the connection stays the same, so
/// that its token and its connections to the host are kept too.
pub struct DynamicsCaseDesks {
    http: reqwest::Client,
    secrets: Arc<dyn Secrets>,
    timeouts: Timeouts,
    now: Now,
    correlation: Correlation,
    gates: Option<(Arc<dyn Gates>, Lane)>,
    last: Mutex<Option<Desk>>,
}

struct Desk {
    name: ConnectionName,
    connection: DynamicsConnection,
    desk: Arc<DynamicsCaseDesk>,
}

impl DynamicsCaseDesks {
    /// Desks over a shared HTTP client, which must not follow redirects; their secrets are read from
    /// `secrets` when first needed.
    pub fn new(http: reqwest::Client, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            secrets,
            timeouts: Timeouts::default(),
            now: Arc::new(move || clock.now()),
            correlation: Arc::new(|| None),
            gates: None,
            last: Mutex::new(None),
        }
    }

    /// The same desks, whose requests carry the id of the running work.
    #[must_use]
    pub fn correlated_by(self, correlation: Correlation) -> Self {
        Self {
            correlation,
            ..self
        }
    }

    /// Desks that ask the gates before each request whether work of this lane may go on.
    #[must_use]
    pub fn guarded(self, gates: Arc<dyn Gates>, lane: Lane) -> Self {
        Self {
            gates: Some((gates, lane)),
            ..self
        }
    }

    fn make(&self, name: &ConnectionName, connection: &DynamicsConnection) -> DynamicsCaseDesk {
        let source = FromSecret {
            http: self.http.clone(),
            secrets: Arc::clone(&self.secrets),
            secret: connection.secret.clone(),
            url: connection.url.clone(),
            token_url: connection.token_url.clone(),
            timeouts: self.timeouts,
            now: Arc::clone(&self.now),
            correlation: Arc::clone(&self.correlation),
            client: tokio::sync::Mutex::new(None),
        };
        let desk = DynamicsCaseDesk::over(
            SignIn::FromSecret(source),
            name.clone(),
            &connection.url,
            Arc::clone(&self.now),
        );
        match &self.gates {
            None => desk,
            Some((gates, lane)) => desk.limited(Limiter::new(
                Arc::clone(gates),
                *lane,
                connection.history_reserve,
            )),
        }
    }
}

impl DynamicsCaseDesks {
    /// The desk of a configuration, with what Dynamics alone can be asked.
    ///
    /// # Errors
    /// Remedy `Mend` when no CRM is connected.
    pub fn dynamics_desk(
        &self,
        applied: &Applied,
    ) -> Result<(ConnectionName, Arc<DynamicsCaseDesk>), Failure> {
        let connections = &applied.configuration.connections;
        let (name, connection) = connections
            .iter()
            .find_map(|(name, connection)| match connection {
                Connected::Dynamics(connection) => Some((name, connection)),
                Connected::Wxm(_) | Connected::Standard(_) => None,
            })
            .ok_or_else(|| {
                Failure::mend(
                    "No CRM is connected: the configuration has no connection of kind dynamics.",
                    format!("configuration version {}", applied.version),
                )
            })?;
        // A panic elsewhere cannot leave the slot half written: it is replaced as a whole.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = match &*last {
            Some(kept) if kept.name == *name && kept.connection == *connection => {
                Arc::clone(&kept.desk)
            }
            _ => {
                let desk = Arc::new(self.make(name, connection));
                *last = Some(Desk {
                    name: name.clone(),
                    connection: connection.clone(),
                    desk: Arc::clone(&desk),
                });
                desk
            }
        };
        Ok((name.clone(), desk))
    }
}

impl CrmChanges for DynamicsCaseDesks {
    fn of(&self, applied: &Applied) -> Option<(ConnectionName, Arc<dyn ChangedRecords>)> {
        let (name, desk) = self.dynamics_desk(applied).ok()?;
        Some((name, desk))
    }
}

impl CaseDesks for DynamicsCaseDesks {
    fn desk(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CaseDesk>), Failure> {
        let (name, desk) = self.dynamics_desk(applied)?;
        Ok((name, desk))
    }
}

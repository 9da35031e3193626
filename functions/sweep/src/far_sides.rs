//! What far sides are asked, each within its share of the run: one that does not answer takes the time of no other.

use std::sync::Arc;

use cxloop_domain::configuration::{Applied, Connection, WxmConnection};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::sweep::{Share, first_in_turn, share};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{ChangedRecords, Failure};
use jiff::Timestamp;

use crate::{Deps, FUNCTION, Swept, changes, failed_jobs, responses};

/// The CRM: its connection, and how it is asked.
type Crm = (ConnectionName, Arc<dyn ChangedRecords>);

/// One thing that one far side is asked.
enum Part<'p> {
    FailedJobs(&'p Crm),
    Changes(&'p Crm),
    Responses(&'p ConnectionName, &'p WxmConnection),
}

/// Asks the CRM and every survey platform that can be asked, another one first in each run. One that fails or takes too long
/// keeps no other back. Returns how much was told, or the first failure.
pub(crate) async fn tell(deps: &Deps, began: Timestamp) -> Result<Swept, Failure> {
    let applied = deps.configurations.current().await?;
    let crm = deps.changes.of(&applied);
    let mut parts = parts(&applied, crm.as_ref());
    let first = first_in_turn(parts.len(), began);
    parts.rotate_left(first);
    let mut told = Swept::default();
    let mut first_failure = None;
    for (before, part) in parts.iter().enumerate() {
        let to_come = parts.len() - before;
        let Some(share) = share(began, deps.asks_for, to_come, deps.clock.now()) else {
            break;
        };
        let work = part.tell(deps, &applied, &share, &mut told);
        let done = tokio::time::timeout(share.ends_after.unsigned_abs(), work).await;
        if let Err(failure) = done.unwrap_or_else(|_| Err(part.broken_off())) {
            first_failure.get_or_insert(failure);
        }
    }
    first_failure.map_or(Ok(told), Err)
}

fn parts<'p>(applied: &'p Applied, crm: Option<&'p Crm>) -> Vec<Part<'p>> {
    let of_crm = crm.map(|crm| [Part::FailedJobs(crm), Part::Changes(crm)]);
    let connections = applied.configuration.connections.iter();
    let accounts = connections.filter_map(|(name, configured)| match configured {
        Connection::Wxm(wxm) => Some(Part::Responses(name, wxm)),
        Connection::Standard(_) | Connection::Dynamics(_) => None,
    });
    of_crm.into_iter().flatten().chain(accounts).collect()
}

impl Part<'_> {
    async fn tell(
        &self,
        deps: &Deps,
        applied: &Applied,
        share: &Share,
        told: &mut Swept,
    ) -> Result<(), Failure> {
        match self {
            Self::FailedJobs((connection, crm)) => {
                let crm = crm.as_ref();
                told.failed_jobs =
                    failed_jobs::tell(deps, applied, (connection, crm), share).await?;
            }
            Self::Changes((connection, crm)) => {
                let crm = crm.as_ref();
                told.changes = changes::tell(deps, applied, (connection, crm), share).await?;
            }
            Self::Responses(connection, wxm) => {
                told.responses += responses::tell(deps, applied, (connection, wxm), share).await?;
            }
        }
        Ok(())
    }

    /// What is said when its share is over. What was told is told again by the next run, which is harmless.
    fn broken_off(&self) -> Failure {
        let connection = match self {
            Self::FailedJobs((connection, _)) | Self::Changes((connection, _)) => connection,
            Self::Responses(connection, _) => connection,
        };
        let message = "A far side took longer than its share of the run; the next run asks again.";
        tracing::error!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::CONNECTION } = connection.as_str(),
            { fields::REASON } = message,
            "a far side was left for the next run"
        );
        Failure::retry(message, "broken off")
    }
}

//! What far sides are asked, all of them at the same time: one that does not answer takes nobody else's time.

use std::sync::Arc;
use std::time::Duration;

use cxloop_domain::configuration::{Applied, Connection, WxmConnection};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{ChangedRecords, Failure};
use futures::future::join_all;
use jiff::Timestamp;

use crate::{Deps, FUNCTION, Swept, changes, failed_jobs, responses};

/// The CRM: its connection, and how it is asked.
type Crm = (ConnectionName, Arc<dyn ChangedRecords>);

/// What a system is asked.
enum Side<'s> {
    FailedJobs(&'s Crm),
    Changes(&'s Crm),
    Responses(&'s ConnectionName, &'s WxmConnection),
}

/// Asks the CRM and every survey platform that can be asked, in what is left of the run that began then. One that fails or
/// takes too long keeps no other back. Returns how much was told, or the first failure.
pub(crate) async fn tell(deps: &Deps, began: Timestamp) -> Result<Swept, Failure> {
    let ran_for = deps.clock.now().duration_since(began);
    // A clock that was turned back gives nobody more time than there is.
    let left = (deps.asks_for - ran_for).min(deps.asks_for);
    let Ok(left) = Duration::try_from(left) else {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::FAILED,
            "what was kept took the whole run: far sides are asked by the next one"
        );
        deps.signals.count(Signal::Retried { connection: None });
        return Ok(Swept::default());
    };
    let applied = deps.configurations.current().await?;
    let crm = deps.changes.of(&applied);
    let sides = sides(&applied, crm.as_ref());
    let asking = sides.iter().map(|side| async {
        let told = tokio::time::timeout(left, side.tell(deps, &applied)).await;
        told.unwrap_or_else(|_| {
            side.broken_off(deps);
            Ok(Swept::default())
        })
    });
    let mut all = Swept::default();
    let mut first_failure = None;
    for told in join_all(asking).await {
        match told {
            Ok(told) => {
                all.failed_jobs += told.failed_jobs;
                all.changes += told.changes;
                all.responses += told.responses;
            }
            Err(failure) => {
                first_failure.get_or_insert(failure);
            }
        }
    }
    first_failure.map_or(Ok(all), Err)
}

fn sides<'s>(applied: &'s Applied, crm: Option<&'s Crm>) -> Vec<Side<'s>> {
    let connections = applied.configuration.connections.iter();
    let accounts = connections.filter_map(|(name, configured)| match configured {
        Connection::Wxm(wxm) => Some(Side::Responses(name, wxm)),
        Connection::Standard(_) | Connection::Dynamics(_) => None,
    });
    let of_crm = crm.map(|crm| [Side::FailedJobs(crm), Side::Changes(crm)]);
    of_crm.into_iter().flatten().chain(accounts).collect()
}

impl Side<'_> {
    async fn tell(&self, deps: &Deps, applied: &Applied) -> Result<Swept, Failure> {
        match self {
            Self::FailedJobs((connection, crm)) => Ok(Swept {
                failed_jobs: failed_jobs::tell(deps, applied, (connection, crm.as_ref())).await?,
                ..Swept::default()
            }),
            Self::Changes((connection, crm)) => Ok(Swept {
                changes: changes::tell(deps, applied, (connection, crm.as_ref())).await?,
                ..Swept::default()
            }),
            Self::Responses(connection, wxm) => Ok(Swept {
                responses: responses::tell(deps, applied, (connection, wxm)).await?,
                ..Swept::default()
            }),
        }
    }

    /// Says that it was left. What it told without a page being kept is told again by the next run, which is harmless; one that
    /// is left for long is counted until somebody looks.
    fn broken_off(&self, deps: &Deps) {
        let connection = match self {
            Self::FailedJobs((connection, _)) | Self::Changes((connection, _)) => connection,
            Self::Responses(connection, _) => *connection,
        };
        tracing::error!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::CONNECTION } = connection.as_str(),
            "a far side did not answer within the run: the next one asks again"
        );
        deps.signals.count(Signal::Retried {
            connection: Some(connection),
        });
    }
}

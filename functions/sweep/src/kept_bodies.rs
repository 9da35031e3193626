//! Bodies of the CRM's webhooks that were kept and never published.

use cxloop_domain::configuration::Connection;
use cxloop_domain::events::Outgoing;
use cxloop_domain::record_changed::{Heard, Origin};
use cxloop_domain::signals::Signal;
use cxloop_dynamics::execution_context::hear;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{Failure, Overdue};

use crate::Deps;

/// What a kept body tells of: it is read again, as the function read it that kept it. One that nothing can be read from any
/// more is put aside, so that it does not come up each minute.
pub(crate) async fn events(deps: &Deps, overdue: &Overdue) -> Result<Vec<Outgoing>, Failure> {
    let Some(item) = deps.inbox.load(&overdue.id).await? else {
        return Ok(Vec::new());
    };
    let applied = deps.configurations.current().await?;
    let connections = &applied.configuration.connections;
    let Some(Connection::Dynamics(connection)) = connections.get(&item.connection) else {
        let why = "The configuration has no connection of kind dynamics of that name any more.";
        return put_aside(deps, overdue, why).await;
    };
    let origin = Origin {
        connection: item.connection,
        inbox_id: item.id,
        accepted_at: item.accepted_at,
    };
    match hear(&item.body, connection, &origin) {
        Ok(Heard::Changes(changes)) => {
            let traced = |change| Outgoing::traced(change, overdue.trace);
            Ok(changes.iter().map(traced).collect())
        }
        Ok(Heard::PassedOver(_)) => Ok(Vec::new()),
        Ok(Heard::OtherOrganization) => {
            let why = "It comes from another organisation than the connection names now.";
            put_aside(deps, overdue, why).await
        }
        Err(unreadable) => put_aside(deps, overdue, &unreadable.reason).await,
    }
}

async fn put_aside(deps: &Deps, overdue: &Overdue, reason: &str) -> Result<Vec<Outgoing>, Failure> {
    deps.inbox.park(&overdue.id, reason).await?;
    tracing::warn!(
        { fields::OUTCOME } = outcomes::PARKED,
        { fields::CONNECTION } = overdue.connection.as_str(),
        { fields::INBOX_ID } = overdue.id.as_str(),
        { fields::REASON } = reason,
        "a webhook that had been accepted is put aside"
    );
    deps.signals.count(Signal::Parked {
        connection: Some(&overdue.connection),
    });
    Ok(Vec::new())
}

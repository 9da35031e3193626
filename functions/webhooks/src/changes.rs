//! What a CRM tells of: rows that changed.
//!
//! A sender who is known gets 200 or 503 and nothing else, whatever the body is: Dataverse delivers once more after 503 and
//! gives up for good after everything else. Source: Microsoft Learn, "Use webhooks to create external handlers for server
//! events".

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::events::Outgoing;
use cxloop_domain::names::InboxId;
use cxloop_domain::record_changed::{Heard, Origin};
use cxloop_domain::signals::{PassedOver, RefusalKind, Signal};
use cxloop_domain::webhooks::Answer;
use cxloop_dynamics::execution_context::{hear, reduced};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace;
use cxloop_lambda_kit::verification::Verified;
use cxloop_ports::{BodyKind, Failure, InboxItem, InboxState, Remedy};

use crate::{Deps, item, keep, parked, publish, refused};

/// Keeps a body and tells of the rows that it names. Own writes are not kept: nothing follows from them.
pub(crate) async fn take(
    deps: &Deps,
    connection: &DynamicsConnection,
    verified: &Verified,
) -> Result<Answer, Failure> {
    let mut item = item(deps, verified, BodyKind::Change, InboxState::Unpublished);
    let origin = Origin {
        connection: item.connection.clone(),
        inbox_id: item.id.clone(),
        accepted_at: item.accepted_at,
    };
    match hear(verified.body(), connection, &origin) {
        Ok(Heard::Changes(changes)) => {
            keep_what_fits(deps, &mut item).await?;
            let traced = |change| Outgoing::traced(change, trace::current());
            let events: Vec<Outgoing> = changes.iter().map(traced).collect();
            publish(deps, &item, &events).await;
        }
        Ok(Heard::PassedOver(reason)) => {
            if reason != PassedOver::OwnWrite {
                item.state = InboxState::Published;
                keep_what_fits(deps, &mut item).await?;
            }
            passed_over(deps, &item.id, verified, reason);
        }
        Ok(Heard::OtherOrganization) => {
            let why = "the webhook comes from another organisation";
            let connection = Some(verified.connection());
            return Ok(refused(deps, connection, RefusalKind::Organization, why));
        }
        Err(unreadable) => {
            item.state = InboxState::Parked {
                reason: unreadable.reason.clone(),
            };
            keep_what_fits(deps, &mut item).await?;
            parked(deps, &item, &unreadable.reason);
        }
    }
    Ok(Answer::Accepted)
}

/// Keeps the body, or what of it names rows when it is too large. Its id stays that of the whole.
async fn keep_what_fits(deps: &Deps, item: &mut InboxItem) -> Result<(), Failure> {
    match keep(deps, item).await {
        Err(failure) if failure.remedy == Remedy::Park => {
            item.body = reduced(&item.body);
            keep(deps, item).await
        }
        kept => kept,
    }
}

fn passed_over(deps: &Deps, id: &InboxId, verified: &Verified, reason: PassedOver) {
    let connection = verified.connection();
    if reason == PassedOver::OwnWrite {
        tracing::info!(
            { fields::OUTCOME } = outcomes::PASSED_OVER,
            { fields::CONNECTION } = connection.as_str(),
            { fields::PASSED_OVER } = reason.as_str(),
            "a webhook tells of one of our own writes"
        );
    } else {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::PASSED_OVER,
            { fields::CONNECTION } = connection.as_str(),
            { fields::INBOX_ID } = id.as_str(),
            { fields::PASSED_OVER } = reason.as_str(),
            "a webhook was kept, and no row that changed is known from it"
        );
    }
    deps.signals
        .count(Signal::PassedOver { connection, reason });
}

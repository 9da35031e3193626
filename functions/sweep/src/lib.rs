//! Finds what was missed: publishes what was accepted and never published, tells of changes in the CRM and of responses that
//! no webhook told of, has invitations looked at whose time has come and gone, and says how long a secret is good for.
//!
//! It takes no input, runs every minute, and reaches the same state as the function that should have
//! published: publishing twice is harmless.

mod changes;
mod expiry;
mod failed_jobs;
mod far_sides;
mod kept_bodies;
mod looking_after;
mod passing;
mod publishing;
mod responses;
mod unfinished;
mod wake_ups;

use std::sync::Arc;

use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::signals::{Healed, Signal};
use cxloop_domain::sweep::{AT_ONCE, overdue_before};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace::{self, Work};
use cxloop_ports::{
    BodyKind, Bus, Checkpoints, Clock, Configurations, CrmChanges, Failure, Gates, Inbox,
    Invitations, Loops, Overdue, Secrets, Signals, SurveyPlatforms,
};
use jiff::SignedDuration;

/// The function's name on every line.
const FUNCTION: &str = "sweep";

/// What this function needs, and what its policy allows.
#[derive(Clone)]
pub struct Deps {
    /// The kept bodies.
    pub inbox: Arc<dyn Inbox>,
    /// Tells of them, and of changes.
    pub bus: Arc<dyn Bus>,
    /// Which CRM there is.
    pub configurations: Arc<dyn Configurations>,
    /// What changed in it.
    pub changes: Arc<dyn CrmChanges>,
    /// How far that is known.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// The survey platforms, asked for what was answered.
    pub platforms: Arc<dyn SurveyPlatforms>,
    /// What is known of responses.
    pub loops: Arc<dyn Loops>,
    /// Which invitations wait.
    pub invitations: Arc<dyn Invitations>,
    /// Whether a platform may be asked now.
    pub gates: Arc<dyn Gates>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The secret that expires.
    pub secrets: Arc<dyn Secrets>,
    /// Told how long it is good for.
    pub signals: Arc<dyn Signals>,
    /// Its name, where one is watched.
    pub expiring_secret: Option<String>,
    /// How long a run asks far sides, counted from its begin: less than it may take.
    pub asks_for: SignedDuration,
}

/// What one run found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Bodies that were overdue and are published.
    pub published: usize,
    /// Bodies that were published and led to nothing, and are published once more.
    pub unfinished: usize,
    /// Invitations that nobody looked at when their time had come, and that are looked at now.
    pub wake_ups: usize,
    /// Changes in the CRM that were told.
    pub changes: usize,
    /// Webhooks of the CRM that had failed for good, and are told.
    pub failed_jobs: usize,
    /// Responses of which no webhook had told, and that are told.
    pub responses: usize,
}

/// Publishes the overdue bodies, says how long the secret is good for, and tells of what far sides know and nobody has told.
/// What fails keeps nothing else back; the first failure is returned after all was tried.
pub async fn handle(deps: &Deps) -> Result<Swept, Failure> {
    let began = deps.clock.now();
    let published = publish_overdue(deps).await;
    let unfinished = unfinished::tell(deps).await;
    let wake_ups = wake_ups::tell(deps).await;
    expiry::watch(deps).await;
    let told = far_sides::tell(deps, began).await;
    Ok(Swept {
        published: published?,
        unfinished: unfinished?,
        wake_ups: wake_ups?,
        ..told?
    })
}

/// Publishes the overdue bodies and returns how many. One that fails does not keep the others back;
/// the first failure is returned after all were tried. Each goes on under the trace that it was accepted with.
async fn publish_overdue(deps: &Deps) -> Result<usize, Failure> {
    let overdue = deps
        .inbox
        .unpublished_before(overdue_before(deps.clock.now()), AT_ONCE)
        .await?;
    let mut published = 0;
    let mut first_failure = None;
    for overdue in overdue {
        let work = Work {
            function: FUNCTION,
            trace: overdue.trace,
        };
        match trace::scope(work, publish(deps, overdue)).await {
            Ok(()) => published += 1,
            Err(failure) => {
                first_failure.get_or_insert(failure);
            }
        }
    }
    if published > 0 {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::HEALED } = Healed::KeptBody.as_str(),
            { fields::COUNT } = published,
            "webhooks that had been accepted and never published are published"
        );
    }
    first_failure.map_or(Ok(published), Err)
}

async fn publish(deps: &Deps, overdue: Overdue) -> Result<(), Failure> {
    publish_all(deps, &overdue).await.inspect_err(|failure| {
        tracing::error!(
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::CONNECTION } = overdue.connection.as_str(),
            { fields::INBOX_ID } = overdue.id.as_str(),
            { fields::DETAIL } = failure.detail,
            "a webhook that had been accepted and never published is still not published"
        );
    })
}

async fn publish_all(deps: &Deps, overdue: &Overdue) -> Result<(), Failure> {
    let events = match overdue.kind {
        BodyKind::Response => {
            let event = ResponseHinted {
                connection: overdue.connection.clone(),
                inbox_id: overdue.id.clone(),
            };
            vec![Outgoing::traced(&event, overdue.trace)]
        }
        BodyKind::Change => kept_bodies::events(deps, overdue).await?,
    };
    for event in &events {
        deps.bus.publish(event).await?;
    }
    let now = deps.clock.now();
    deps.inbox.published(&overdue.id, overdue.kind, now).await?;
    deps.signals.count(Signal::Healed {
        connection: &overdue.connection,
        what: Healed::KeptBody,
    });
    Ok(())
}

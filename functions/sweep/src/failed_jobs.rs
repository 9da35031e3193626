//! Webhooks of the CRM that failed for good, as its system jobs say: the rows that they were about are told.

use cxloop_domain::changed_records::After;
use cxloop_domain::changed_records::failed_jobs::{
    FailedJob, checkpoint_key, ended_since, is_news, our_steps, untold,
};
use cxloop_domain::changed_records::{Checkpoint, tables};
use cxloop_domain::configuration::Applied;
use cxloop_domain::events::Outgoing;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::{Healed, Signal};
use cxloop_domain::sweep::begins_pages_until;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{ChangedRecords, Failure};

use crate::passing::{unless_asked_to_wait, unless_to_be_mended};
use crate::{Deps, FUNCTION, publishing};

/// Tells what failed since the last look. Returns how many jobs of which nobody knew were told, or the failure; being asked
/// to wait is none.
pub(crate) async fn tell(
    deps: &Deps,
    applied: &Applied,
    (connection, crm): (&ConnectionName, &dyn ChangedRecords),
) -> Result<usize, Failure> {
    if tables(&applied.configuration).is_empty() {
        return Ok(0);
    }
    let mut told = 0;
    if let Err(failure) = pages(deps, applied, (connection, crm), &mut told).await
        && let Some(failure) = unless_asked_to_wait(deps, failure).await
    {
        tracing::error!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::CONNECTION } = connection.as_str(),
            { fields::DETAIL } = failure.detail,
            "it could not be read which webhooks of the CRM failed"
        );
        // Without the right to read jobs, the reading of changes finds the same rows, later.
        if let Some(failure) = unless_to_be_mended(deps, connection, failure) {
            return Err(failure);
        }
    }
    if told > 0 {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::CONNECTION } = connection.as_str(),
            { fields::HEALED } = Healed::FailedJob.as_str(),
            { fields::COUNT } = told,
            "webhooks of the CRM had failed for good, and the rows they were about are told"
        );
    }
    Ok(told)
}

async fn pages(
    deps: &Deps,
    applied: &Applied,
    (connection, crm): (&ConnectionName, &dyn ChangedRecords),
    told: &mut usize,
) -> Result<(), Failure> {
    let url = applied.configuration.dynamics();
    let url = url.map_or("", |(_, dynamics)| dynamics.url.as_str());
    let key = checkpoint_key(connection, url);
    let steps = our_steps(connection, &applied.configuration);
    let (mut checkpoint, mut version) = deps.checkpoints.load(&key).await?;
    let until = begins_pages_until(deps.clock.now());
    while deps.clock.now() < until {
        let Some(reading) = checkpoint.due(deps.clock.now()) else {
            break;
        };
        let next = reading.next.as_deref();
        let page = crm.failed_jobs(&steps, ended_since(&reading), next).await?;
        *told += tell_page(deps, connection, &checkpoint, &page.jobs).await?;
        let after = page.next.map_or(After::End(None), After::Page);
        let next = checkpoint.after_page(&reading, after);
        // Only now does the page count as read: a run that dies before tells all of it again.
        if !deps.checkpoints.keep(&key, version, &next).await? {
            break;
        }
        (checkpoint, version) = (next, version + 1);
    }
    Ok(())
}

/// Tells the rows of a page, and counts those jobs of which nobody knew.
async fn tell_page(
    deps: &Deps,
    connection: &ConnectionName,
    checkpoint: &Checkpoint,
    jobs: &[FailedJob],
) -> Result<usize, Failure> {
    let told = |job: &FailedJob| Some(Outgoing::of(&untold(connection, job)?));
    publishing::all(deps, jobs.iter().filter_map(told).collect()).await?;
    let is_healed = |job: &&FailedJob| job.record.is_some() && is_news(checkpoint, job);
    let news = jobs.iter().filter(is_healed).count();
    for _ in 0..news {
        deps.signals.count(Signal::Healed {
            connection,
            what: Healed::FailedJob,
        });
    }
    Ok(news)
}

//! What changed in a CRM, and how far that is known.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::changed_records::failed_jobs::FailedJob;
use cxloop_domain::changed_records::{After, Checkpoint, FoundRow, Reading};
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ColumnName, ConnectionName};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Failure;

/// One page of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedPage {
    /// Rows, and what comes after them.
    Rows(Vec<FoundRow>, After),
    /// The service has forgotten the link or page that it gave.
    Forgotten,
    /// The service keeps no changes of the table.
    NotTracked,
}

/// One page of jobs that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedJobsPage {
    /// The jobs.
    pub jobs: Vec<FailedJob>,
    /// The address of the next page; `None` when this is the last.
    pub next: Option<String>,
}

/// Tells what changed in a CRM.
#[async_trait]
pub trait ChangedRecords: Send + Sync {
    /// The next page of a reading of a table. One request. No column of a row is read but its id, its version, the time of
    /// its last change and what it belongs to.
    async fn page(&self, table: &ColumnName, reading: &Reading) -> Result<ChangedPage, Failure>;

    /// The jobs of these steps that failed for good at a moment or later, those that failed first at first. One request, and
    /// one more when the service has forgotten the page at `next`: then the reading begins anew.
    async fn failed_jobs(
        &self,
        steps: &[Uuid],
        since: Timestamp,
        next: Option<&str>,
    ) -> Result<FailedJobsPage, Failure>;
}

/// The CRM of a configuration, asked for its changes.
pub trait CrmChanges: Send + Sync {
    /// Its connection and how it is asked. `None` when no CRM is connected.
    fn of(&self, applied: &Applied) -> Option<(ConnectionName, Arc<dyn ChangedRecords>)>;
}

/// Keeps how far changes are known.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// The checkpoint under a key, with the version that guards its replacement. A new one has version 0.
    async fn load(&self, key: &str) -> Result<(Checkpoint, u64), Failure>;

    /// Keeps a checkpoint if the one that stands still has the version given. `false` when another worker moved it on.
    async fn keep(&self, key: &str, version: u64, checkpoint: &Checkpoint)
    -> Result<bool, Failure>;
}

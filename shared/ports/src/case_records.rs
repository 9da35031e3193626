//! Cases with everything that flows back from them.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::case_write_back::CaseRecord;
use cxloop_domain::configuration::{Applied, WriteBack};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::record_changed::Record;
use uuid::Uuid;

use crate::Failure;

/// Reads cases with the columns and comments that are written back.
#[async_trait]
pub trait CaseRecords: Send + Sync {
    /// The case as it is now with what the settings ask for, or `None` when it is gone. One request. Fails with remedy `Park`
    /// when the CRM has no such column.
    async fn record(&self, case: Uuid, settings: &WriteBack)
    -> Result<Option<CaseRecord>, Failure>;

    /// The case that a note or an activity belongs to; `None` when it is gone or belongs to something else.
    async fn case_of(&self, row: &Record) -> Result<Option<Uuid>, Failure>;

    /// The address at which an agent opens the case.
    fn link(&self, case: Uuid) -> String;
}

/// The cases of a configuration.
pub trait CaseRecordDesks: Send + Sync {
    /// The CRM and the name of its connection. Fails with remedy `Mend` when none is connected.
    fn records(&self, applied: &Applied)
    -> Result<(ConnectionName, Arc<dyn CaseRecords>), Failure>;
}

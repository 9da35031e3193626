//! On whose behalf and when a request is carried out.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::model::TableId;
use super::rows::{Operation, Organisation, Row, Write};
use super::steps::Origin;

/// The circumstances of one request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The user whom the token stands for, or whom that user acts for.
    pub(crate) user: Uuid,
    /// The user whom the token stands for, when another one is impersonated.
    /// Source: Microsoft Learn, "Impersonate another user using the Web API".
    pub(crate) really: Option<Uuid>,
    /// Privileges that the user lacks, or either of both when one impersonates another.
    pub(crate) denied: Arc<BTreeSet<String>>,
    pub(crate) now: Timestamp,
    /// The `tag` query option. Source: Microsoft Learn, "Use optional parameters".
    pub(crate) tag: Option<String>,
    /// The caller asked for duplicate detection, which is off otherwise.
    /// Source: Microsoft Learn, "Manage duplicate detection during create and update".
    pub(crate) detect_duplicates: bool,
    /// What the HTTP request told beside its address and its body; nothing when there is none.
    pub(crate) origin: Option<Arc<Origin>>,
}

impl Caller {
    /// A user who acts for nobody else and lacks no privilege.
    pub(crate) fn new(user: Uuid, now: Timestamp) -> Self {
        Self {
            user,
            really: None,
            denied: Arc::default(),
            now,
            tag: None,
            detect_duplicates: false,
            origin: None,
        }
    }

    /// Stores a row in this caller's name and returns its new version.
    pub(crate) fn put(
        &self,
        organisation: &mut Organisation,
        table: TableId,
        id: Uuid,
        row: Row,
    ) -> u64 {
        let name = organisation.model().table(table).name.clone();
        organisation.put(table, id, row, |operation| self.write(name, id, operation))
    }

    /// Removes a row in this caller's name.
    pub(crate) fn remove(&self, organisation: &mut Organisation, table: TableId, id: Uuid) {
        let name = organisation.model().table(table).name.clone();
        organisation.remove(table, id, |operation| self.write(name, id, operation));
    }

    fn write(&self, table: String, id: Uuid, operation: Operation) -> Write {
        Write {
            table,
            id,
            operation,
            tag: self.tag.clone(),
            at: self.now,
        }
    }
}

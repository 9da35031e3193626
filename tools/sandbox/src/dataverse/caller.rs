//! On whose behalf and when a request is carried out.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::TableId;
use super::rows::{Operation, Organisation, Row, Write};

/// The circumstances of one request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The user whom the token stands for.
    pub(crate) user: Uuid,
    pub(crate) now: Timestamp,
    /// The `tag` query option. Source: Microsoft Learn, "Use optional parameters".
    pub(crate) tag: Option<String>,
    /// The caller asked for duplicate detection, which is off otherwise.
    /// Source: Microsoft Learn, "Manage duplicate detection during create and update".
    pub(crate) detect_duplicates: bool,
}

impl Caller {
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

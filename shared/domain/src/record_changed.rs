//! A row of the CRM changed: the fact that write-backs and surveys start from.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::Event;
use crate::identity;
use crate::names::{ColumnName, ConnectionName, InboxId};

/// A row of the CRM changed, or may have: whoever acts on it reads the row again first, because the message may be late,
/// out of order or a second one about the same change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordChanged {
    /// Version of this event's shape.
    pub version: u32,
    /// The connection of the CRM.
    pub connection: ConnectionName,
    /// The row. Where a case was closed, the case and not the activity that closed it.
    pub record: Record,
    /// What happened to it.
    pub change: Change,
    /// The row that it belongs to: the case of a note or an e-mail, the master of a merged case. `None` when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Record>,
    /// The columns that the change named. Empty when they are not known: then any may have changed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub columns: BTreeSet<ColumnName>,
    /// When it happened, by the clock of the CRM.
    pub happened_at: Timestamp,
    /// The CRM's id of the operation, equal on a redelivery; what found the change, when no operation told of it.
    pub operation: String,
    /// The kept body that told of it. `None` when the sweep found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Which version of the row was seen; counts up with every change of the row. `None` when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_version: Option<u64>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Record {
    /// Logical name of the table, such as `incident`.
    pub table: ColumnName,
    /// The row's id.
    pub id: Uuid,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// Some columns were written, its state perhaps among them.
    Updated,
    /// A case was resolved by the message made for it.
    Closed,
    /// Its state was set by one of the older messages.
    StateSet,
    /// It was merged into another row, or another into it.
    Merged,
    /// It is gone.
    Deleted,
    /// It has another owner.
    Assigned,
    /// The sweep found it changed.
    Found,
}

impl Event for RecordChanged {
    const NAME: &'static str = "RecordChanged";

    fn id(&self) -> Uuid {
        identity::event(
            Self::NAME,
            &[
                self.connection.as_str(),
                self.record.table.as_str(),
                &self.record.id.to_string(),
                &self.operation,
            ],
        )
    }

    fn connection(&self) -> &ConnectionName {
        &self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redelivered_change_has_the_id_of_the_first_and_reads_back_as_it_was_sent() {
        let change = RecordChanged {
            version: 1,
            connection: "dynamics".parse().unwrap(),
            record: Record {
                table: "incident".parse().unwrap(),
                id: Uuid::from_u128(7),
            },
            change: Change::StateSet,
            about: None,
            columns: BTreeSet::from(["statecode".parse().unwrap()]),
            happened_at: "2026-03-01T09:30:00Z".parse().unwrap(),
            operation: "b8a0".into(),
            inbox_id: Some("i-1".parse().unwrap()),
            row_version: None,
        };
        let sent = serde_json::to_string(&change).unwrap();
        assert!(sent.contains("\"state_set\""));
        assert_eq!(
            serde_json::from_str::<RecordChanged>(&sent).unwrap(),
            change
        );
        let again = RecordChanged {
            inbox_id: None,
            ..change.clone()
        };
        assert_eq!(again.id(), change.id());
        let other = RecordChanged {
            operation: "b8a1".into(),
            ..change.clone()
        };
        assert_ne!(other.id(), change.id());
    }
}

//! A row of the CRM changed: the fact that write-backs and surveys start from.
//!
//! A message of the CRM is read into a [`Notice`] by its connector; [`hear`] decides what follows from it.

mod authorship;
mod hearing;
mod notice;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::Event;
use crate::identity;
use crate::names::{ColumnName, ConnectionName, InboxId};

pub use authorship::{Authorship, OWN_TAG};
pub use hearing::{Heard, Origin, hear};
pub use notice::{NamedRow, Notice, OperationIds};

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
    /// When it happened, by the clock of the CRM; of what a function did itself, when that said so, by ours.
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

/// A text that names no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a table and the id of a row, such as lead/4b1cbe1f-6f5c-4b60-9f0b-5a4c7c6f1d11")]
pub struct InvalidRecord;

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.table, self.id)
    }
}

impl FromStr for Record {
    type Err = InvalidRecord;

    fn from_str(text: &str) -> Result<Self, InvalidRecord> {
        let (table, id) = text.trim().split_once('/').ok_or(InvalidRecord)?;
        let id = Uuid::try_parse(id).ok().filter(|id| !id.is_nil());
        Ok(Self {
            table: ColumnName::parse(table).map_err(|_| InvalidRecord)?,
            id: id.ok_or(InvalidRecord)?,
        })
    }
}

impl Record {
    /// Whether it is a case.
    pub fn is_case(&self) -> bool {
        self.table.as_str() == "incident"
    }
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

impl Change {
    /// What a message of the CRM does to a row; `None` for messages that change none, or that nobody here knows.
    ///
    /// Which of `Close` and `CloseIncident` a resolution raises differs between pages, so both are taken.
    /// Source: Microsoft Learn, "Incident (Case) table/entity reference", section "Messages".
    pub fn of_message(message: &str) -> Option<Self> {
        let known = [
            ("Create", Self::Created),
            ("CreateMultiple", Self::Created),
            ("Update", Self::Updated),
            ("UpdateMultiple", Self::Updated),
            ("Close", Self::Closed),
            ("CloseIncident", Self::Closed),
            ("SetState", Self::StateSet),
            ("SetStateDynamicEntity", Self::StateSet),
            ("Merge", Self::Merged),
            ("Delete", Self::Deleted),
            ("DeleteMultiple", Self::Deleted),
            ("Assign", Self::Assigned),
        ];
        let message = message.trim();
        let same = |(name, _): &&(&str, Self)| name.eq_ignore_ascii_case(message);
        known.iter().find(same).map(|(_, change)| *change)
    }
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

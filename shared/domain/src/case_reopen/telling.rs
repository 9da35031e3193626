//! What is told of a case that was reopened here. Its webhook is one of an own write and dropped, so nobody else tells it.

use jiff::Timestamp;

use crate::cases::Reopening;
use crate::names::{ColumnName, ConnectionName};
use crate::record_changed::{Change, Record, RecordChanged};

/// The change that a reopening made. Its event has one id for each response that reopens a case, however often it is told.
pub fn reopened(
    connection: &ConnectionName,
    reopening: &Reopening,
    now: Timestamp,
) -> RecordChanged {
    let name = |name: &str| ColumnName::parse(name).expect("a constant within the rule of names");
    let state = ["statecode", "statuscode"].map(name);
    let marked = reopening.columns.keys().cloned();
    RecordChanged {
        version: 1,
        connection: connection.clone(),
        record: Record {
            table: name("incident"),
            id: reopening.case,
        },
        change: Change::Updated,
        about: None,
        columns: state.into_iter().chain(marked).collect(),
        happened_at: now,
        // The note's id is derived from response and threshold.
        operation: format!("reopening {}", reopening.note.id),
        inbox_id: None,
        row_version: None,
    }
}

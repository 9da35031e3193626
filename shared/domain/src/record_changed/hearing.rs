//! What follows from a message of the CRM.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Change, NamedRow, Notice, Record, RecordChanged};
use crate::configuration::DynamicsConnection;
use crate::names::{ColumnName, ConnectionName, InboxId};
use crate::signals::PassedOver;

/// The version of the event's shape that is made here.
const VERSION: u32 = 1;

/// Where a message came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The connection.
    pub connection: ConnectionName,
    /// The id under which its body is kept.
    pub inbox_id: InboxId,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// What follows from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Rows changed: at least one.
    Changes(Vec<RecordChanged>),
    /// Nothing.
    PassedOver(PassedOver),
    /// It comes from another organisation than the connection's, such as a copy that still has its webhooks.
    OtherOrganization,
}

/// Decides what follows from a message. Twice the same message, twice the same events: who acts on them reads the rows
/// again, so that two messages of one action come to one change there.
pub fn hear(notice: &Notice, connection: &DynamicsConnection, origin: &Origin) -> Heard {
    let is_other = |(ours, theirs)| ours != theirs;
    if connection
        .organization_id
        .zip(notice.organization)
        .is_some_and(is_other)
    {
        return Heard::OtherOrganization;
    }
    let message = notice.message.as_deref().unwrap_or_default();
    let Some(change) = Change::of_message(message) else {
        return Heard::PassedOver(PassedOver::Message);
    };
    if notice.authorship.is_own_write(connection.application_user) {
        return Heard::PassedOver(PassedOver::OwnWrite);
    }
    let rows = changed_rows(notice, change);
    if rows.is_empty() {
        return Heard::PassedOver(PassedOver::NoRow);
    }
    let primary = notice.primary.as_ref().map(|record| record.id);
    let operation = notice.operation.key(primary);
    let operation = operation.unwrap_or_else(|| format!("body/{}", origin.inbox_id));
    let event = |(record, columns, about): Changed| RecordChanged {
        version: VERSION,
        connection: origin.connection.clone(),
        about: about.filter(|about| *about != record),
        record,
        change,
        columns,
        happened_at: notice.happened_at.unwrap_or(origin.accepted_at),
        operation: operation.clone(),
        inbox_id: Some(origin.inbox_id.clone()),
        row_version: None,
    };
    Heard::Changes(rows.into_iter().map(event).collect())
}

/// A row, the columns that were written and the row that it belongs to.
type Changed = (Record, BTreeSet<ColumnName>, Option<Record>);

fn changed_rows(notice: &Notice, change: Change) -> Vec<Changed> {
    match change {
        Change::Closed => {
            // The message has no target: its case is in the resolution, which a body that was too large lacks.
            let case = notice.closed.clone().or_else(|| notice.primary.clone());
            case.map(|case| (case, BTreeSet::new(), None))
                .into_iter()
                .collect()
        }
        Change::Merged => merged(notice).into_iter().collect(),
        Change::StateSet => named(notice, |_| columns(&["statecode", "statuscode"])),
        Change::Assigned => named(notice, |_| columns(&["ownerid"])),
        Change::Deleted | Change::Found => named(notice, |_| BTreeSet::new()),
        Change::Created | Change::Updated => named(notice, |row| row.columns.clone()),
    }
}

/// The rows that a message names. Its own row comes first; the parameters of most messages name the same one again.
fn named(notice: &Notice, written: impl Fn(&NamedRow) -> BTreeSet<ColumnName>) -> Vec<Changed> {
    let nothing = NamedRow::default();
    let rows: &[NamedRow] = if notice.rows.is_empty() {
        std::slice::from_ref(&nothing)
    } else {
        &notice.rows
    };
    let only = rows.len() == 1;
    let mut found: Vec<Changed> = Vec::new();
    for row in rows {
        let own = notice.primary.clone().filter(|_| only);
        let Some(record) = own.or_else(|| row.record.clone()) else {
            continue;
        };
        if found.iter().any(|(known, _, _)| *known == record) {
            continue;
        }
        let of_images = notice.about.clone().filter(|_| only);
        found.push((record, written(row), row.about.clone().or(of_images)));
    }
    found
}

/// The row that is gone into another, about that other; where only the other is known, that one.
fn merged(notice: &Notice) -> Option<Changed> {
    let first = notice.rows.first();
    let named = first.and_then(|row| row.record.clone());
    let master = named.or_else(|| notice.primary.clone());
    match (&notice.subordinate, master) {
        (Some(subordinate), master) => Some((subordinate.clone(), BTreeSet::new(), master)),
        (None, Some(master)) => Some((master, BTreeSet::new(), None)),
        (None, None) => None,
    }
}

fn columns(names: &[&str]) -> BTreeSet<ColumnName> {
    names
        .iter()
        .map(|name| ColumnName::parse(*name).expect("a constant within the rule of column names"))
        .collect()
}

//! The rows of one table with their index.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use super::super::model::Table;
use super::super::value::{Value, fold};
use super::{CHANGES_KEPT_SECONDS, Deleted, Row};

/// An entry of an index: the column, a digest of the value, the row. One ordered set of small entries costs less than a list
/// per value.
pub(super) type Entry = (u16, u64, Uuid);

/// A digest of what values are compared by: a key whatever its table, a text without its case.
pub(super) fn digest(value: &Value) -> Option<u64> {
    // The keys of this hasher are always the same; an index lives only in memory.
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Row(_, id) | Value::Guid(id) => id.hash(&mut hasher),
        Value::Text(text) => fold(text).hash(&mut hasher),
        Value::Whole(number) => number.hash(&mut hasher),
        Value::Decimal(number) => number.hash(&mut hasher),
        Value::Time(at) => at.hash(&mut hasher),
        Value::Day(day) => day.hash(&mut hasher),
        Value::Flag(flag) => flag.hash(&mut hasher),
        Value::Null | Value::Float(_) | Value::Many(_) => return None,
    }
    Some(hasher.finish())
}

/// The entry of several values together.
pub(super) fn digest_of_all<'v>(values: impl IntoIterator<Item = &'v Value>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for value in values {
        digest(value)?.hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// Every entry of a row: one for each indexed column and one for each alternate key.
pub(super) fn entries(table: &Table, id: Uuid, row: &Row) -> Vec<Entry> {
    let columns = table
        .indexed
        .iter()
        .filter_map(|column| digest(row.at(*column)).map(|digest| (*column as u16, digest, id)));
    let keys = table.keys.iter().enumerate().filter_map(|(at, key)| {
        let values = key.columns.iter().map(|column| row.at(*column));
        digest_of_all(values).map(|digest| (of_key(at), digest, id))
    });
    columns.chain(keys).collect()
}

/// The number that stands for a key where columns have theirs.
pub(super) fn of_key(key: usize) -> u16 {
    u16::MAX - key as u16
}

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) rows: BTreeMap<Uuid, Row>,
    pub(super) deleted: VecDeque<Deleted>,
    pub(super) index: BTreeSet<Entry>,
}

impl Store {
    /// Remembers a deletion, and forgets those that can no longer be asked for.
    pub(super) fn note_deletion(&mut self, gone: Deleted) {
        self.deleted.push_back(gone);
        while self
            .deleted
            .front()
            .is_some_and(|first| gone.at_seconds - first.at_seconds > CHANGES_KEPT_SECONDS)
        {
            self.deleted.pop_front();
        }
    }

    pub(super) fn exchange(&mut self, table: &Table, id: Uuid, row: Option<Row>) -> Option<Row> {
        let before = self.rows.remove(&id);
        let of = |row: &Option<Row>| {
            row.as_ref()
                .map_or_else(Vec::new, |row| entries(table, id, row))
        };
        let (old, new) = (of(&before), of(&row));
        for entry in &old {
            if !new.contains(entry) {
                self.index.remove(entry);
            }
        }
        for entry in new {
            if !old.contains(&entry) {
                self.index.insert(entry);
            }
        }
        if let Some(row) = row {
            self.rows.insert(id, row);
        }
        before
    }
}

//! Where the rows are: one ordered map per table, indexes over lookups and searched columns, versions and an undo log.

mod log;
mod restructure;
mod store;
mod suspended;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::activity;
use super::model::{Collection, ColumnId, Model, TableId};
use super::refusal::Refusal;
pub(crate) use super::row::Row;
use super::steps::Events;
use super::value::Value;
pub use log::LogError;
pub(crate) use log::{DefinitionWrite, Record, open as open_log};
use store::{Store, digest, digest_of_all, of_key};
pub(crate) use suspended::Suspended;

/// A row that was deleted, for those who follow the changes of its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deleted {
    pub(crate) version: u64,
    pub(crate) id: Uuid,
    pub(crate) at_seconds: i64,
}

enum Undo {
    Row {
        table: TableId,
        id: Uuid,
        before: Option<Row>,
    },
    Model(Arc<Model>),
}

/// What a write did to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The row was made.
    Create,
    /// Columns of the row changed.
    Update,
    /// The row was removed.
    Delete,
}

/// One write that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Logical name of the table, for example `incident`.
    pub table: String,
    /// Primary key of the row.
    pub id: Uuid,
    /// What was done.
    pub operation: Operation,
    /// The `tag` query option of the request, if it had one. Source: Microsoft Learn, "Use optional parameters".
    pub tag: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A place in the undo log to come back to.
#[derive(Clone, Copy)]
pub(crate) struct Savepoint {
    undo: usize,
    definitions: usize,
    writes: usize,
    raised: usize,
}

/// How many writes are remembered; the oldest half is dropped beyond it.
const WRITES_KEPT: usize = 100_000;

/// How long changes can be asked for: seven days. Source: Microsoft Learn, "Use change tracking to synchronize data with
/// external systems" (ExpireChangeTrackingInDays).
pub(crate) const CHANGES_KEPT_SECONDS: i64 = 7 * 24 * 3600;

/// All rows of an organisation.
pub(crate) struct Organisation {
    model: Arc<Model>,
    stores: Vec<Store>,
    version: u64,
    numbers: HashMap<TableId, u64>,
    undo: Vec<Undo>,
    pending: Vec<Write>,
    writes: Vec<Write>,
    /// Alternate keys can be used only once their index is made.
    pub(crate) keys_wait: bool,
    log: Option<log::Log>,
    /// Requests that changed definitions since the last commit.
    definitions: Vec<log::DefinitionWrite>,
    /// The steps that are registered, and what they are to be told.
    pub(crate) events: Events,
    /// Rows of transactions that wait for an answer from outside.
    held: HashSet<(TableId, Uuid)>,
}

impl Organisation {
    pub(crate) fn new(model: Arc<Model>) -> Self {
        let stores = (0..model.places()).map(|_| Store::default()).collect();
        let events = Events::of(&model);
        // Row versions of a real organisation are large from the start; beginning high keeps anybody from relying on small ones.
        Self {
            model,
            stores,
            version: 2_100_000,
            numbers: HashMap::new(),
            undo: Vec::new(),
            pending: Vec::new(),
            writes: Vec::new(),
            keys_wait: false,
            log: None,
            definitions: Vec::new(),
            events,
            held: HashSet::new(),
        }
    }

    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.model
    }

    pub(crate) fn row(&self, table: TableId, id: Uuid) -> Option<&Row> {
        self.store(table).rows.get(&id)
    }

    /// Every row of a table in the order of the primary key.
    pub(crate) fn rows(&self, table: TableId) -> impl Iterator<Item = (Uuid, &Row)> {
        self.store(table).rows.iter().map(|(id, row)| (*id, row))
    }

    /// Primary keys of the rows whose column has this value, in order. Without an index every row is looked at.
    pub(crate) fn having(&self, table: TableId, column: ColumnId, value: &Value) -> Vec<Uuid> {
        let store = self.store(table);
        let same = |row: &Row| value.order(row.at(column)) == Some(Ordering::Equal);
        if !self.model.table(table).columns[column].has_index() {
            return store
                .rows
                .iter()
                .filter(|(_, row)| same(row))
                .map(|(id, _)| *id)
                .collect();
        }
        let Some(digest) = digest(value) else {
            return Vec::new();
        };
        let column = column as u16;
        store
            .index
            .range((column, digest, Uuid::nil())..=(column, digest, Uuid::max()))
            .map(|(_, _, id)| *id)
            .filter(|id| store.rows.get(id).is_some_and(same))
            .collect()
    }

    /// The row with these values in the columns of an alternate key, in the order of the key.
    pub(crate) fn by_key(&self, table: TableId, key: usize, values: &[Value]) -> Option<Uuid> {
        let store = self.store(table);
        let digest = digest_of_all(values)?;
        let columns = &self.model.table(table).keys[key].columns;
        let same = |row: &Row| {
            columns
                .iter()
                .zip(values)
                .all(|(column, value)| value.order(row.at(*column)) == Some(Ordering::Equal))
        };
        let number = of_key(key);
        store
            .index
            .range((number, digest, Uuid::nil())..=(number, digest, Uuid::max()))
            .map(|(_, _, id)| *id)
            .find(|id| store.rows.get(id).is_some_and(same))
    }

    /// The rows of a table that were deleted since a version, oldest first.
    pub(crate) fn deleted_since(
        &self,
        table: TableId,
        version: u64,
    ) -> impl Iterator<Item = &Deleted> {
        self.store(table)
            .deleted
            .iter()
            .filter(move |deleted| deleted.version > version)
    }

    /// The version of the last write.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Primary keys of the rows that a collection of the row `id` leads to: those that point to it, or that are joined with it.
    pub(crate) fn related(&self, collection: &Collection, id: Uuid) -> Vec<Uuid> {
        let Some(through) = collection.through else {
            return self.having(collection.table, collection.column, &Value::Guid(id));
        };
        let pairs = self.having(through.table, through.here, &Value::Guid(id));
        let mut found: Vec<Uuid> = pairs
            .into_iter()
            .filter_map(
                |pair| match self.row(through.table, pair)?.at(through.there) {
                    Value::Row(table, id) if *table == collection.table => Some(*id),
                    Value::Guid(id) => Some(*id),
                    _ => None,
                },
            )
            .filter(|id| self.row(collection.table, *id).is_some())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The next running number of a table with an autonumber column. Numbers of undone writes are not used again.
    pub(crate) fn next_number(&mut self, table: TableId, first: u64) -> u64 {
        let next = self.numbers.entry(table).or_insert(first);
        *next += 1;
        *next - 1
    }

    /// Stores the row under a new version and returns that version.
    pub(crate) fn put(
        &mut self,
        table: TableId,
        id: Uuid,
        mut row: Row,
        write: impl FnOnce(Operation) -> Write,
    ) -> u64 {
        self.version += 1;
        row.version = self.version;
        row.settle();
        let before = self.exchange(table, id, Some(row));
        self.pending.push(write(if before.is_some() {
            Operation::Update
        } else {
            Operation::Create
        }));
        self.undo.push(Undo::Row { table, id, before });
        self.version
    }

    pub(crate) fn remove(
        &mut self,
        table: TableId,
        id: Uuid,
        write: impl FnOnce(Operation) -> Write,
    ) {
        let before = self.exchange(table, id, None);
        self.pending.push(write(Operation::Delete));
        self.undo.push(Undo::Row { table, id, before });
    }

    pub(crate) fn savepoint(&self) -> Savepoint {
        Savepoint {
            undo: self.undo.len(),
            definitions: self.definitions.len(),
            writes: self.pending.len(),
            raised: self.events.raised(),
        }
    }

    /// Takes back every write since the savepoint.
    pub(crate) fn roll_back(&mut self, to: Savepoint) {
        while self.undo.len() > to.undo {
            match self.undo.pop() {
                Some(Undo::Row { table, id, before }) => {
                    self.exchange(table, id, before);
                }
                Some(Undo::Model(before)) => self.take_back_model(before),
                None => {}
            }
        }
        self.pending.truncate(to.writes);
        self.definitions.truncate(to.definitions);
        self.events.roll_back(to.raised);
    }

    /// Makes every write since the last commit final. When they cannot be written to the organisation's file, they are taken
    /// back and the refusal is for whoever asked for them.
    pub(crate) fn commit(&mut self) -> Result<(), Refusal> {
        let before = self.version;
        self.note_deletions();
        if self.log_changes().is_err() {
            for store in &mut self.stores {
                while store
                    .deleted
                    .back()
                    .is_some_and(|last| last.version > before)
                {
                    store.deleted.pop_back();
                }
            }
            self.roll_back(Savepoint {
                undo: 0,
                definitions: 0,
                writes: 0,
                raised: 0,
            });
            return Err(Refusal::not_kept());
        }
        self.undo.clear();
        self.events.roll_back(0);
        self.writes.append(&mut self.pending);
        if self.writes.len() > WRITES_KEPT {
            self.writes.drain(..WRITES_KEPT / 2);
        }
        Ok(())
    }

    /// Makes final what an organisation starts with.
    pub(crate) fn settle_in(&mut self) {
        if let Err(refusal) = self.commit() {
            tracing::error!(
                code = refusal.code,
                "what an organisation starts with was not kept"
            );
        }
    }

    /// Remembers the rows that are gone, for as long as the changes of a table can be asked for.
    fn note_deletions(&mut self) {
        for write in &self.pending {
            let Some(table) = self.model.by_name(&write.table) else {
                continue;
            };
            if write.operation != Operation::Delete || self.row(table, write.id).is_some() {
                continue;
            }
            self.version += 1;
            let at_seconds = write.at.as_second();
            let gone = Deleted {
                version: self.version,
                id: write.id,
                at_seconds,
            };
            let view = self.model.activity_view(table);
            for table in [Some(table), view].into_iter().flatten() {
                self.stores[usize::from(table.0)].note_deletion(gone);
            }
        }
    }

    pub(crate) fn writes(&self) -> &[Write] {
        &self.writes
    }

    fn store(&self, table: TableId) -> &Store {
        &self.stores[usize::from(table.0)]
    }

    /// Puts a row in the place of another, in the view over all activities too.
    fn exchange(&mut self, table: TableId, id: Uuid, row: Option<Row>) -> Option<Row> {
        self.events.row_changed(table);
        let model = Arc::clone(&self.model);
        if let Some(view) = model.activity_view(table) {
            let shown = row
                .as_ref()
                .map(|row| activity::shown(&model, table, view, row));
            self.stores[usize::from(view.0)].exchange(model.table(view), id, shown);
        }
        self.stores[usize::from(table.0)].exchange(model.table(table), id, row)
    }
}

#[cfg(test)]
mod tests;

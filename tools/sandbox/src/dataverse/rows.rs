//! Where the rows are: one ordered map per table, indexes over lookups and searched columns, versions and an undo log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::model::{ColumnId, Model, Table, TableId};
use super::value::{Value, fold};

/// One row: its version and a value per column of its table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) version: u64,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn empty(table: &Table) -> Self {
        Self {
            version: 0,
            values: vec![Value::Null; table.columns.len()],
        }
    }

    pub(crate) fn at(&self, column: ColumnId) -> &Value {
        &self.values[column]
    }

    /// The value of the column with this name; empty when the table has none.
    pub(crate) fn get(&self, table: &Table, column: &str) -> &Value {
        table
            .column(column)
            .map_or(&Value::Null, |at| &self.values[at])
    }

    pub(crate) fn set_at(&mut self, column: ColumnId, value: Value) {
        self.values[column] = value;
    }

    /// Sets the column with this name, when the table has it.
    pub(crate) fn set(&mut self, table: &Table, column: &str, value: Value) {
        if let Some(at) = table.column(column) {
            self.values[at] = value;
        }
    }

    /// The weak entity tag of this version. Source: Microsoft Learn, "Perform conditional operations using the Web API".
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Row(Uuid),
    Text(Box<str>),
    Whole(i64),
}

impl Key {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Row(_, id) | Value::Guid(id) => Some(Self::Row(*id)),
            Value::Text(text) => Some(Self::Text(fold(text).into())),
            Value::Whole(number) => Some(Self::Whole(*number)),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Store {
    rows: BTreeMap<Uuid, Row>,
    index: HashMap<(ColumnId, Key), BTreeSet<Uuid>>,
}

struct Undo {
    table: TableId,
    id: Uuid,
    before: Option<Row>,
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
    writes: usize,
}

/// How many writes are remembered; the oldest half is dropped beyond it.
const WRITES_KEPT: usize = 100_000;

/// All rows of an organisation.
pub(crate) struct Organisation {
    model: Arc<Model>,
    stores: Vec<Store>,
    version: u64,
    numbers: HashMap<TableId, u64>,
    undo: Vec<Undo>,
    pending: Vec<Write>,
    writes: Vec<Write>,
}

impl Organisation {
    pub(crate) fn new(model: Arc<Model>) -> Self {
        let stores = model.tables().map(|_| Store::default()).collect();
        // Row versions of a real organisation are large from the start; beginning high keeps anybody from relying on small ones.
        Self {
            model,
            stores,
            version: 2_100_000,
            numbers: HashMap::new(),
            undo: Vec::new(),
            pending: Vec::new(),
            writes: Vec::new(),
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

    /// Primary keys of the rows whose indexed column has this value.
    pub(crate) fn having(&self, table: TableId, column: ColumnId, value: &Value) -> Vec<Uuid> {
        Key::of(value)
            .and_then(|key| self.store(table).index.get(&(column, key)))
            .map(|ids| ids.iter().copied().collect())
            .unwrap_or_default()
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
        let before = self.exchange(table, id, Some(row));
        self.pending.push(write(if before.is_some() {
            Operation::Update
        } else {
            Operation::Create
        }));
        self.undo.push(Undo { table, id, before });
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
        self.undo.push(Undo { table, id, before });
    }

    pub(crate) fn savepoint(&self) -> Savepoint {
        Savepoint {
            undo: self.undo.len(),
            writes: self.pending.len(),
        }
    }

    /// Takes back every write since the savepoint.
    pub(crate) fn roll_back(&mut self, to: Savepoint) {
        while self.undo.len() > to.undo {
            if let Some(Undo { table, id, before }) = self.undo.pop() {
                self.exchange(table, id, before);
            }
        }
        self.pending.truncate(to.writes);
    }

    /// Makes every write since the last commit final.
    pub(crate) fn commit(&mut self) {
        self.undo.clear();
        self.writes.append(&mut self.pending);
        if self.writes.len() > WRITES_KEPT {
            self.writes.drain(..WRITES_KEPT / 2);
        }
    }

    pub(crate) fn writes(&self) -> &[Write] {
        &self.writes
    }

    fn store(&self, table: TableId) -> &Store {
        &self.stores[usize::from(table.0)]
    }

    fn exchange(&mut self, table: TableId, id: Uuid, row: Option<Row>) -> Option<Row> {
        let model = Arc::clone(&self.model);
        let columns = &model.table(table).columns;
        let Store { rows, index } = &mut self.stores[usize::from(table.0)];
        let keys = |row: &Row, column: ColumnId| Key::of(row.at(column)).map(|key| (column, key));
        let before = rows.remove(&id);
        for column in (0..columns.len()).filter(|column| columns[*column].has_index()) {
            let old = before.as_ref().and_then(|row| keys(row, column));
            let new = row.as_ref().and_then(|row| keys(row, column));
            if old == new {
                continue;
            }
            if let Some(old) = old
                && let Some(ids) = index.get_mut(&old)
            {
                ids.remove(&id);
                if ids.is_empty() {
                    index.remove(&old);
                }
            }
            if let Some(new) = new {
                index.entry(new).or_default().insert(id);
            }
        }
        if let Some(row) = row {
            rows.insert(id, row);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(_: Operation) -> Write {
        Write {
            table: "contact".to_owned(),
            id: Uuid::nil(),
            operation: Operation::Create,
            tag: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_rollback_restores_rows_indexes_and_the_list_of_writes() {
        let model = Arc::new(Model::customer_service().unwrap());
        let contact = model.by_set("contacts").unwrap();
        let table = model.table(contact);
        let email = table.column("emailaddress1").unwrap();
        let mut organisation = Organisation::new(Arc::clone(&model));
        let id = Uuid::from_u128(7);
        let mut row = Row::empty(table);
        row.set_at(email, Value::text("Iria@example.com"));
        organisation.put(contact, id, row.clone(), write);
        organisation.commit();
        let before = organisation.savepoint();
        row.set_at(email, Value::text("outra@example.com"));
        organisation.put(contact, id, row, write);
        organisation.remove(contact, id, write);
        organisation.roll_back(before);
        organisation.commit();
        assert_eq!(
            organisation.having(contact, email, &Value::text("IRIA@EXAMPLE.COM")),
            vec![id]
        );
        assert!(
            organisation
                .having(contact, email, &Value::text("outra@example.com"))
                .is_empty()
        );
        assert_eq!(organisation.writes().len(), 1);
    }
}

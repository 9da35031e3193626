//! Transactions that wait for an answer from outside: what they changed is taken out meanwhile, and their rows are held.

use std::collections::HashSet;

use uuid::Uuid;

use super::super::alternate;
use super::super::model::TableId;
use super::super::refusal::Refusal;
use super::{Organisation, Row, Savepoint, Undo, Write};

/// What a transaction changed, to be put back.
pub(crate) struct Suspended {
    rows: Vec<Changed>,
    writes: Vec<Write>,
}

struct Changed {
    table: TableId,
    id: Uuid,
    /// The version that the change began with; none for a new row.
    from: Option<u64>,
    after: Option<Row>,
}

impl Organisation {
    /// True when a row that was changed since the savepoint is held by a transaction that waits.
    pub(crate) fn holds_any_since(&self, since: Savepoint) -> bool {
        !self.held.is_empty()
            && self.undo[since.undo..].iter().any(|undo| {
                matches!(undo, Undo::Row { table, id, .. } if self.held.contains(&(*table, *id)))
            })
    }

    /// Takes back what was changed since the savepoint until [`Self::resume`], and holds its rows. Changes of definitions
    /// cannot be held: then everything is taken back and nothing is returned.
    pub(crate) fn suspend(&mut self, to: Savepoint) -> Option<Suspended> {
        let (mut seen, mut rows) = (HashSet::new(), Vec::new());
        let mut definitions = false;
        for undo in &self.undo[to.undo..] {
            match undo {
                Undo::Row { table, id, before } => {
                    if seen.insert((*table, *id)) {
                        rows.push(Changed {
                            table: *table,
                            id: *id,
                            from: before.as_ref().map(|row| row.version),
                            after: self.row(*table, *id).cloned(),
                        });
                    }
                }
                Undo::Model(_) => definitions = true,
            }
        }
        let writes = self.pending[to.writes..].to_vec();
        self.roll_back(to);
        if definitions {
            return None;
        }
        self.held.extend(seen);
        Some(Suspended { rows, writes })
    }

    /// Lets others change the rows of a transaction again.
    pub(crate) fn let_go(&mut self, suspended: &Suspended) {
        for row in &suspended.rows {
            self.held.remove(&(row.table, row.id));
        }
    }

    /// Puts back what was suspended.
    pub(crate) fn resume(&mut self, suspended: Suspended) -> Result<(), Refusal> {
        let before = self.savepoint();
        for changed in suspended.rows {
            let (table, id) = (changed.table, changed.id);
            let there = self.row(table, id).map(|row| row.version);
            let fits = match &changed.after {
                Some(row) => alternate::check(self, table, id, row),
                None => Ok(()),
            };
            // Rows are held, but the service itself and alternate keys may have come between.
            if there != changed.from || fits.is_err() {
                self.roll_back(before);
                return Err(Refusal::new(
                    500,
                    "0x80044150",
                    "Generic SQL error: the transaction was deadlocked with another one. Rerun the transaction.",
                ));
            }
            let before = self.exchange(table, id, changed.after);
            self.undo.push(Undo::Row { table, id, before });
        }
        self.pending.extend(suspended.writes);
        Ok(())
    }
}

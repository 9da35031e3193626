//! One row, kept small: only the values that differ from what every new row of its table has.

use std::sync::Arc;

use super::model::{ColumnId, Table};
use super::value::Value;

/// One row: its version, the values that all new rows of its table share, and those of its own. A table may have hundreds of
/// columns; a row costs only what is set in it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) version: u64,
    shared: Arc<[(u16, Value)]>,
    /// In the order of the columns. An empty value stands only where it hides a shared one.
    own: Vec<(u16, Value)>,
}

impl Row {
    /// A row with nothing in it.
    pub(crate) fn empty() -> Self {
        Self {
            version: 0,
            shared: Arc::default(),
            own: Vec::new(),
        }
    }

    /// A row with the defaults of its table.
    pub(crate) fn with_defaults(table: &Table) -> Self {
        Self {
            shared: table.defaults(),
            ..Self::empty()
        }
    }

    pub(crate) fn at(&self, column: ColumnId) -> &Value {
        match place(&self.own, column) {
            Ok(at) => &self.own[at].1,
            Err(_) => self.shared(column),
        }
    }

    fn shared(&self, column: ColumnId) -> &Value {
        place(&self.shared, column).map_or(&Value::Null, |at| &self.shared[at].1)
    }

    /// The value of the column with this name; empty when the table has none.
    pub(crate) fn get(&self, table: &Table, column: &str) -> &Value {
        table.column(column).map_or(&Value::Null, |at| self.at(at))
    }

    pub(crate) fn set_at(&mut self, column: ColumnId, value: Value) {
        let redundant = *self.shared(column) == value;
        match (place(&self.own, column), redundant) {
            (Ok(at), true) => {
                self.own.remove(at);
            }
            (Ok(at), false) => self.own[at].1 = value,
            (Err(_), true) => {}
            (Err(at), false) => self.own.insert(at, (column as u16, value)),
        }
    }

    /// Sets the column with this name, when the table has it.
    pub(crate) fn set(&mut self, table: &Table, column: &str, value: Value) {
        if let Some(at) = table.column(column) {
            self.set_at(at, value);
        }
    }

    /// Every value that is not empty, in the order of the columns.
    pub(crate) fn values(&self) -> impl Iterator<Item = (ColumnId, &Value)> {
        let mut columns: Vec<u16> = self
            .own
            .iter()
            .chain(self.shared.iter())
            .map(|(column, _)| *column)
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
            .into_iter()
            .map(|column| (usize::from(column), self.at(usize::from(column))))
            .filter(|(_, value)| !value.is_null())
    }

    /// The weak entity tag of this version. Source: Microsoft Learn, "Perform conditional operations using the Web API".
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// The row without a column; columns behind it move up.
    pub(super) fn without(&self, gone: ColumnId) -> Self {
        let kept = self.values().filter(|(column, _)| *column != gone);
        let own = kept.map(|(column, value)| {
            let column = if column > gone { column - 1 } else { column };
            (column as u16, value.clone())
        });
        Self {
            version: self.version,
            shared: Arc::default(),
            own: own.collect(),
        }
    }

    /// Gives back memory that was reserved while the row was put together.
    pub(super) fn settle(&mut self) {
        self.own.shrink_to_fit();
    }
}

fn place(values: &[(u16, Value)], column: ColumnId) -> Result<usize, usize> {
    values.binary_search_by_key(&column, |(found, _)| usize::from(*found))
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    #[test]
    fn a_row_keeps_only_what_differs_from_a_new_one() {
        let model = Model::customer_service().unwrap();
        let contact = model.table(model.by_set("contacts").unwrap());
        let mut row = Row::with_defaults(contact);
        let state = contact.column("statecode").unwrap();
        let email = contact.column("emailaddress1").unwrap();
        assert_eq!(row.at(state), &Value::Whole(0));
        row.set_at(email, Value::text("iria@example.com"));
        row.set_at(state, Value::Null);
        assert_eq!(row.own.len(), 2);
        assert!(row.at(state).is_null());
        row.set_at(state, Value::Whole(0));
        row.set_at(email, Value::Null);
        assert!(row.own.is_empty());
        assert!(row.values().all(|(_, value)| !value.is_null()));
    }
}

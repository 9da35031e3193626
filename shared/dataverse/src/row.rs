//! Rows as they are written.

use serde_json::{Map, Value};

use crate::{key::Key, request::row_path};

/// The columns of a row to write. Names are sent as given; the service judges them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(Map<String, Value>);

impl Row {
    /// A row without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a column. `Value::Null` clears it.
    #[must_use]
    pub fn set(mut self, column: &str, value: impl Into<Value>) -> Self {
        self.0.insert(column.to_owned(), value.into());
        self
    }

    /// Sets a column when there is a value, and leaves it out otherwise.
    #[must_use]
    pub fn set_some(self, column: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(column, value),
            None => self,
        }
    }

    /// Points a lookup at a row of `set`. `navigation` is the exact, case-sensitive name
    /// of the single-valued navigation property, which is not always the column: a case's
    /// customer is `customerid_contact` or `customerid_account`.
    ///
    /// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
    #[must_use]
    pub fn bind(self, navigation: &str, set: &str, key: impl Into<Key>) -> Self {
        let target = format!("/{}", row_path(set, key));
        self.set(&format!("{navigation}@odata.bind"), target)
    }

    /// Creates related rows together with this one, or refers to them, over a navigation property:
    /// one row for a single-valued property.
    ///
    /// Source: Microsoft Learn, "Create a table row using the Web API" (deep insert).
    #[must_use]
    pub fn with_related(self, navigation: &str, related: Self) -> Self {
        self.set(navigation, related)
    }

    /// The same for a collection-valued navigation property.
    #[must_use]
    pub fn with_related_rows(self, navigation: &str, related: Vec<Self>) -> Self {
        let related: Vec<Value> = related.into_iter().map(Value::from).collect();
        self.set(navigation, related)
    }

    /// Says which table the row is of, where an action takes rows of several tables.
    ///
    /// Source: Microsoft Learn, "Use Web API actions".
    #[must_use]
    pub fn of_table(self, table: &str) -> Self {
        self.set("@odata.type", format!("Microsoft.Dynamics.CRM.{table}"))
    }

    /// Whether no column is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Row> for Value {
    fn from(row: Row) -> Self {
        Self::Object(row.0)
    }
}

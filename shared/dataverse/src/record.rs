//! Rows as they are read.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::Error;

/// The version of a row, opaque to us, such as `W/"4711"`.
///
/// Source: Microsoft Learn, "Perform conditional operations using the Web API".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Etag(String);

impl Etag {
    /// An ETag from an answer or from a plan kept earlier.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when the text could not stand in a header line.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            Ok(Self(text))
        } else {
            Err(Error::not_sendable("the ETag is not printable ASCII"))
        }
    }

    /// The ETag as it stands in a header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row of an answer: its columns by name and, where it has one, its ETag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(Map<String, Value>);

impl Record {
    /// A record from the JSON object of a row; `None` for anything but an object.
    #[must_use]
    pub fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(columns) => Some(Self(columns)),
            _ => None,
        }
    }

    /// The row's version at the time of reading.
    #[must_use]
    pub fn etag(&self) -> Option<Etag> {
        Etag::new(self.text("@odata.etag")?).ok()
    }

    /// The text of a column; `None` when it has no value or is not text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_str()
    }

    /// The whole number in a column, such as a choice or a state.
    #[must_use]
    pub fn whole(&self, column: &str) -> Option<i64> {
        self.0.get(column)?.as_i64()
    }

    /// The yes or no in a column.
    #[must_use]
    pub fn boolean(&self, column: &str) -> Option<bool> {
        self.0.get(column)?.as_bool()
    }

    /// The id in a column, such as the primary key.
    #[must_use]
    pub fn id(&self, column: &str) -> Option<Uuid> {
        self.text(column)?.parse().ok()
    }

    /// The moment in a column.
    #[must_use]
    pub fn moment(&self, column: &str) -> Option<Timestamp> {
        self.text(column)?.parse().ok()
    }

    /// The id of the row that a lookup points at, read from `_<column>_value`.
    /// Source: Microsoft Learn, "Retrieve a table row using the Web API".
    #[must_use]
    pub fn lookup(&self, column: &str) -> Option<Uuid> {
        self.id(&format!("_{column}_value"))
    }

    /// The table that a lookup points into; read only with [`crate::Query::with_annotations`].
    #[must_use]
    pub fn lookup_table(&self, column: &str) -> Option<&str> {
        self.text(&format!(
            "_{column}_value@Microsoft.Dynamics.CRM.lookuplogicalname"
        ))
    }

    /// The label of a choice, state or lookup in the application user's language; read only with
    /// [`crate::Query::with_annotations`]. A lookup is named `_<column>_value`.
    #[must_use]
    pub fn label(&self, column: &str) -> Option<&str> {
        self.text(&format!(
            "{column}@OData.Community.Display.V1.FormattedValue"
        ))
    }

    /// The row that an expanded single-valued navigation property leads to.
    #[must_use]
    pub fn related(&self, navigation: &str) -> Option<Self> {
        Self::from_value(self.0.get(navigation)?.clone())
    }

    /// The rows that an expanded collection holds.
    #[must_use]
    pub fn related_rows(&self, navigation: &str) -> Vec<Self> {
        match self.0.get(navigation) {
            Some(Value::Array(rows)) => rows.iter().cloned().filter_map(Self::from_value).collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a column as it was read.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }
}

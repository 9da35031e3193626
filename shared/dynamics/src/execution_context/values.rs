//! The values of columns and parameters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Number;
use uuid::Uuid;

use super::dates;

/// One value. Numbers stay as they were written: money is no floating point.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Empty.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number, a decimal or a floating point one.
    Number(Number),
    /// A text, or an id: both stand there bare.
    Text(String),
    /// A date with time, or a day.
    Moment(Timestamp),
    /// A choice.
    Choice(i64),
    /// A choice of several.
    Choices(Vec<i64>),
    /// An amount, in the row's currency.
    Money(Number),
    /// A lookup, customer or owner.
    Reference(Reference),
    /// Several of these.
    References(Vec<Reference>),
    /// A row.
    Row(Row),
    /// Several rows, such as the parties of an e-mail.
    Rows(Vec<Row>),
    /// Pairs of names and values, such as the kinds of rows that a request changed.
    Pairs(BTreeMap<String, Value>),
    /// Any other list.
    List(Vec<Value>),
    /// An object that is none of these.
    Other(serde_json::Value),
}

/// A row that a lookup names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// Logical name of the table.
    pub table: Option<String>,
    /// The row's id.
    pub id: Option<Uuid>,
    /// The row's primary name: empty in what was written, there in images.
    pub name: Option<String>,
}

/// A row, as far as it is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Logical name of the table.
    pub table: Option<String>,
    /// The row's id.
    pub id: Option<Uuid>,
    /// Values by column.
    pub columns: BTreeMap<String, Value>,
    /// What people see for a value, by column. Updates have none.
    pub labels: BTreeMap<String, String>,
    /// The row's version.
    pub version: Option<String>,
}

impl Value {
    /// The id, where the value is one.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Text(text) => id(text),
            Self::Reference(reference) => reference.id,
            Self::Row(row) => row.id,
            _ => None,
        }
    }

    /// The moment, also where it is written as ISO 8601, which cannot be told from a text.
    pub fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Moment(at) => Some(*at),
            Self::Text(text) => dates::read(text),
            _ => None,
        }
    }

    /// The text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// An id in any of its spellings; the one of all zeros is none.
pub(super) fn id(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text.trim()).ok().filter(|id| !id.is_nil())
}

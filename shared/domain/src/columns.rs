//! Columns of the CRM that a company names itself: what rules write into a case, and what they read of a customer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::names::ColumnName;

/// The longest text that any column of Dataverse keeps, in UTF-16 code units.
/// Source: Microsoft Learn, "Column data types" (multiple lines of text).
pub const TEXT_CHARS: usize = 1_048_576;

/// What is written into a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnValue {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, in decimal digits such as `-12.50`.
    Decimal(String),
    /// Yes or no.
    YesNo(bool),
    /// A moment.
    Moment(Timestamp),
    /// A day, as `2026-11-22`.
    Day(String),
    /// The value of a choice.
    Choice(i64),
    /// The label of a choice, to be looked up before it is written.
    ChoiceLabel(String),
    /// A row of another table.
    Lookup(LookupTarget),
}

/// The row that a lookup is pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupTarget {
    /// The single-valued navigation property, in its exact spelling.
    pub navigation: ColumnName,
    /// The entity set of the row, such as `accounts`.
    pub set: ColumnName,
    /// Which row.
    pub row: RowKey,
}

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKey {
    /// Its id.
    Id(Uuid),
    /// An alternate key of one text column. The value holds none of the characters that such keys cannot carry.
    Alternate {
        /// The column of the key.
        column: ColumnName,
        /// The value.
        value: String,
    },
}

/// The characters that break a request which names a row by an alternate key.
/// Source: Microsoft Learn, "Define alternate keys for a table".
pub const NOT_IN_A_KEY: &[char] = &['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+', '#'];

/// A column as it was read of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmColumn {
    /// The value: a text, a number, true or false.
    pub value: Value,
    /// What people see for it, in the language of the application user: a choice's label, a lookup's name.
    pub label: Option<String>,
}

/// The columns that were read of a row and are not empty, by the name that was asked for.
pub type CrmColumns = BTreeMap<String, CrmColumn>;

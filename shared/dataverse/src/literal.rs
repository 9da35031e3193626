//! Values inside query options. The only place where a value becomes OData text.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

/// A value in OData's notation.
///
/// Source: Microsoft Learn, "Filter rows using OData".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// No value.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number; choices and states are these.
    Whole(i64),
    /// An exact number: `units` of the size that `decimals` says, so that 7.25 is 725 with two decimals. Money is this.
    Decimal {
        /// The number without its decimal point.
        units: i64,
        /// How many digits stand behind the point.
        decimals: u8,
    },
    /// A day without a time, for columns that hold dates only.
    Day(Date),
    /// A row's id, written bare.
    Id(Uuid),
    /// A moment, written in UTC with whole seconds.
    Moment(Timestamp),
    /// Text, written in single quotes with each quote inside doubled.
    Text(String),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Decimal { units, decimals } => decimal(f, *units, usize::from(*decimals)),
            Self::Day(value) => write!(f, "{}", value.strftime("%Y-%m-%d")),
            Self::Id(value) => write!(f, "{}", value.hyphenated()),
            Self::Moment(value) => write!(f, "{}", value.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Self::Text(value) => write!(f, "'{}'", value.replace('\'', "''")),
        }
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, units: i64, decimals: usize) -> fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>1$}", units.unsigned_abs(), decimals + 1);
    match digits.split_at(digits.len() - decimals) {
        (whole, "") => write!(f, "{sign}{whole}"),
        (whole, rest) => write!(f, "{sign}{whole}.{rest}"),
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Literal {
    fn from(value: i32) -> Self {
        Self::Whole(i64::from(value))
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<Uuid> for Literal {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}

impl From<Timestamp> for Literal {
    fn from(value: Timestamp) -> Self {
        Self::Moment(value)
    }
}

impl From<Date> for Literal {
    fn from(value: Date) -> Self {
        Self::Day(value)
    }
}

impl From<&str> for Literal {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// Text for `contains` and `startswith`, in which `%`, `_` and `[` would act as wildcards of
/// the database's LIKE unless each stands in brackets.
pub(crate) fn without_wildcards(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '%' | '_' | '[') {
            plain.push('[');
            plain.push(character);
            plain.push(']');
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Everything but letters, digits and the unreserved marks: `+`, `&` and `#` in a value must not
/// reach the URL as they are, for `+` would come back as a space and the others would end it.
const NOT_IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The value of a query option, encoded as UTF-8 for a URL.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, NOT_IN_A_QUERY).to_string()
}

//! Literals of a `$filter` and what they mean beside a column.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::super::address;
use super::super::super::decimal::Decimal;
use super::super::super::model::{Column, Kind};
use super::super::super::refusal::Refusal;
use super::super::super::value::Value;

pub(super) fn incompatible(column: &Column, other: &str) -> Refusal {
    Refusal::bad_query(format!(
        "A binary operator with incompatible types was detected. Found operand types '{}' and '{other}' for operator kind 'Equal'.",
        column.edm_type()
    ))
}

/// A quoted literal: text, or a GUID, which some callers quote.
pub(super) fn quoted(column: &Column, text: &str) -> Result<Value, Refusal> {
    match column.kind {
        Kind::Text(_) => Ok(Value::text(text)),
        Kind::Id | Kind::Guid | Kind::Lookup(_) => address::key(text)
            .map(Value::Guid)
            .ok_or_else(|| incompatible(column, "Edm.String")),
        _ => Err(incompatible(column, "Edm.String")),
    }
}

/// A literal without quotes; `None` when the word must be another column.
pub(super) fn bare(column: &Column, word: &str) -> Result<Option<Value>, Refusal> {
    if word == "null" {
        return Ok(Some(Value::Null));
    }
    let (value, found) = if word == "true" || word == "false" {
        (Value::Flag(word == "true"), "Edm.Boolean")
    } else if let Some(id) = address::key(word) {
        (Value::Guid(id), "Edm.Guid")
    } else if let Ok(number) = word.parse::<i64>() {
        (Value::Whole(number), "Edm.Int32")
    } else if let Some(number) = Decimal::parse(word) {
        (Value::Decimal(number), "Edm.Decimal")
    } else if let Ok(at) = word.parse::<Timestamp>() {
        (Value::Time(at), "Edm.DateTimeOffset")
    } else if let Ok(day) = word.parse::<Date>() {
        (Value::Day(day), "Edm.Date")
    } else {
        return Ok(None);
    };
    fitted(column, value)
        .map(Some)
        .ok_or_else(|| incompatible(column, found))
}

/// A value that a query function takes as text: `'5'`, `"2026-05-01"`, a GUID.
pub(super) fn of_text(column: &Column, text: &str) -> Result<Value, Refusal> {
    let wrong = || {
        Refusal::bad_query(format!(
            "The value '{text}' is not of type '{}', which the property '{}' has.",
            column.edm_type(),
            column.name
        ))
    };
    match &column.kind {
        Kind::Text(_) => Ok(Value::text(text)),
        _ => match bare(column, text.trim()) {
            Ok(Some(value)) if !value.is_null() => Ok(value),
            _ => Err(wrong()),
        },
    }
}

/// The value in the form in which the column holds it; `None` when it cannot be compared with the column.
fn fitted(column: &Column, value: Value) -> Option<Value> {
    Some(match (value, &column.kind) {
        // A date stands for its first moment when it is held against a time.
        (Value::Day(day), Kind::Time) => Value::Time(start_of(day)?),
        (Value::Whole(number), Kind::Decimal { .. }) => Value::Decimal(Decimal::from(number)),
        (Value::Whole(number), Kind::Float { .. }) => {
            Value::Float(Decimal::from(number).approximate())
        }
        (Value::Decimal(number), Kind::Float { .. }) => Value::Float(number.approximate()),
        (value @ Value::Flag(_), Kind::Flag { .. })
        | (
            value @ Value::Whole(_),
            Kind::Whole(..) | Kind::Big | Kind::Choice { .. } | Kind::Version,
        )
        | (value @ Value::Decimal(_), Kind::Decimal { .. } | Kind::Whole(..) | Kind::Big)
        | (value @ Value::Guid(_), Kind::Id | Kind::Guid | Kind::Lookup(_))
        | (value @ Value::Time(_), Kind::Time)
        | (value @ Value::Day(_), Kind::Day) => value,
        _ => return None,
    })
}

/// The first moment of a day, in UTC.
pub(super) fn start_of(day: Date) -> Option<Timestamp> {
    day.to_zoned(jiff::tz::TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .ok()
}

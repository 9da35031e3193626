//! The text of a field from a case.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::CaseRecord;
use crate::columns::CrmColumn;
use crate::configuration::{Computed, FieldMapping, Shown, TimeUnit, WhenEmpty};

/// What becomes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// It holds this.
    Set(String),
    /// It is emptied.
    Clear,
    /// It keeps what it holds.
    Keep,
}

/// What a mapping makes of a case.
pub fn field_change(
    mapping: &FieldMapping,
    record: &CaseRecord,
    first_response_at: Option<Timestamp>,
) -> FieldChange {
    let value = match (&mapping.column, mapping.computed) {
        (Some(column), _) => record
            .columns
            .get(column.as_str())
            .map(|column| Kept::of(column, mapping.write)),
        (None, Some(computed)) => {
            let unit = mapping.unit.unwrap_or(TimeUnit::Minutes);
            computed_text(computed, unit, record, first_response_at).map(Kept::plain)
        }
        (None, None) => None,
    };
    match (value, mapping.empty) {
        (Some(value), _) => FieldChange::Set(converted(mapping, value)),
        (None, WhenEmpty::Clear) => FieldChange::Clear,
        (None, WhenEmpty::Keep) => FieldChange::Keep,
    }
}

/// A value as it is written, and in its other form for finding it in a map.
struct Kept {
    shown: String,
    other: String,
}

impl Kept {
    fn plain(text: String) -> Self {
        Self {
            other: text.clone(),
            shown: text,
        }
    }

    fn of(column: &CrmColumn, shown: Shown) -> Self {
        let value = match &column.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => plain_number(&number.to_string()),
            Value::Bool(flag) => flag.to_string(),
            other => other.to_string(),
        };
        let label = column
            .label
            .as_deref()
            .map(str::trim)
            .filter(|label| !label.is_empty() && is_a_name(&column.value, &value, label));
        let label = label.map_or_else(|| value.clone(), str::to_owned);
        match shown {
            Shown::Label => Self {
                shown: label,
                other: value,
            },
            Shown::Value => Self {
                shown: value,
                other: label,
            },
        }
    }
}

/// Whether a formatted value is what people call the value, and not its digits or date in the way of a country: choices,
/// lookups, states, yes and no. Dataverse gives both for every column.
/// Source: Microsoft Learn, "Select columns using OData" (formatted values).
fn is_a_name(value: &Value, text: &str, label: &str) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::String(_) => text.parse::<Timestamp>().is_err() && text.parse::<Date>().is_err(),
        // A choice is a whole number whose label is not the same digits.
        Value::Number(number) if number.is_i64() => {
            let digits: String = label.chars().filter(char::is_ascii_digit).collect();
            digits != text.trim_start_matches('-') || label.chars().any(char::is_alphabetic)
        }
        _ => false,
    }
}

/// Digits without zeros that say nothing: `12.50` as `12.5`, `1200.0` as `1200`.
fn plain_number(digits: &str) -> String {
    if !digits.contains('.') || digits.contains(['e', 'E']) {
        return digits.to_owned();
    }
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

fn converted(mapping: &FieldMapping, value: Kept) -> String {
    let find = |text: &str| {
        mapping.map.get(text).or_else(|| {
            let wanted = text.to_lowercase();
            let mut pairs = mapping.map.iter();
            pairs
                .find(|(from, _)| from.trim().to_lowercase() == wanted)
                .map(|(_, to)| to)
        })
    };
    let found = find(&value.shown).or_else(|| find(&value.other));
    match (found, &mapping.otherwise) {
        (Some(to), _) => to.clone(),
        (None, Some(otherwise)) if !mapping.map.is_empty() => otherwise.clone(),
        (None, _) => value.shown,
    }
}

/// Whole units that are over; a clock that runs backwards makes none.
fn computed_text(
    computed: Computed,
    unit: TimeUnit,
    record: &CaseRecord,
    first_response_at: Option<Timestamp>,
) -> Option<String> {
    let until = match computed {
        Computed::TimeToFirstResponse => first_response_at?,
        Computed::TimeToClose => record.resolved_at?,
        Computed::ReopenCount => return Some(record.reopen_count.to_string()),
    };
    let seconds = until
        .as_second()
        .saturating_sub(record.created_at.as_second());
    Some((seconds.max(0) / unit.seconds()).to_string())
}

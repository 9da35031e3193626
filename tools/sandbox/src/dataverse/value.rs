//! One typed value of a row.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;
use uuid::Uuid;

use super::decimal::Decimal;
use super::model::TableId;

/// What a column of a row holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(Arc<str>),
    /// Whole numbers and choices.
    Whole(i64),
    /// Decimal numbers and money.
    Decimal(Decimal),
    /// Floating numbers, because the service has columns of them.
    Float(f64),
    /// Several values of a choice, in ascending order.
    Many(Arc<[i64]>),
    Flag(bool),
    Time(Timestamp),
    Day(Date),
    Guid(Uuid),
    /// A lookup: the table and the row that it points to.
    Row(TableId, Uuid),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The moment cut to whole seconds, the precision that Dataverse stores.
    pub(crate) fn time(at: Timestamp) -> Self {
        Self::Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_whole(&self) -> Option<i64> {
        match self {
            Self::Whole(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Decimal(number) => Some(*number),
            Self::Whole(number) => Some(Decimal::from(*number)),
            _ => None,
        }
    }

    pub(crate) fn as_row(&self) -> Option<(TableId, Uuid)> {
        match self {
            Self::Row(table, id) => Some((*table, *id)),
            _ => None,
        }
    }

    pub(crate) fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            _ => None,
        }
    }

    /// The value as the Web API writes it. Times are in UTC with whole seconds.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => Json::String(text.to_string()),
            Self::Whole(number) => Json::from(*number),
            Self::Decimal(number) => number.to_json(),
            Self::Float(number) => Json::from(*number),
            Self::Many(values) => Json::String(joined(values)),
            Self::Flag(flag) => Json::Bool(*flag),
            Self::Time(at) => Json::String(at.to_string()),
            Self::Day(day) => Json::String(day.to_string()),
            Self::Guid(id) | Self::Row(_, id) => Json::String(id.to_string()),
        }
    }

    /// The order of two values of one column: empty ones first, texts without regard to case. `None` when they have no order.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Null, _) => Some(Ordering::Less),
            (_, Self::Null) => Some(Ordering::Greater),
            (Self::Text(left), Self::Text(right)) => Some(fold(left).cmp(&fold(right))),
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(right)),
            (Self::Decimal(left), Self::Decimal(right)) => Some(left.cmp(right)),
            (Self::Decimal(left), Self::Whole(right)) => Some(left.cmp(&Decimal::from(*right))),
            (Self::Whole(left), Self::Decimal(right)) => Some(Decimal::from(*left).cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Many(left), Self::Many(right)) => Some(left.cmp(right)),
            (Self::Flag(left), Self::Flag(right)) => Some(left.cmp(right)),
            (Self::Time(left), Self::Time(right)) => Some(left.cmp(right)),
            (Self::Day(left), Self::Day(right)) => Some(left.cmp(right)),
            (Self::Guid(left) | Self::Row(_, left), Self::Guid(right) | Self::Row(_, right)) => {
                Some(left.cmp(right))
            }
            _ => None,
        }
    }
}

/// The values of a choice with several, as the Web API writes them.
pub(crate) fn joined(values: &[i64]) -> String {
    let texts: Vec<String> = values.iter().map(i64::to_string).collect();
    texts.join(",")
}

/// The form in which texts are compared: without case, because every string comparison of the service ignores it.
/// Source: Microsoft Learn, "Filter rows using OData".
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_without_regard_to_case_and_accents_stay() {
        assert_eq!(
            Value::text("AVARÍA").order(&Value::text("avaría")),
            Some(Ordering::Equal)
        );
        assert_eq!(Value::Null.order(&Value::text("a")), Some(Ordering::Less));
        assert_eq!(Value::Whole(1).order(&Value::text("1")), None);
    }

    #[test]
    fn times_are_written_in_whole_seconds() {
        let at: Timestamp = "2026-03-01T10:00:00.987Z".parse().unwrap();
        assert_eq!(
            Value::time(at).to_json(),
            Json::from("2026-03-01T10:00:00Z")
        );
    }
}

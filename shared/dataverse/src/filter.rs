//! Conditions on rows.

use crate::literal::{Literal, without_wildcards};

/// A condition on rows.
///
/// Columns are names from our own code or configuration and are written as given; values go
/// through [`Literal`]. String comparisons of the service ignore case, and how `eq` treats LIKE
/// wildcards is not documented, so what must match exactly is compared again by the reader.
///
/// Source: Microsoft Learn, "Filter rows using OData".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// `column` equals `value`. A lookup is compared as `_<column>_value`.
    pub fn eq(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "eq", value)
    }

    /// `column` differs from `value`.
    pub fn ne(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "ne", value)
    }

    /// `column` is greater than `value`, or later.
    pub fn gt(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "gt", value)
    }

    /// `column` is at least `value`.
    pub fn ge(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "ge", value)
    }

    /// `column` is less than `value`, or earlier.
    pub fn lt(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "lt", value)
    }

    /// `column` is at most `value`.
    pub fn le(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "le", value)
    }

    /// The text of `column` contains `value`.
    #[must_use]
    pub fn contains(column: &str, value: &str) -> Self {
        Self::function("contains", column, value)
    }

    /// The text of `column` starts with `value`.
    #[must_use]
    pub fn starts_with(column: &str, value: &str) -> Self {
        Self::function("startswith", column, value)
    }

    /// Both conditions hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("({} and {})", self.0, other.0))
    }

    /// At least one of the conditions holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(format!("({} or {})", self.0, other.0))
    }

    /// The condition does not hold. Not for a function of the service, which refuses it there.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(format!("not ({})", self.0))
    }

    /// A related row in a collection fulfils `condition`, whose columns are written with the
    /// variable `x`, as in `x/statecode`.
    ///
    /// Source: Microsoft Learn, "Join tables using OData" (lambda operators).
    #[must_use]
    pub fn any(navigation: &str, condition: Self) -> Self {
        Self(format!("{navigation}/any(x:{})", condition.0))
    }

    /// Every related row in a collection fulfils `condition`, written as for [`Filter::any`].
    #[must_use]
    pub fn all(navigation: &str, condition: Self) -> Self {
        Self(format!("{navigation}/all(x:{})", condition.0))
    }

    /// A choice column with several values holds at least one of `values`.
    ///
    /// Source: Microsoft Learn, "ContainValues query function".
    #[must_use]
    pub fn contains_choice(column: &str, values: &[i64]) -> Self {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        Self(format!(
            "Microsoft.Dynamics.CRM.ContainValues(PropertyName='{column}',PropertyValues=[{}])",
            values.join(",")
        ))
    }

    /// The moment in `column` lies in the last so many hours.
    ///
    /// Source: Microsoft Learn, "LastXHours query function".
    #[must_use]
    pub fn in_last_hours(column: &str, hours: u32) -> Self {
        Self(format!(
            "Microsoft.Dynamics.CRM.LastXHours(PropertyName='{column}',PropertyValue={hours})"
        ))
    }

    /// A condition written by the caller, who answers for its values: [`Literal`] writes them.
    #[must_use]
    pub fn written(odata: impl Into<String>) -> Self {
        Self(odata.into())
    }

    /// The filter as OData text, not yet encoded for a URL.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn compare(column: &str, operator: &str, value: impl Into<Literal>) -> Self {
        Self(format!("{column} {operator} {}", value.into()))
    }

    fn function(name: &str, column: &str, value: &str) -> Self {
        let value = Literal::Text(without_wildcards(value));
        Self(format!("{name}({column},{value})"))
    }
}

//! `$filter`: comparisons, `and`, `or`, `not`, parentheses, string functions, query functions, `any` and `all`.
//! Source: Microsoft Learn, "Filter rows using OData".

mod function;
mod like;
mod literal;
mod parse;
mod words;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::super::model::Collection;
use super::super::rows::{Organisation, Row};
use super::super::value::{Value, fold};
use super::path::Path;
use super::related;
use like::Pattern;

pub(crate) use parse::{Aliases, read};
pub(crate) use words::{Word, split};

/// A condition on a row.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Compare(Path, Comparison, Operand),
    Like(Path, Pattern),
    /// A time or a day from the first moment on and before the second.
    Within {
        path: Path,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    },
    /// A time or a day in this fiscal period, counted from 0, of whatever year.
    InPeriod(Path, i64),
    /// One of these values; with `negated` none of them, in which case an empty value does not count unless `empty` says so.
    Among {
        path: Path,
        values: HashSet<Probe>,
        negated: bool,
        empty: bool,
    },
    /// At least one row of a collection satisfies the condition.
    Any(Collection, Option<Box<Self>>),
    /// No row of a collection fails the condition.
    All(Collection, Box<Self>),
    Constant(bool),
}

/// A value in the form in which sets of values are searched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Probe {
    Text(Box<str>),
    Whole(i64),
    Id(Uuid),
    /// Everything else, as the Web API writes it.
    Written(String),
}

impl Probe {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Text(text) => Self::Text(fold(text).into()),
            Value::Whole(number) => Self::Whole(*number),
            Value::Guid(id) | Value::Row(_, id) => Self::Id(*id),
            other => Self::Written(other.to_json().to_string()),
        })
    }

    /// The value, when it is of a kind that an index can hold.
    fn value(&self) -> Option<Value> {
        match self {
            Self::Text(text) => Some(Value::text(text)),
            Self::Whole(number) => Some(Value::Whole(*number)),
            Self::Id(id) => Some(Value::Guid(*id)),
            Self::Written(_) => None,
        }
    }
}

/// What a column is compared with.
#[derive(Debug)]
pub(crate) enum Operand {
    Value(Value),
    Column(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Filter {
    pub(crate) fn holds(&self, organisation: &Organisation, id: Uuid, row: &Row) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(organisation, id, row)),
            Self::Or(all) => all.iter().any(|one| one.holds(organisation, id, row)),
            Self::Not(inner) => !inner.holds(organisation, id, row),
            Self::Constant(value) => *value,
            Self::Like(path, pattern) => path
                .value(organisation, id, row)
                .as_text()
                .is_some_and(|text| pattern.matches(&fold(text))),
            Self::Compare(path, comparison, operand) => {
                let left = path.value(organisation, id, row);
                match operand {
                    Operand::Value(value) => comparison.holds(&left, value),
                    Operand::Column(other) => {
                        comparison.holds(&left, &other.value(organisation, id, row))
                    }
                }
            }
            Self::Within { path, from, until } => moment(&path.value(organisation, id, row))
                .is_some_and(|at| {
                    from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
                }),
            Self::InPeriod(path, period) => {
                moment(&path.value(organisation, id, row)).is_some_and(|at| {
                    function::fiscal::period_of(at.to_zoned(TimeZone::UTC).date()) == *period
                })
            }
            Self::Among {
                path,
                values,
                negated,
                empty,
            } => match &*path.value(organisation, id, row) {
                Value::Null => *empty,
                Value::Many(chosen) => {
                    chosen
                        .iter()
                        .any(|one| values.contains(&Probe::Whole(*one)))
                        != *negated
                }
                value => Probe::of(value).is_some_and(|probe| values.contains(&probe)) != *negated,
            },
            Self::Any(collection, inner) => {
                let members = organisation.related(collection, id);
                match inner {
                    None => !members.is_empty(),
                    Some(inner) => members
                        .into_iter()
                        .any(|member| holds_for(organisation, collection, inner, member)),
                }
            }
            Self::All(collection, inner) => organisation
                .related(collection, id)
                .into_iter()
                .all(|member| holds_for(organisation, collection, inner, member)),
        }
    }

    /// Rows that alone can satisfy the condition, when indexes tell them: equality on indexed columns in every case.
    pub(crate) fn candidates(&self, organisation: &Organisation) -> Option<Vec<Uuid>> {
        match self {
            Self::And(all) => all
                .iter()
                .filter_map(|one| one.candidates(organisation))
                .min_by_key(Vec::len),
            Self::Or(all) => {
                let each = all.iter().map(|one| one.candidates(organisation));
                union(each.collect::<Option<Vec<_>>>()?)
            }
            Self::Compare(path, Comparison::Equal, Operand::Value(value)) if !value.is_null() => {
                path.leading_to(organisation, value)
            }
            Self::Among {
                path,
                values,
                negated: false,
                empty: false,
            } => {
                let each = values
                    .iter()
                    .map(|probe| path.leading_to(organisation, &probe.value()?));
                union(each.collect::<Option<Vec<_>>>()?)
            }
            Self::Any(collection, Some(inner)) => {
                let members = inner.candidates(organisation)?;
                let owners = members
                    .into_iter()
                    .map(|member| related::owners(organisation, collection, member));
                union(owners.collect())
            }
            _ => None,
        }
    }
}

/// The moment of a time, or the first of a day.
fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Day(day) => literal::start_of(*day),
        _ => None,
    }
}

fn holds_for(
    organisation: &Organisation,
    collection: &Collection,
    inner: &Filter,
    member: Uuid,
) -> bool {
    organisation
        .row(collection.table, member)
        .is_some_and(|row| inner.holds(organisation, member, row))
}

fn union(each: Vec<Vec<Uuid>>) -> Option<Vec<Uuid>> {
    let mut all: Vec<Uuid> = each.into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

impl Comparison {
    /// Reads an operator.
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    /// An empty value equals only an empty value and has no place in an order.
    fn holds(self, left: &Value, right: &Value) -> bool {
        let empty = left.is_null() || right.is_null();
        let order = ordered(left, right);
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Greater => !empty && order == Some(Ordering::Greater),
            Self::Less => !empty && order == Some(Ordering::Less),
            Self::GreaterOrEqual => {
                !empty && matches!(order, Some(Ordering::Greater | Ordering::Equal))
            }
            Self::LessOrEqual => !empty && matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

/// The order of two values. Scans compare texts very often, and most are plain: those need no copies.
fn ordered(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if left.is_ascii() && right.is_ascii() => {
            let lower = |byte: u8| byte.to_ascii_lowercase();
            Some(left.bytes().map(lower).cmp(right.bytes().map(lower)))
        }
        _ => left.order(right),
    }
}

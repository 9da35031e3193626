//! `$filter`: comparisons, `and`, `or`, `not`, parentheses, `contains`, `startswith`, `endswith`.
//! Source: Microsoft Learn, "Filter rows using OData".

mod like;
mod parse;
mod words;

use std::cmp::Ordering;

use uuid::Uuid;

use super::super::model::{ColumnId, TableId};
use super::super::rows::{Organisation, Row};
use super::super::value::{Value, fold};
use super::path::Path;
use like::Pattern;

pub(crate) use parse::read;

/// A condition on a row.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Path, Comparison, Operand),
    Like(Path, Pattern),
    Constant(bool),
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
            Self::And(left, right) => {
                left.holds(organisation, id, row) && right.holds(organisation, id, row)
            }
            Self::Or(left, right) => {
                left.holds(organisation, id, row) || right.holds(organisation, id, row)
            }
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
        }
    }

    /// Rows that alone can satisfy the condition, when an indexed column is compared for equality in every case.
    pub(crate) fn candidates(
        &self,
        organisation: &Organisation,
        table: TableId,
    ) -> Option<Vec<Uuid>> {
        match self {
            Self::And(left, right) => left
                .candidates(organisation, table)
                .or_else(|| right.candidates(organisation, table)),
            Self::Or(left, right) => {
                let mut both = left.candidates(organisation, table)?;
                both.extend(right.candidates(organisation, table)?);
                both.sort_unstable();
                both.dedup();
                Some(both)
            }
            Self::Compare(path, Comparison::Equal, Operand::Value(value)) if !value.is_null() => {
                let column = path.own_column()?;
                indexed(organisation, table, column, value)
            }
            _ => None,
        }
    }
}

fn indexed(
    organisation: &Organisation,
    table: TableId,
    column: ColumnId,
    value: &Value,
) -> Option<Vec<Uuid>> {
    let model = organisation.model();
    let described = &model.table(table).columns[column];
    match (&described.kind, value) {
        (super::super::model::Kind::Id, Value::Guid(id)) => Some(vec![*id]),
        _ if described.has_index() => Some(organisation.having(table, column, value)),
        _ => None,
    }
}

impl Comparison {
    /// An empty value equals only an empty value and has no place in an order.
    fn holds(self, left: &Value, right: &Value) -> bool {
        let empty = left.is_null() || right.is_null();
        let order = left.order(right);
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

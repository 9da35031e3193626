//! What an aggregate has seen so far.

use std::cmp::Ordering;

use super::super::super::decimal::Decimal;
use super::super::super::value::Value;
use super::Method;

/// A running aggregate. Empty values take no part.
#[derive(Clone, Debug)]
pub(super) enum Gathered {
    Count(u64),
    Sum(Option<Value>),
    Average(Option<Value>, i64),
    /// The first value in this order so far.
    First(Option<Value>, Ordering),
}

impl Gathered {
    pub(super) fn new(method: Option<Method>) -> Self {
        match method {
            None => Self::Count(0),
            Some(Method::Sum) => Self::Sum(None),
            Some(Method::Average) => Self::Average(None, 0),
            Some(Method::Min) => Self::First(None, Ordering::Less),
            Some(Method::Max) => Self::First(None, Ordering::Greater),
        }
    }

    /// Takes in the value of one more row; `None` when a sum grows too large to be held.
    #[must_use]
    pub(super) fn add(&mut self, value: &Value) -> Option<()> {
        if let Self::Count(count) = self {
            *count += 1;
            return Some(());
        }
        if value.is_null() {
            return Some(());
        }
        match self {
            Self::Count(_) => {}
            Self::Sum(sum) => *sum = Some(plus(sum.as_ref(), value)?),
            Self::Average(sum, count) => {
                *sum = Some(plus(sum.as_ref(), value)?);
                *count += 1;
            }
            Self::First(best, wanted) => {
                let better = best
                    .as_ref()
                    .is_none_or(|best| value.order(best) == Some(*wanted));
                if better {
                    *best = Some(value.clone());
                }
            }
        }
        Some(())
    }

    /// The outcome; empty when there was no value.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Count(count) => Value::Whole(i64::try_from(count).unwrap_or(i64::MAX)),
            Self::Sum(value) | Self::First(value, _) => value.unwrap_or(Value::Null),
            Self::Average(sum, count) => sum
                .and_then(|sum| divided(&sum, count))
                .unwrap_or(Value::Null),
        }
    }
}

fn plus(sum: Option<&Value>, value: &Value) -> Option<Value> {
    let Some(sum) = sum else {
        return Some(value.clone());
    };
    Some(match (sum, value) {
        (Value::Whole(left), Value::Whole(right)) => Value::Whole(left.checked_add(*right)?),
        (Value::Float(left), Value::Float(right)) => Value::Float(left + right),
        (left, right) => Value::Decimal(left.as_decimal()?.plus(right.as_decimal()?)?),
    })
}

fn divided(sum: &Value, count: i64) -> Option<Value> {
    if let Value::Float(sum) = sum {
        return Some(Value::Float(sum / Decimal::from(count).approximate()));
    }
    const SCALE: u8 = 10;
    let units = sum.as_decimal()?.units_at(SCALE);
    Decimal::new(units / i128::from(count), SCALE).map(Value::Decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_exact_and_empty_values_take_no_part() {
        let decimal = |text: &str| Value::Decimal(Decimal::parse(text).unwrap());
        let mut average = Gathered::new(Some(Method::Average));
        for value in [decimal("0.10"), Value::Null, decimal("0.20")] {
            average.add(&value).unwrap();
        }
        assert_eq!(average.value(), decimal("0.15"));
        assert_eq!(Gathered::new(Some(Method::Sum)).value(), Value::Null);
        let mut sum = Gathered::new(Some(Method::Sum));
        sum.add(&Value::Whole(i64::MAX)).unwrap();
        assert_eq!(sum.add(&Value::Whole(1)), None);
    }
}

//! Decimal and money values: exact, as whole units with a scale.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value as Json;

/// The most digits after the point that a decimal column can have.
/// Source: Microsoft Learn, "Column data types" (decimal number columns, precision 0 to 10).
pub(crate) const LARGEST_SCALE: u8 = 10;

/// `units / 10^scale`, always in the form with the smallest scale, so that equal numbers are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    units: i64,
    scale: u8,
}

impl Decimal {
    pub(crate) const ZERO: Self = Self { units: 0, scale: 0 };

    /// The nearest decimal to `units / 10^scale`; `None` when it is too large to be held.
    pub(crate) fn new(units: i128, scale: u8) -> Option<Self> {
        let (mut units, mut scale) = (units, scale);
        while scale > 0
            && (units % 10 == 0 || scale > LARGEST_SCALE || i64::try_from(units).is_err())
        {
            let exact = units % 10 == 0;
            units = if exact {
                units / 10
            } else {
                divided_by_ten(units)
            };
            scale -= 1;
        }
        Some(Self {
            units: i64::try_from(units).ok()?,
            scale,
        })
    }

    /// Reads plain and scientific notation, as JSON writes numbers.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = [whole, fraction].concat();
        let bare = digits.strip_prefix('-').unwrap_or(&digits);
        if bare.is_empty() || !bare.bytes().all(|digit| digit.is_ascii_digit()) || bare.len() > 30 {
            return None;
        }
        let units: i128 = digits.parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        match u8::try_from(scale) {
            Ok(scale) if scale <= 38 => Self::new(units, scale),
            Ok(_) => Some(Self::ZERO),
            Err(_) if (-30..0).contains(&scale) => {
                let power = 10_i128.checked_pow(scale.unsigned_abs())?;
                Self::new(units.checked_mul(power)?, 0)
            }
            Err(_) => None,
        }
    }

    /// Rounded to at most this many digits after the point, halves away from zero.
    pub(crate) fn rounded(self, scale: u8) -> Self {
        let (mut units, mut own) = (i128::from(self.units), self.scale);
        while own > scale {
            // Rounding digit by digit would round twice; all digits but the last are cut.
            units = if own == scale + 1 {
                divided_by_ten(units)
            } else {
                units / 10
            };
            own -= 1;
        }
        Self::new(units, own).unwrap_or(self)
    }

    /// The value in units of `10^-scale`, with what is finer cut off.
    pub(crate) fn units_at(self, scale: u8) -> i128 {
        let units = i128::from(self.units);
        if scale >= self.scale {
            units * 10_i128.pow(u32::from(scale - self.scale))
        } else {
            units / 10_i128.pow(u32::from(self.scale - scale))
        }
    }

    /// The sum; `None` when it is too large to be held.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let sum = self.units_at(LARGEST_SCALE) + other.units_at(LARGEST_SCALE);
        Self::new(sum, LARGEST_SCALE)
    }

    /// The nearest floating number, for columns and averages that the service itself keeps as such.
    pub(crate) fn approximate(self) -> f64 {
        self.to_string().parse().unwrap_or_default()
    }

    /// As the Web API writes it: a JSON number.
    pub(crate) fn to_json(self) -> Json {
        if self.scale == 0 {
            Json::from(self.units)
        } else {
            serde_json::Number::from_f64(self.approximate()).map_or(Json::Null, Json::Number)
        }
    }
}

impl From<i64> for Decimal {
    fn from(units: i64) -> Self {
        Self { units, scale: 0 }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.units_at(LARGEST_SCALE)
            .cmp(&other.units_at(LARGEST_SCALE))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(to, "{}", self.units);
        }
        let power = 10_u64.pow(u32::from(self.scale));
        let units = self.units.unsigned_abs();
        let sign = if self.units < 0 { "-" } else { "" };
        let width = usize::from(self.scale);
        write!(to, "{sign}{}.{:0width$}", units / power, units % power)
    }
}

fn divided_by_ten(units: i128) -> i128 {
    let half = if units < 0 { -5 } else { 5 };
    (units + half) / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_equal_numbers_are_equal_values() {
        let read = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(read("2154.3200"), read("2154.32"));
        assert_eq!(read("1e3"), read("1000"));
        assert_eq!(read("-0.05").to_string(), "-0.05");
        assert_eq!(
            read("100000000000.1234567").to_string(),
            "100000000000.1234567"
        );
        assert!(read("9.9") < read("10"));
        assert_eq!(read("0.1").plus(read("0.2")), Some(read("0.3")));
        assert_eq!(read("2.345").rounded(2).to_string(), "2.35");
        assert_eq!(read("2.3449").rounded(2).to_string(), "2.34");
        assert_eq!(Decimal::parse("abc"), None);
        assert_eq!(Decimal::parse("1e400"), None);
        assert_eq!(read("2154.32").to_json().to_string(), "2154.32");
    }
}

//! Scores and their scales, in whole hundredths.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A score such as an NPS answer of 3 or a mean CSAT of 4.25, in hundredths: exact, ordered and hashable.
///
/// In JSON and YAML it is a plain number with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "f64")]
pub struct Score {
    hundredths: i32,
}

/// A text or number that is no score.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a number with at most two decimals between -10000000 and 10000000")]
pub struct InvalidScore(String);

impl Score {
    /// A whole score. Values beyond ±10,000,000 are cut to that; no scale in use comes near it.
    pub fn whole(value: i64) -> Self {
        let value = value.clamp(-10_000_000, 10_000_000);
        Self {
            hundredths: i32::try_from(value * 100).expect("clamped to the range of i32"),
        }
    }

    /// The score in hundredths.
    pub fn hundredths(self) -> i32 {
        self.hundredths
    }

    /// The score as a whole number, when it is one.
    pub fn as_whole(self) -> Option<i64> {
        (self.hundredths % 100 == 0).then_some(i64::from(self.hundredths / 100))
    }
}

impl FromStr for Score {
    type Err = InvalidScore;
    fn from_str(text: &str) -> Result<Self, InvalidScore> {
        let invalid = || InvalidScore(text.chars().take(40).collect());
        let trimmed = text.trim();
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 8 || !all_digits(whole) || !all_digits(decimals) {
            return Err(invalid());
        }
        if decimals.len() > 2 && decimals[2..].bytes().any(|b| b != b'0') {
            return Err(invalid());
        }
        let padded = format!("{decimals:0<2}");
        let whole: i64 = whole.parse().map_err(|_| invalid())?;
        let rest: i64 = padded[..2].parse().map_err(|_| invalid())?;
        if whole > 10_000_000 {
            return Err(invalid());
        }
        let value = i32::try_from(whole * 100 + rest).map_err(|_| invalid())?;
        Ok(Self {
            hundredths: if negative { -value } else { value },
        })
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.hundredths.unsigned_abs() / 100,
            self.hundredths.unsigned_abs() % 100,
        );
        match rest {
            0 => write!(f, "{sign}{whole}"),
            r if r % 10 == 0 => write!(f, "{sign}{whole}.{}", r / 10),
            r => write!(f, "{sign}{whole}.{r:02}"),
        }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(f64::from(self.hundredths) / 100.0),
        }
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Score;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with at most two decimals")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Score, E> {
                value.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Score, E> {
                value.to_string().parse().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Score, E> {
                // The shortest text that reads back as the same float is the number that was written.
                value.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// The lowest and highest answer that a question allows, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scale {
    /// The lowest answer.
    pub lowest: Score,
    /// The highest answer.
    pub highest: Score,
}

impl Scale {
    /// A scale of whole numbers, such as 0 to 10.
    pub fn whole(lowest: i64, highest: i64) -> Self {
        Self {
            lowest: Score::whole(lowest),
            highest: Score::whole(highest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_score_reads_and_writes_like_people_do() {
        for (text, hundredths) in [
            ("3", 300),
            ("0", 0),
            ("4.5", 450),
            ("4.25", 425),
            ("-1.05", -105),
            ("7.500", 750),
        ] {
            assert_eq!(
                text.parse::<Score>().unwrap().hundredths(),
                hundredths,
                "{text}"
            );
        }
        for refused in ["", "three", "1.234", "1e3", "99999999", ".5", "--1", "٣"] {
            assert!(refused.parse::<Score>().is_err(), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn a_score_survives_text_and_json(hundredths in -1_000_000_000i32..1_000_000_000) {
            let score = Score { hundredths };
            prop_assert_eq!(score.to_string().parse::<Score>().unwrap(), score);
            let json = serde_json::to_string(&score).unwrap();
            prop_assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
        }
    }
}

//! Which row: by its id, or by an alternate key of its table.

use std::fmt;

use uuid::Uuid;

use crate::{
    error::Error,
    literal::{Literal, encode},
};

/// What names one row of a table in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The primary key.
    Id(Uuid),
    /// An alternate key that the organisation has defined for the table.
    Alternate(AlternateKey),
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<AlternateKey> for Key {
    fn from(key: AlternateKey) -> Self {
        Self::Alternate(key)
    }
}

impl fmt::Display for Key {
    /// As it stands between the parentheses of an address, encoded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{}", id.hyphenated()),
            Self::Alternate(key) => f.write_str(&key.0),
        }
    }
}

/// The columns of an alternate key with their values.
///
/// The service cannot find rows by a text that holds one of `/ < > * % & : \ ? +`, so such a value
/// is refused here, before anything is sent. An identifier of another system that may hold them is
/// best stored hashed.
///
/// Source: Microsoft Learn, "Use an alternate key to reference a record" and "Define alternate
/// keys for a table".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlternateKey(String);

/// The characters that a text in an alternate key must not hold.
const REFUSED_IN_KEYS: &[char] = &['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+'];

/// The most columns of a key.
const MOST_COLUMNS: usize = 16;

impl AlternateKey {
    /// A key of one column. A lookup column is named `_<column>_value`.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when the service could not find a row by this value.
    pub fn new(column: &str, value: impl Into<Literal>) -> Result<Self, Error> {
        Ok(Self(written(column, &value.into())?))
    }

    /// The same with one more column. The order of the columns does not matter to the service.
    ///
    /// # Errors
    /// [`Error::NotSendable`] as for [`AlternateKey::new`], and when there are more than 16 columns.
    pub fn and(mut self, column: &str, value: impl Into<Literal>) -> Result<Self, Error> {
        if self.0.matches('=').count() >= MOST_COLUMNS {
            return Err(Error::not_sendable(
                "an alternate key has at most 16 columns",
            ));
        }
        let next = written(column, &value.into())?;
        self.0.push(',');
        self.0.push_str(&next);
        Ok(self)
    }
}

fn written(column: &str, value: &Literal) -> Result<String, Error> {
    let refused = match value {
        Literal::Text(text) => text.contains(REFUSED_IN_KEYS) || text.contains(char::is_control),
        // A row is not found by what it lacks.
        Literal::Null => true,
        Literal::Boolean(_)
        | Literal::Whole(_)
        | Literal::Decimal { .. }
        | Literal::Day(_)
        | Literal::Id(_)
        | Literal::Moment(_) => false,
    };
    if refused {
        return Err(Error::not_sendable(
            "an alternate key cannot hold / < > * % & : \\ ? + nor nothing",
        ));
    }
    let value = match value {
        Literal::Text(text) => quoted(text),
        other => encode(&other.to_string()),
    };
    Ok(format!("{column}={value}"))
}

/// A text in a path. The quotes around it stay as they are: they are legal there, and easier to
/// read.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", encode(&text.replace('\'', "''")))
}

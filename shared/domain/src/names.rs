//! Names that people give to things in the configuration, and keys that systems give to rows.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not the name or key it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} {problem}")]
pub struct InvalidName {
    what: &'static str,
    given: String,
    problem: &'static str,
}

fn check(
    what: &'static str,
    given: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
    problem: &'static str,
) -> Result<(), InvalidName> {
    let fine = !given.is_empty() && given.chars().count() <= longest && given.chars().all(allowed);
    if fine {
        Ok(())
    } else {
        Err(InvalidName {
            what,
            given: given.chars().take(80).collect(),
            problem,
        })
    }
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $longest:literal, $allowed:expr, $problem:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the text, refusing what breaks the rule in the type's description.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                check($what, &text, $longest, $allowed, $problem)?;
                Ok(Self(text))
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_~:@+=".contains(c)
}

text_newtype!(
    /// The name of a connection in `cxloop.yaml`, as it stands in webhook addresses:
    /// 1 to 40 of `a-z 0-9 - _`.
    ConnectionName,
    "connection name",
    40,
    is_name_char,
    "must be 1 to 40 characters of a-z, 0-9, - and _"
);

text_newtype!(
    /// The name of a case rule or a reopening threshold: 1 to 60 of `a-z 0-9 - _`.
    /// It is part of the identity of the case that the rule opens, so renaming a rule makes a new rule.
    RuleName,
    "rule name",
    60,
    is_name_char,
    "must be 1 to 60 characters of a-z, 0-9, - and _"
);

text_newtype!(
    /// The name of a column, table, key or navigation property of the CRM, as its Web API spells it: 1 to 128 of
    /// `A-Z a-z 0-9 _`.
    ColumnName,
    "column name",
    128,
    |c: char| c.is_ascii_alphanumeric() || c == '_',
    "must be 1 to 128 characters of A-Z, a-z, 0-9 and _"
);

text_newtype!(
    /// The name of an HTTP header, in lower case: 1 to 60 of `a-z 0-9 -`.
    HeaderName,
    "header name",
    60,
    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
    "must be 1 to 60 characters of a-z, 0-9 and -"
);

text_newtype!(
    /// The survey platform's own id of a response: 1 to 200 of `A-Z a-z 0-9 . _ - ~ : @ + =`, which stand in
    /// an address as they are.
    ResponseId,
    "response id",
    200,
    is_id_char,
    "must be 1 to 200 characters of A-Z, a-z, 0-9 and . _ - ~ : @ + ="
);

text_newtype!(
    /// The id of a kept webhook body, derived from its connection and its content or delivery id.
    InboxId,
    "inbox id",
    64,
    |c: char| c.is_ascii_alphanumeric() || c == '-',
    "must be 1 to 64 characters of A-Z, a-z, 0-9 and -"
);

text_newtype!(
    /// The id of a loop: the connection and response that began it, as `connection~response`.
    LoopId,
    "loop id",
    260,
    is_id_char,
    "must be 1 to 260 characters of A-Z, a-z, 0-9 and . _ - ~ : @ + ="
);

/// One response of one connection: the identity on which everything that follows from it is built.
///
/// Its text form is `connection/response id`; a connection name holds no slash, so it reads back unambiguously.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResponseKey {
    /// The connection the response came through.
    pub connection: ConnectionName,
    /// The platform's id of it.
    pub response: ResponseId,
}

impl ResponseKey {
    /// The key of a response of a connection.
    pub fn new(connection: ConnectionName, response: ResponseId) -> Self {
        Self {
            connection,
            response,
        }
    }

    /// The loop that this response begins.
    pub fn loop_id(&self) -> LoopId {
        LoopId(format!("{}~{}", self.connection, self.response))
    }
}

impl LoopId {
    /// The response that began the loop. `None` for an id that no response makes.
    pub fn response(&self) -> Option<ResponseKey> {
        // A connection's name holds no tilde.
        let (connection, response) = self.0.split_once('~')?;
        Some(ResponseKey::new(
            connection.parse().ok()?,
            response.parse().ok()?,
        ))
    }
}

impl fmt::Display for ResponseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.connection, self.response)
    }
}

impl FromStr for ResponseKey {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let (connection, response) = text.split_once('/').ok_or_else(|| InvalidName {
            what: "response key",
            given: text.chars().take(80).collect(),
            problem: "must be connection/response-id",
        })?;
        Ok(Self::new(connection.parse()?, response.parse()?))
    }
}

impl TryFrom<String> for ResponseKey {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<ResponseKey> for String {
    fn from(key: ResponseKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_connection_name_stands_in_an_address_unescaped() {
        assert!(ConnectionName::parse("wxm-galicia_2").is_ok());
        for refused in ["", "Wxm", "a b", "a/b", "ñ", &"x".repeat(41)] {
            assert!(ConnectionName::parse(refused).is_err(), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn a_response_key_reads_back_as_written(connection in "[a-z0-9_-]{1,40}", response in "[A-Za-z0-9._~:@+=-]{1,60}") {
            let key = ResponseKey::new(connection.parse().unwrap(), response.parse().unwrap());
            prop_assert_eq!(key.loop_id().response(), Some(key.clone()));
            prop_assert_eq!(key.to_string().parse::<ResponseKey>().unwrap(), key);
        }
    }
}

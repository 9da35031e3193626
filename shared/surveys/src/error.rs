//! Why a survey platform's answer is not the one asked for.

use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Remedy};
use jiff::Timestamp;
use serde_json::Value;

/// Why a request to a survey platform did not come to an end. Holds no body, no secret and no person's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection came about, so that nothing was asked.
    #[error("cannot be reached: no connection")]
    NoConnection,
    /// No answer in time, or a connection cut in the middle of the answer.
    #[error("cannot be reached: {0}")]
    Unreachable(&'static str),
    /// The answer is a web page, half a body, or not what the documentation says.
    #[error("answered {status}, but {problem}")]
    Unreadable {
        /// The status.
        status: u16,
        /// What is wrong with the body.
        problem: &'static str,
    },
    /// A passing refusal.
    #[error("is in trouble: it answered {0}")]
    Unavailable(u16),
    /// The platform asks for quiet.
    #[error("asks to wait until {0}")]
    Throttled(Timestamp),
    /// The account behind the secret is refused.
    #[error("refuses to sign in with secret {secret}{words}")]
    SignInRefused {
        /// The secret's name.
        secret: String,
        /// The platform's words, or nothing.
        words: Words,
    },
    /// The address is none of an API, or the account lacks a right.
    #[error("answered {status}: {problem}{words}")]
    SetUp {
        /// The status, 0 where there was none.
        status: u16,
        /// What a person has to look at.
        problem: &'static str,
        /// The platform's words, or nothing.
        words: Words,
    },
    /// Refused for good.
    #[error("refused with {status}{words}")]
    Refused {
        /// The status.
        status: u16,
        /// The platform's words, or nothing.
        words: Words,
    },
    /// A secret could not be read.
    #[error("needs a secret: {0}")]
    Secret(Failure),
}

impl Error {
    /// The failure that callers act upon. `platform` is the platform's name for people, `asked` the operation,
    /// such as `GET /api/Answer`.
    pub fn into_failure(self, platform: &str, connection: &ConnectionName, asked: &str) -> Failure {
        let detail = format!("connection {connection}, {asked}");
        let remedy = match &self {
            Self::Secret(failure) => return failure.clone(),
            Self::NoConnection
            | Self::Unreachable(_)
            | Self::Unreadable { .. }
            | Self::Unavailable(_) => Remedy::Retry,
            Self::Throttled(until) => Remedy::WaitUntil {
                connection: connection.clone(),
                until: *until,
            },
            Self::SignInRefused { .. } | Self::SetUp { .. } => Remedy::Mend,
            Self::Refused { .. } => Remedy::Park,
        };
        // What is put aside may quote the platform for a person. Everything else is logged, and what a platform says may
        // hold what it was sent.
        let told = if remedy == Remedy::Park {
            self
        } else {
            self.in_our_words()
        };
        Failure::new(remedy, format!("{platform} {told}"), detail)
    }

    fn in_our_words(mut self) -> Self {
        match &mut self {
            Self::SignInRefused { words, .. }
            | Self::SetUp { words, .. }
            | Self::Refused { words, .. } => *words = Words::default(),
            Self::NoConnection
            | Self::Unreachable(_)
            | Self::Unreadable { .. }
            | Self::Unavailable(_)
            | Self::Throttled(_)
            | Self::Secret(_) => {}
        }
        self
    }
}

/// What a platform said about a refusal, short and without what could name a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// The words of a JSON error body, from the keys that such bodies use. Anything else says nothing here:
    /// an unknown body may repeat what was sent, and that is a customer's.
    pub(crate) fn of(body: &[u8]) -> Self {
        let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let keys = [
            "error",
            "error_description",
            "message",
            "exceptionMessage",
            "title",
        ];
        let said: Vec<String> = keys
            .iter()
            .filter_map(|key| {
                fields
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(key))
            })
            .filter_map(|(_, value)| value.as_str())
            .map(without_persons)
            .filter(|text| !text.is_empty())
            .collect();
        Self(said.join(", "))
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_str() {
            "" => Ok(()),
            words => write!(f, ": {words}"),
        }
    }
}

/// At most 160 characters, with quoted texts, addresses and long numbers replaced by `…`.
fn without_persons(text: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    for c in text.chars().take(160) {
        // An apostrophe inside a word opens nothing.
        let opens =
            matches!(c, '"' | '“') || (c == '\'' && !plain.ends_with(char::is_alphanumeric));
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if opens => {
                quote = Some(if c == '“' { '”' } else { c });
                plain.push('…');
            }
            None => plain.push(if c.is_control() { ' ' } else { c }),
        }
    }
    let words: Vec<&str> = plain
        .split_whitespace()
        .map(|word| {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            if word.contains('@') || digits > 5 {
                "…"
            } else {
                word
            }
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_words_lose_what_could_name_a_person() {
        let body = r#"{"Error":"invalid","Message":"antia@example.com sent \"Non volverei\", can't call 986000111 of 'Antía'"}"#;
        assert_eq!(
            Words::of(body.as_bytes()).to_string(),
            ": invalid, … sent …, can't call … of …"
        );
    }

    #[test]
    fn an_unknown_body_says_nothing() {
        for body in ["", "Antía", "[1]", r#"{"answer":"Antía"}"#, "{\"error\":"] {
            assert_eq!(Words::of(body.as_bytes()).to_string(), "", "{body}");
        }
    }
}

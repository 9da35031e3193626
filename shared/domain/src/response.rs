//! A survey response in normal form: what every survey platform's answer becomes before anything is decided.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::names::ResponseKey;
use crate::record_changed::Record;
use crate::score::{Scale, Score};

/// One customer's answers to one survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Connection and platform id.
    pub key: ResponseKey,
    /// The questionnaire or location it answers, as the platform names it.
    pub survey: String,
    /// When the customer submitted it.
    pub submitted_at: Timestamp,
    /// BCP 47 language of the answers, when the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How it was answered (`email`, `sms`, `tab`, `web` …), in the platform's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The shop, branch or unit it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Who answered.
    #[serde(default)]
    pub customer: Customer,
    /// What they say in free text, when a question is marked as the comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// All answers, in the order of the questionnaire.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// The experience metrics found among the answers.
    #[serde(default)]
    pub metrics: BTreeMap<Metric, Measured>,
    /// The case this response is about. Filled only from a source that the customer cannot edit:
    /// a program-filled question of the fetched answer, or a body signed by its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_case: Option<Uuid>,
    /// The row of another table that this response is about, from the same sources. Never a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Record>,
    /// The invitation that it answers, from the same sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Uuid>,
    /// Where a person can look at the response on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Response {
    /// The score of a metric, when the response has one.
    pub fn score(&self, metric: Metric) -> Option<Score> {
        self.metrics.get(&metric).map(|measured| measured.score)
    }

    /// Whether it opens a new loop or answers for a case that exists.
    pub fn kind(&self) -> Kind {
        if self.about_case.is_some() {
            Kind::AboutCase
        } else {
            Kind::New
        }
    }
}

/// What a response is about; decides which use cases take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// About an experience: may open a case.
    New,
    /// About a case: may reopen it.
    AboutCase,
}

impl Kind {
    /// The word in events and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::AboutCase => "about_case",
        }
    }
}

/// The person who answered, as far as the response tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address, or what the platform left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Phone number as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The customer's id in the company's own systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// An e-mail address, or its hash where the platform is set to hash personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Email {
    /// A usable address.
    Address(String),
    /// `sha256:…`, `sha384:…` or `sha512:…` of the lower-cased address. It never becomes a contact's
    /// address.
    Hashed(String),
}

impl Email {
    /// Tells an address from a hash. Text that is neither is no e-mail.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_whole_hash(text) {
            return Some(Self::Hashed(text.to_ascii_lowercase()));
        }
        let (local, domain) = text.rsplit_once('@')?;
        let fine = !local.is_empty()
            && domain.contains('.')
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text.chars().count() <= 100;
        fine.then(|| Self::Address(text.to_owned()))
    }

    /// The address, when it is one.
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Address(address) => Some(address),
            Self::Hashed(_) => None,
        }
    }

    /// The hash, when it is one of a whole address: `sha512:` and as many digits as the algorithm gives.
    pub fn hash(&self) -> Option<&str> {
        let Self::Hashed(hash) = self else {
            return None;
        };
        is_whole_hash(hash).then_some(hash)
    }
}

/// `sha512:` or another algorithm, in upper or lower case, and exactly as many hexadecimal digits as it gives.
fn is_whole_hash(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else {
        return false;
    };
    let length = match algorithm.to_ascii_lowercase().as_str() {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// One question's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The platform's id of the question.
    pub question_id: String,
    /// The question as the customer read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The answer as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The answer as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Score>,
    /// The platform's tags of the question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Filled by a program and never shown to the customer.
    #[serde(default)]
    pub program_filled: bool,
}

/// An experience metric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Net Promoter Score answer, 0 to 10.
    Nps,
    /// Customer satisfaction, usually 1 to 5.
    Csat,
    /// Customer effort, usually 1 to 7.
    Ces,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 3] = [Self::Nps, Self::Csat, Self::Ces];

    /// The name in rules and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
        }
    }

    /// The name as people write it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nps => "NPS",
            Self::Csat => "CSAT",
            Self::Ces => "CES",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A metric's score on its scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The score given.
    pub score: Score,
    /// The scale it was given on, when the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

/// A phone number reduced to what identifies it: digits, with `+` in front when it had one or began with `00`.
pub fn normalised_phone(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let digits: String = trimmed.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 6 || digits.len() > 15 || trimmed.chars().any(char::is_alphabetic) {
        return None;
    }
    if trimmed.starts_with('+') {
        Some(format!("+{digits}"))
    } else if let Some(rest) = digits.strip_prefix("00") {
        Some(format!("+{rest}"))
    } else {
        Some(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_address_is_told_from_a_real_one() {
        let hash = format!("SHA512:{}", "a1".repeat(64));
        assert!(matches!(Email::read(&hash), Some(Email::Hashed(h)) if h.starts_with("sha512:a1")));
        assert_eq!(
            Email::read(" antía@example.com ").unwrap().address(),
            Some("antía@example.com")
        );
        for nothing in ["", "antía", "a@b", "@example.com", "a b@example.com"] {
            assert_eq!(Email::read(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_hash_has_as_many_digits_as_its_algorithm_gives() {
        for (algorithm, length) in [("sha256", 64), ("SHA384", 96), ("sha512", 128)] {
            for (digits, whole) in [
                (length, true),
                (0, false),
                (2, false),
                (length - 1, false),
                (length + 1, false),
                (3_000, false),
            ] {
                let text = format!("{algorithm}:{}", "A".repeat(digits));
                let read = Email::read(&text);
                let hash = read.as_ref().and_then(Email::hash).map(str::to_owned);
                let expected = whole.then(|| text.to_lowercase());
                assert_eq!(hash, expected, "{digits} digits of {algorithm}");
                assert_eq!(read.is_some(), whole, "{digits} digits of {algorithm}");
            }
        }
        let no_digit = format!("sha256:{}", "ñ".repeat(32));
        assert_eq!(Email::read(&no_digit), None);
    }

    #[test]
    fn one_phone_number_written_in_three_ways_is_one_number() {
        for text in ["+34 986 000 111", "0034 986-000-111", "+34(986)000111"] {
            assert_eq!(
                normalised_phone(text).as_deref(),
                Some("+34986000111"),
                "{text}"
            );
        }
        assert_eq!(normalised_phone("12"), None);
        assert_eq!(normalised_phone("call me"), None);
    }
}

//! Questions, and how the kind of a question decides what its answer is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A question of the account.
///
/// Source: the vendor's public .NET client (class `Question`) and its web survey code.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// 24 hexadecimal digits.
    pub id: String,
    /// The account.
    pub user: String,
    /// The set that it belongs to; unused here.
    pub set_name: Option<String>,
    /// Its place in the questionnaire.
    pub sequence: u32,
    /// Its text in the account's own language.
    pub text: String,
    /// `Scale`, `Text`, `MultilineText`, `Number`, `Star-5`, `Smile-5`, `MultiSelect`, `Select` …
    pub display_type: String,
    /// The options; of a scale the one entry `low-high`.
    pub multi_select: Vec<String>,
    /// Filled before the respondent sees it.
    pub staff_fill: bool,
    /// Never shown, filled by a program.
    pub api_fill: bool,
    /// The questionnaires that show it; all when empty.
    pub display_location: Vec<String>,
    /// A condition on earlier answers; unused here.
    pub conditional_filter: Option<Value>,
    /// The form does not take an answer without it.
    pub is_required: bool,
    /// What the answer means; compared without regard to case.
    pub question_tags: Vec<String>,
    /// Subjects for text analysis; unused here.
    pub topic_tags: Vec<String>,
    /// Retired questions are not active.
    pub is_retired: bool,
    /// A short label, by which older integrations know the question.
    pub note: Option<String>,
    /// A pattern for the text; unused here.
    pub validation_regex: Option<String>,
    /// The text in other languages.
    pub translated: BTreeMap<String, Translation>,
    /// Free fields of the account.
    pub attributes: Option<Value>,
    /// Differences by questionnaire; unused here.
    pub per_location_override: Option<Value>,
    /// Whether the answer identifies a person, and how.
    pub pii_settings: Option<PiiSettings>,
}

/// A question's text in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// The text.
    pub text: String,
}

/// Marks an answer that identifies a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PiiSettings {
    /// Its answer is hashed where hashing is set.
    #[serde(rename = "isPII")]
    pub is_pii: bool,
    /// What it identifies by.
    pub pii_type: Option<String>,
}

impl Question {
    /// Whether the answer is in `numberInput`. The value cannot tell, because 0 is a legal score.
    pub fn is_numeric(&self) -> bool {
        let kinds = ["Scale", "Number", "Slider", "Star-5", "Smile-5"];
        kinds
            .iter()
            .any(|kind| kind.eq_ignore_ascii_case(&self.display_type))
    }

    /// Lowest and highest number of a scale, where it has bounds.
    pub fn bounds(&self) -> Option<(i64, i64)> {
        if self.display_type.ends_with("-5") {
            return Some((1, 5));
        }
        let (low, high) = self.multi_select.first()?.split_once('-')?;
        Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
    }

    /// Whether the question has a tag, whatever its case.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.question_tags
            .iter()
            .any(|own| own.eq_ignore_ascii_case(tag))
    }

    /// Whether a questionnaire contains it.
    pub fn belongs_to(&self, questionnaire: &str) -> bool {
        self.display_location.is_empty()
            || self
                .display_location
                .iter()
                .any(|own| own.eq_ignore_ascii_case(questionnaire))
    }

    /// Whether a token may fill it before the respondent comes.
    pub fn takes_prefill(&self) -> bool {
        self.staff_fill || self.api_fill
    }
}

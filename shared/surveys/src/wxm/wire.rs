//! The shapes that the platform sends, read whatever the case of their keys.
//!
//! Its API writes camelCase, its notifications sometimes PascalCase, and null where a text or list is absent.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

/// One customer's answers.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(rename = "locationid", default, deserialize_with = "or_default")]
    pub(super) location_id: String,
    #[serde(rename = "responsedatetime", default)]
    pub(super) response_date_time: Option<String>,
    #[serde(rename = "surveyclient", default)]
    pub(super) survey_client: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) responses: Vec<Given>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) notes: Vec<Note>,
}

/// The answer to one question.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    #[serde(rename = "questionid", default, deserialize_with = "or_default")]
    pub(super) question_id: String,
    #[serde(rename = "questiontext", default)]
    pub(super) question_text: Option<String>,
    #[serde(rename = "textinput", default)]
    pub(super) text_input: Option<String>,
    /// 0 also where the question asks for text.
    #[serde(rename = "numberinput", default)]
    pub(super) number_input: Option<Number>,
}

/// A note on an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) note: String,
}

/// A survey that was made for one person.
#[derive(Debug, Deserialize)]
pub(super) struct SurveyToken {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
}

/// A question.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Question {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) sequence: Option<i64>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(rename = "displaytype", default, deserialize_with = "or_default")]
    pub(super) display_type: String,
    #[serde(rename = "multiselect", default, deserialize_with = "or_default")]
    pub(super) multi_select: Vec<String>,
    /// Never shown to the customer, filled by a program.
    #[serde(rename = "apifill", default, deserialize_with = "or_default")]
    pub(super) api_fill: bool,
    /// Filled by staff before the customer sees it, or by a program.
    #[serde(rename = "stafffill", default, deserialize_with = "or_default")]
    pub(super) staff_fill: bool,
    #[serde(rename = "questiontags", default, deserialize_with = "or_default")]
    pub(super) tags: Vec<String>,
    /// The questionnaires that show it; all when empty.
    #[serde(rename = "displaylocation", default, deserialize_with = "or_default")]
    pub(super) display_location: Vec<String>,
    /// The short label.
    #[serde(default)]
    pub(super) note: Option<String>,
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a body. The error says what is wrong without the content.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, &'static str> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "its body is no whole JSON")?;
    serde_json::from_value(lower_keys(value))
        .map_err(|_| "its body has another shape than documented")
}

/// Writes every key at any depth in lower case.
pub(super) fn lower_keys(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, inner)| (key.to_lowercase(), lower_keys(inner)))
            .collect(),
        Value::Array(items) => items.into_iter().map(lower_keys).collect(),
        other => other,
    }
}

impl Question {
    /// Whether its answer is in `numberInput`. Only the kind tells, never the value: 0 is a legal score.
    pub(super) fn is_numeric(&self) -> bool {
        let kind = self.display_type.to_lowercase();
        matches!(kind.as_str(), "scale" | "number" | "slider")
            || self.highest_of_symbols().is_some()
    }

    /// The 5 of `Star-5` and `Smile-5`.
    fn highest_of_symbols(&self) -> Option<i64> {
        let kind = self.display_type.to_lowercase();
        let (symbol, highest) = kind.split_once('-')?;
        matches!(symbol, "star" | "smile")
            .then(|| highest.trim().parse().ok())
            .flatten()
    }

    /// Lowest and highest answer, where the question has bounds: the one option `0-10` of a scale.
    pub(super) fn bounds(&self) -> Option<(i64, i64)> {
        if let Some(highest) = self.highest_of_symbols() {
            return Some((1, highest));
        }
        let option = self.multi_select.first()?.trim();
        let dash = option.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
        let (lowest, highest) = (
            option[..dash].trim().parse().ok()?,
            option[dash + 1..].trim().parse().ok()?,
        );
        (self.is_numeric() && lowest < highest).then_some((lowest, highest))
    }
}

impl Given {
    /// The number as text, for questions that ask for a phone number or customer number.
    /// 0 is what the platform writes where nothing was given.
    pub(super) fn number_as_text(&self) -> Option<String> {
        let number = self.number_input.as_ref()?;
        let text = number
            .as_i64()
            .map(|n| n.to_string())
            .or_else(|| number.as_f64().map(|n| n.to_string()))?;
        (text != "0").then_some(text)
    }

    /// The text, unless it is blank.
    pub(super) fn text(&self) -> Option<String> {
        self.text_input
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }
}

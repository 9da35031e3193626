//! What programs put into questions.

use serde_json::{Map, Value, json};

use super::questions::Questions;
use super::wire::Question;

/// The question of a questionnaire that may be filled and is called so by id, tag or short label, in this order.
pub(super) fn find<'q>(
    questions: &'q Questions,
    name: &str,
    questionnaire: &str,
    may_be_filled: fn(&Question) -> bool,
) -> Option<&'q Question> {
    let wanted = name.trim().to_lowercase();
    let is_it = |text: &str| text.trim().to_lowercase() == wanted;
    let belongs = |question: &&Question| {
        let places = &question.display_location;
        may_be_filled(question)
            && (places.is_empty()
                || places
                    .iter()
                    .any(|place| place.eq_ignore_ascii_case(questionnaire)))
    };
    let mut own: Vec<&Question> = questions.values().filter(belongs).collect();
    own.sort_by_key(|question| question.sequence);
    let by_id = own.iter().find(|question| is_it(&question.id));
    let by_tag = || {
        own.iter()
            .find(|question| question.tags.iter().any(|tag| is_it(tag)))
    };
    let by_label = || {
        own.iter()
            .find(|question| question.note.as_deref().is_some_and(is_it))
    };
    by_id.or_else(by_tag).or_else(by_label).copied()
}

/// What goes into one question.
pub(super) struct Input {
    question_id: String,
    question_text: Option<String>,
    value: Given,
}

enum Given {
    Text(String),
    Number(i64),
    /// A text is emptied; a number is taken out, for 0 is a number too.
    EmptyText,
    NoNumber,
}

impl Input {
    /// The text in the form that the question takes, or why it takes none.
    pub(super) fn of(question: &Question, text: Option<&str>) -> Result<Self, String> {
        let value = match (question.is_numeric(), text) {
            (true, None) => Given::NoNumber,
            (false, None) => Given::EmptyText,
            (true, Some(text)) => {
                let number = text.trim().parse().map_err(|_| {
                    "the question takes whole numbers, and the value is none.".to_owned()
                })?;
                if let Some((lowest, highest)) = question.bounds()
                    && !(lowest..=highest).contains(&number)
                {
                    return Err(format!(
                        "the question takes numbers from {lowest} to {highest}, and the value is none of these."
                    ));
                }
                Given::Number(number)
            }
            (false, Some(text)) => {
                if !takes(question, text) {
                    return Err("the value is none of the question's options.".to_owned());
                }
                Given::Text(text.to_owned())
            }
        };
        Ok(Self {
            question_id: question.id.clone(),
            question_text: question.text.clone(),
            value,
        })
    }

    /// The value as one of the responses that a survey begins with.
    pub(super) fn response(&self) -> Value {
        let (text, number) = match &self.value {
            Given::Text(text) => (json!(text), 0),
            Given::Number(number) => (Value::Null, *number),
            Given::EmptyText | Given::NoNumber => (Value::Null, 0),
        };
        json!({
            "questionId": self.question_id, "questionText": self.question_text, "textInput": text, "numberInput": number
        })
    }

    /// Puts the value into an answer; `false` when it is there already.
    pub(super) fn put_into(&self, answer: &mut Value) -> bool {
        let Some(answer) = answer.as_object_mut() else {
            return false;
        };
        let key = key_of(answer, "responses").unwrap_or_else(|| "responses".to_owned());
        let responses = answer.entry(key).or_insert_with(|| json!([]));
        if !responses.is_array() {
            *responses = json!([]);
        }
        let Some(responses) = responses.as_array_mut() else {
            return false;
        };
        let place = responses.iter().position(|given| {
            let given = given.as_object();
            given
                .and_then(|given| get(given, "questionid"))
                .and_then(Value::as_str)
                == Some(self.question_id.as_str())
        });
        let standing = place.and_then(|place| responses.get(place)?.as_object());
        let text_input = standing.and_then(|given| get(given, "textinput"));
        let number_input = standing.and_then(|given| get(given, "numberinput"));
        let is_there = match &self.value {
            Given::Text(text) => text_input.and_then(Value::as_str) == Some(text),
            Given::Number(number) => number_input.and_then(Value::as_i64) == Some(*number),
            Given::EmptyText => text_input.and_then(Value::as_str).is_none_or(str::is_empty),
            Given::NoNumber => standing.is_none(),
        };
        if is_there {
            return false;
        }
        if matches!(self.value, Given::NoNumber) {
            responses.retain(|given| {
                let given = given.as_object();
                given
                    .and_then(|given| get(given, "questionid"))
                    .and_then(Value::as_str)
                    != Some(self.question_id.as_str())
            });
            return true;
        }
        let place = place.unwrap_or_else(|| {
            responses.push(json!({
                "questionId": self.question_id, "questionText": self.question_text, "textInput": null, "numberInput": 0
            }));
            responses.len() - 1
        });
        if let Some(given) = responses.get_mut(place).and_then(Value::as_object_mut) {
            match &self.value {
                Given::Text(text) => set(given, "textInput", json!(text)),
                Given::EmptyText => set(given, "textInput", json!("")),
                Given::Number(number) => set(given, "numberInput", json!(number)),
                Given::NoNumber => {}
            }
        }
        true
    }
}

/// Whether a question with options has this one. Several are joined by commas.
fn takes(question: &Question, text: &str) -> bool {
    let kind = question.display_type.to_lowercase();
    let has = |option: &str| {
        let mut options = question.multi_select.iter();
        options.any(|known| known.trim() == option.trim())
    };
    match kind.as_str() {
        "select" | "dropdown" => question.multi_select.is_empty() || has(text),
        "multiselect" => question.multi_select.is_empty() || text.split(',').all(has),
        _ => true,
    }
}

fn key_of(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let mut keys = fields.keys();
    keys.find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

fn get<'f>(fields: &'f Map<String, Value>, name: &str) -> Option<&'f Value> {
    fields.get(&key_of(fields, name)?)
}

fn set(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let key = key_of(fields, name).unwrap_or_else(|| name.to_owned());
    fields.insert(key, value);
}

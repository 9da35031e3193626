//! Writing fields and a note on an answer: one read, and at most two writes.
//!
//! `POST /api/answers/update` takes the whole answer and replaces it, so everything that was read is given back as it came.
//! Fields go first: written after the note, the answer as it was read would take the note away again.
//! Source: the vendor's public .NET client and its sample that fills hidden questions after the fact.

use cxloop_domain::case_write_back::{Intended, NOTE, Settled};
use cxloop_domain::names::ResponseId;
use cxloop_ports::{Failure, Remedy};
use serde_json::{Map, Value, json};

use super::questions::Questions;
use super::wire::{Answer, Question};
use super::{PLATFORM, WxmPlatform};

const UPDATE: &str = "POST /api/answers/update";

pub(super) async fn write(
    platform: &WxmPlatform,
    response: &ResponseId,
    intended: &Intended,
) -> Result<Settled, Failure> {
    let (answer, mut whole) = platform
        .whole_answer(response)
        .await?
        .ok_or_else(|| gone(platform))?;
    let mut settled = Settled::default();
    if !intended.fields.is_empty() {
        fields(platform, intended, &answer, &mut whole, &mut settled).await?;
    }
    if let Some(note) = &intended.note {
        let is_there = answer
            .notes
            .iter()
            .any(|written| written.note.contains(&note.marker));
        if !is_there {
            let path = ["Answers", "Note", answer.id.as_str()];
            let asked = "POST /api/Answers/Note/{id}";
            let body = json!({ "note": note.text });
            let written = platform.client.post(asked, &path, &body).await;
            match refusal(written, platform)? {
                None => {}
                Some(reason) => {
                    settled.refused.insert(NOTE.to_owned(), reason);
                }
            }
        }
    }
    Ok(settled)
}

fn gone(platform: &WxmPlatform) -> Failure {
    Failure::park(
        format!("{PLATFORM} does not know the response any more."),
        format!("connection {}", platform.name),
    )
}

/// Why the platform refused a write for good; every other failure is the caller's.
fn refusal(
    written: Result<Option<Vec<u8>>, Failure>,
    platform: &WxmPlatform,
) -> Result<Option<String>, Failure> {
    match written {
        Ok(Some(body)) if body.trim_ascii() == b"false" => {
            Ok(Some(format!("{PLATFORM} did not take it.")))
        }
        Ok(Some(_)) => Ok(None),
        Ok(None) => Err(gone(platform)),
        Err(failure) if failure.remedy == Remedy::Park => Ok(Some(failure.message)),
        Err(failure) => Err(failure),
    }
}

/// All fields in one write; where that is refused, one after another, so that only what is refused stays out.
async fn fields(
    platform: &WxmPlatform,
    intended: &Intended,
    answer: &Answer,
    whole: &mut Value,
    settled: &mut Settled,
) -> Result<(), Failure> {
    let named = answer
        .responses
        .iter()
        .map(|given| given.question_id.as_str());
    let mut questions = platform
        .cache
        .questions_for(&platform.client, named)
        .await?;
    let is_missing = |questions: &Questions| {
        let mut names = intended.fields.keys();
        names.any(|name| find(questions, name, &answer.location_id).is_none())
    };
    if is_missing(&questions) {
        questions = platform.cache.fresh(&platform.client).await?;
    }
    let mut changes = Vec::new();
    for (name, text) in &intended.fields {
        let input = find(&questions, name, &answer.location_id)
            .ok_or_else(|| {
                format!(
                    "questionnaire {:?} has no program-filled question called {name}.",
                    answer.location_id
                )
            })
            .and_then(|question| Input::of(question, text.as_deref()));
        match input {
            Ok(input) => changes.push((name, input)),
            Err(reason) => {
                settled.refused.insert(name.clone(), reason);
            }
        }
    }
    let mut changed = whole.clone();
    changes.retain(|(_, input)| input.put_into(&mut changed));
    if changes.is_empty() {
        return Ok(());
    }
    if changes.len() > 1 && update(platform, &answer.id, &changed).await?.is_none() {
        *whole = changed;
        return Ok(());
    }
    for (name, input) in &changes {
        let mut changed = whole.clone();
        input.put_into(&mut changed);
        match update(platform, &answer.id, &changed).await? {
            None => *whole = changed,
            Some(reason) => {
                settled.refused.insert((*name).clone(), reason);
            }
        }
    }
    Ok(())
}

async fn update(
    platform: &WxmPlatform,
    id: &str,
    answer: &Value,
) -> Result<Option<String>, Failure> {
    let body = Value::Object(Map::from_iter([(id.to_owned(), answer.clone())]));
    let written = platform
        .client
        .post(UPDATE, &["answers", "update"], &body)
        .await;
    refusal(written, platform)
}

/// The program-filled question of a questionnaire that is called so by id, tag or short label, in this order.
fn find<'q>(questions: &'q Questions, name: &str, questionnaire: &str) -> Option<&'q Question> {
    let wanted = name.trim().to_lowercase();
    let is_it = |text: &str| text.trim().to_lowercase() == wanted;
    let belongs = |question: &&Question| {
        let places = &question.display_location;
        question.api_fill
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
struct Input {
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
    fn of(question: &Question, text: Option<&str>) -> Result<Self, String> {
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

    /// Puts the value into an answer; `false` when it is there already.
    fn put_into(&self, answer: &mut Value) -> bool {
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

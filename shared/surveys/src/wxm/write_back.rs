//! Writing fields and a note on an answer: one read, and at most two writes.
//!
//! `POST /api/answers/update` takes the whole answer and replaces it, so everything that was read is given back as it came.
//! Fields go first: written after the note, the answer as it was read would take the note away again.
//! Source: the vendor's public .NET client and its sample that fills hidden questions after the fact.

use cxloop_domain::case_write_back::{Intended, NOTE, Settled};
use cxloop_domain::names::ResponseId;
use cxloop_ports::{Failure, Remedy};
use serde_json::{Map, Value, json};

use super::filling::{Input, find};
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
        names.any(|name| find(questions, name, &answer.location_id, by_program).is_none())
    };
    if is_missing(&questions) {
        questions = platform.cache.fresh(&platform.client).await?;
    }
    let mut changes = Vec::new();
    for (name, text) in &intended.fields {
        let input = find(&questions, name, &answer.location_id, by_program)
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

/// A question that no customer sees, so that what is written there is ours alone.
fn by_program(question: &Question) -> bool {
    question.api_fill
}

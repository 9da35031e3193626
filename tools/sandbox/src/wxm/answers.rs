//! Reading answers, writing fields back, adding notes.
//!
//! Sources: the vendor's public .NET client and closed-loop template.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Note};
use super::asked::{Asked, Refused, read};
use super::filter::FilterBy;
use super::{ACCOUNT, Wxm};

/// `GET /api/Answer/{id}`
pub(super) fn one(wxm: &Wxm, id: &str) -> Result<Value, Refused> {
    wxm.state()
        .answer(id)
        .map(|answer| json!(answer))
        .ok_or_else(|| Refused::unknown("the answer"))
}

/// `POST /api/Answers` with a FilterBy, or `GET` for all; newest first unless `sortByOldest`.
pub(super) fn list(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    Ok(json!(chosen(wxm, asked)?))
}

/// `POST /api/answers/count`
pub(super) fn count(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    Ok(json!(chosen(wxm, asked)?.len()))
}

/// `POST /api/Answers/Page/{page}/{rows}`. The first page is 1, and 0 means the same: of the vendor's two
/// published clients one begins with 0 and one with 1.
pub(super) fn page(wxm: &Wxm, asked: &Asked, page: &str, rows: &str) -> Result<Value, Refused> {
    let number = |text: &str| {
        text.parse::<usize>()
            .map_err(|_| Refused::bad("page and rows are numbers"))
    };
    let (page, rows) = (number(page)?.max(1), number(rows)?.max(1));
    let chosen = chosen(wxm, asked)?;
    let responses: Vec<&Answer> = chosen
        .iter()
        .skip((page - 1).saturating_mul(rows))
        .take(rows)
        .collect();
    Ok(json!({
        "responses": responses,
        "currentPage": page,
        "totalPages": chosen.len().div_ceil(rows),
        "totalCount": chosen.len(),
    }))
}

/// `POST /api/answers/add`
pub(super) fn add(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let answer: Answer = asked.json()?;
    Ok(json!(wxm.take_answer(Answer {
        notes: None,
        ..answer
    })))
}

/// `POST /api/answers/update` with whole answers by id: each is replaced by what is given, so that a caller
/// who leaves a field out loses it. Nobody is notified. Nothing changes when one of the ids is unknown.
pub(super) fn update(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    // The outer keys are ids, so only what they lead to is read without regard to case.
    let given: BTreeMap<String, Value> = serde_json::from_value(asked.value()?)
        .map_err(|error| Refused::bad(format!("expected an object of answers by id: {error}")))?;
    let mut changed = Vec::new();
    for (id, value) in given {
        let answer: Answer = read(value)?;
        changed.push((id, answer));
    }
    let mut state = wxm.state();
    if changed.iter().any(|(id, _)| state.answer(id).is_none()) {
        return Err(Refused::unknown("the answer"));
    }
    for (id, mut answer) in changed {
        if let Some(stored) = state.answer_mut(&id) {
            answer.id = id;
            answer.user.clone_from(&stored.user);
            *stored = answer;
        }
    }
    Ok(Value::Bool(true))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewNote {
    note: String,
    author_name: Option<String>,
    #[serde(default, with = "super::wire_time")]
    note_time: Option<jiff::Timestamp>,
}

/// `POST /api/Answers/Note/{answerId}`; only `note` is needed. Each call adds a note, also the same one twice.
pub(super) fn add_note(wxm: &Wxm, asked: &Asked, id: &str) -> Result<Value, Refused> {
    let given: NewNote = asked.json()?;
    if given.note.trim().is_empty() {
        return Err(Refused::bad("`note` is empty"));
    }
    let now = wxm.now();
    let mut state = wxm.state();
    let answer = state
        .answer_mut(id)
        .ok_or_else(|| Refused::unknown("the answer"))?;
    answer.notes.get_or_insert_default().push(Note {
        user: ACCOUNT.to_owned(),
        author_name: given.author_name,
        note_time: given.note_time.or(Some(now)),
        note: given.note,
        more: serde_json::Map::new(),
    });
    Ok(Value::Bool(true))
}

fn chosen(wxm: &Wxm, asked: &Asked) -> Result<Vec<Answer>, Refused> {
    let filter = if asked.body.is_empty() {
        Value::Null
    } else {
        asked.value()?
    };
    let filter = FilterBy::read(filter).map_err(Refused::bad)?;
    let mut chosen: Vec<Answer> = wxm
        .state()
        .answers()
        .iter()
        .filter(|answer| filter.chooses(answer))
        .cloned()
        .collect();
    // Stable, so that answers of one moment keep the order in which they came.
    chosen.sort_by_key(|answer| answer.response_date_time);
    if !filter.oldest_first() {
        chosen.reverse();
    }
    Ok(chosen)
}

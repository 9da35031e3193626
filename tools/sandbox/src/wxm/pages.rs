//! Pages for people who want to see what the platform holds.

use askama::Template;
use http::StatusCode;

use super::answer::Answer;
use super::asked::Refused;
use super::form_page::{Page, rendered};
use super::state::State;
use super::{Wxm, wire_time};

/// How many answers and invitations the first page lists.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "wxm/answers.html")]
struct AnswersPage {
    answers: Vec<AnswerView>,
    tokens: Vec<TokenView>,
    targets: Vec<TargetView>,
    questionnaires: Vec<String>,
    form_link: Option<String>,
}

#[derive(Template)]
#[template(path = "wxm/answer.html")]
struct AnswerPage {
    answer: AnswerView,
}

/// An answer as people read it.
struct AnswerView {
    id: String,
    questionnaire: String,
    at: String,
    lines: Vec<Line>,
    notes: Vec<NoteView>,
}

struct Line {
    label: String,
    value: String,
}

struct NoteView {
    at: String,
    author: String,
    text: String,
}

struct TokenView {
    id: String,
    questionnaire: String,
    note: String,
    uses: String,
    spent: bool,
}

struct TargetView {
    url: String,
    failures: u32,
    stopped: bool,
}

/// `GET /`: the newest answers with their notes, the invitations, and how the notifications fare.
pub(super) fn answers(wxm: &Wxm) -> Result<Page, Refused> {
    let now = wxm.now();
    let state = wxm.state();
    let mut tokens: Vec<_> = state.tokens.values().collect();
    tokens.sort_by_key(|token| std::cmp::Reverse((token.created, token.id.clone())));
    let page = AnswersPage {
        answers: state
            .answers()
            .iter()
            .rev()
            .take(LISTED)
            .map(|answer| view(&state, answer))
            .collect(),
        tokens: tokens
            .into_iter()
            .take(LISTED)
            .map(|token| TokenView {
                id: token.id.clone(),
                questionnaire: token.location.clone(),
                note: token.note.clone().unwrap_or_default(),
                uses: match token.valid_uses {
                    ..=0 => format!("{} of any number", token.used),
                    most => format!("{} of {most}", token.used),
                },
                spent: token.spent(now).is_some(),
            })
            .collect(),
        targets: state
            .failures
            .iter()
            .map(|(url, failures)| TargetView {
                url: without_secret(url),
                failures: *failures,
                stopped: state.is_stopped(url),
            })
            .collect(),
        questionnaires: state
            .questionnaires
            .iter()
            .map(|one| one.name.clone())
            .collect(),
        form_link: state
            .tokens
            .contains_key("store-visit")
            .then(|| wxm.survey_link("store-visit")),
    };
    Ok((StatusCode::OK, rendered(&page)?))
}

/// `GET /answers/{id}`: one answer and its notes.
pub(super) fn answer(wxm: &Wxm, id: &str) -> Result<Page, Refused> {
    let state = wxm.state();
    let answer = state
        .answer(id)
        .ok_or_else(|| Refused::unknown("the answer"))?;
    let page = AnswerPage {
        answer: view(&state, answer),
    };
    Ok((StatusCode::OK, rendered(&page)?))
}

fn view(state: &State, answer: &Answer) -> AnswerView {
    let lines = answer.responses.iter().map(|response| {
        let question = state.question(&response.question_id);
        let numeric = match question {
            Some(question) => question.is_numeric(),
            None => response
                .text_input
                .as_deref()
                .unwrap_or_default()
                .is_empty(),
        };
        let tag = question.and_then(|question| question.question_tags.first().cloned());
        Line {
            label: tag
                .or_else(|| response.question_text.clone())
                .unwrap_or_else(|| response.question_id.clone()),
            value: if numeric {
                response
                    .number_input
                    .map_or_else(String::new, |number| number.to_string())
            } else {
                response.text_input.clone().unwrap_or_default()
            },
        }
    });
    let notes = answer.notes.iter().flatten().map(|note| NoteView {
        at: note.note_time.map(wire_time::text).unwrap_or_default(),
        author: note
            .author_name
            .clone()
            .unwrap_or_else(|| note.user.clone()),
        text: note.note.clone(),
    });
    AnswerView {
        id: answer.id.clone(),
        questionnaire: answer.location_id.clone().unwrap_or_default(),
        at: answer
            .response_date_time
            .map(wire_time::text)
            .unwrap_or_default(),
        lines: lines.collect(),
        notes: notes.collect(),
    }
}

/// The path of a notification's address ends in a secret where the receiver has no other.
fn without_secret(url: &str) -> String {
    let place = url.find("://").map_or(0, |at| at + 3);
    let path = url[place..].find('/').map_or(url.len(), |at| place + at);
    let mut parts: Vec<&str> = url[path..]
        .split(['?', '/'])
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 2 {
        parts.truncate(2);
        return format!("{}/{}/…", &url[..path], parts.join("/"));
    }
    url.to_owned()
}

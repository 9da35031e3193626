//! Reading questions and questionnaires, and changing questions.
//!
//! Source for the changes: the vendor's public .NET client (add, update as a whole, and deletion by GET).

use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::{Asked, Refused};
use super::key_case::fold_keys;
use super::pii::HashAlgorithm;
use super::question::Question;
use super::{ACCOUNT, Wxm};

/// `GET /api/Questions/Active`
pub(super) fn active(wxm: &Wxm) -> Value {
    let state = wxm.state();
    let active: Vec<&Question> = state
        .questions
        .iter()
        .filter(|question| !question.is_retired)
        .collect();
    json!(active)
}

/// `GET /api/questions/`
pub(super) fn all(wxm: &Wxm) -> Value {
    json!(wxm.state().questions)
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// `POST /api/Questions/Questionnaire` with its name; an unknown one has no questions.
pub(super) fn of_questionnaire(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let named: Named = asked.json()?;
    let state = wxm.state();
    Ok(match state.questionnaire(&named.name) {
        Some(questionnaire) => json!(state.questions_of(&questionnaire.name)),
        None => json!([]),
    })
}

/// `GET /api/AllSurveyQuestionnaires`
pub(super) fn questionnaires(wxm: &Wxm) -> Value {
    let state = wxm.state();
    let listed = state.questionnaires.iter().map(|one| {
        json!({
            "name": one.name,
            "displayName": one.titles[0],
            "hashPIIBy": state.hashing_of(&one.name).map(HashAlgorithm::name),
        })
    });
    Value::Array(listed.collect())
}

/// A question as it is sent; members that are left out are as in a new one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    text: Option<String>,
    sequence: Option<u32>,
    display_type: Option<String>,
    multi_select: Option<Vec<String>>,
    #[serde(default)]
    staff_fill: bool,
    #[serde(default)]
    api_fill: bool,
    display_location: Option<Vec<String>>,
    #[serde(default)]
    is_required: bool,
    question_tags: Option<Vec<String>>,
    #[serde(default)]
    is_retired: bool,
    note: Option<String>,
    attributes: Option<Value>,
}

impl Given {
    fn read(asked: &Asked) -> Result<Self, Refused> {
        let given: Self = serde_json::from_value(fold_keys(asked.value()?))
            .map_err(|error| Refused::bad(error.to_string()))?;
        if given
            .text
            .as_deref()
            .is_none_or(|text| text.trim().is_empty())
        {
            return Err(Refused::bad("a question has a text"));
        }
        Ok(given)
    }

    fn over(self, question: &mut Question) {
        question.text = self.text.unwrap_or_default();
        question.sequence = self.sequence.unwrap_or(question.sequence);
        question.display_type = self.display_type.unwrap_or_else(|| "Text".to_owned());
        question.multi_select = self.multi_select.unwrap_or_default();
        question.staff_fill = self.staff_fill;
        question.api_fill = self.api_fill;
        question.display_location = self.display_location.unwrap_or_default();
        question.is_required = self.is_required;
        question.question_tags = self.question_tags.unwrap_or_default();
        question.is_retired = self.is_retired;
        question.note = self.note;
        question.attributes = self.attributes;
    }
}

/// `POST /api/questions/add` answers with the question and its new id.
pub(super) fn add(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let given = Given::read(asked)?;
    let now = wxm.now();
    let mut state = wxm.state();
    let last = state
        .questions
        .iter()
        .map(|question| question.sequence)
        .max();
    let mut question = Question {
        id: state.next_id(now),
        user: ACCOUNT.to_owned(),
        sequence: last.unwrap_or_default() + 1,
        ..Question::default()
    };
    given.over(&mut question);
    state.questions.push(question.clone());
    Ok(json!(question))
}

/// `POST /api/questions/update/{id}` replaces what the question says.
pub(super) fn update(wxm: &Wxm, asked: &Asked, id: &str) -> Result<Value, Refused> {
    let given = Given::read(asked)?;
    let mut state = wxm.state();
    let mut questions = state.questions.iter_mut();
    let question = questions
        .find(|question| question.id == id)
        .ok_or_else(|| Refused::unknown("the question"))?;
    given.over(question);
    Ok(json!(question))
}

/// `GET /api/questions/delete/{id}` tells whether there was one.
pub(super) fn delete(wxm: &Wxm, id: &str) -> Value {
    let mut state = wxm.state();
    let before = state.questions.len();
    state.questions.retain(|question| question.id != id);
    json!(state.questions.len() < before)
}

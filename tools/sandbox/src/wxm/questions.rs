//! Reading questions and questionnaires.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Wxm;
use super::asked::{Asked, Refused};
use super::pii::HashAlgorithm;
use super::question::Question;

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

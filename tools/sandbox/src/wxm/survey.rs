//! Taking a survey by its token, without login.
//!
//! Sources: the vendor's web survey and its bring-your-own-survey sample.

use serde_json::{Value, json};

use super::answer::{Answer, GivenResponse};
use super::asked::{Asked, Refused};
use super::state::State;
use super::tokens::{SurveyToken, usable};
use super::{Wxm, wire_time};

/// `GET /api/SurveyByToken/{token}`: the questionnaire's look, its questions (hidden ones included, it is
/// the form that leaves them out) and what is filled in already.
pub(super) fn show(wxm: &Wxm, id: &str) -> Result<Value, Refused> {
    let now = wxm.now();
    let mut state = wxm.state();
    let token = usable(&mut state, id, now)?.clone();
    let partial = state.next_id(now);
    let title = state
        .questionnaire(&token.location)
        .map(|questionnaire| questionnaire.titles[0]);
    Ok(json!({
        "logoURL": null,
        "businessName": "Sandbox",
        "colorCode1": "#0b5c55",
        "welcomeText": title,
        "thankyouText": "Thank you",
        "questions": state.questions_of(&token.location),
        "preFill": token.pre_fill,
        "translated": null,
        "skipWelcome": true,
        "partialResponseId": partial,
        "preferredLanguage": token.preferred_language,
        "validTill": token.valid_till.map(wire_time::text),
    }))
}

/// `POST /api/SurveyByToken/{token}` with an answer; refused once the token is used up or expired.
pub(super) fn submit(wxm: &Wxm, asked: &Asked, id: &str) -> Result<Value, Refused> {
    let answer: Answer = asked.json()?;
    Ok(json!(take_by_token(wxm, id, answer)?))
}

/// Stores what a respondent gave under a token, together with what the token had filled in.
///
/// The use is counted and the answer stored in one step: of two at the same moment only one gets the last use.
pub(super) fn take_by_token(wxm: &Wxm, id: &str, given: Answer) -> Result<Answer, Refused> {
    let now = wxm.now();
    let mut state = wxm.state();
    let token = usable(&mut state, id, now)?;
    token.used += 1;
    let token = token.clone();
    let given = merged(&program_filled_questions(&state), &token, given);
    let answer = wxm.store_new(&mut state, given, now);
    drop(state);
    wxm.notify(&answer);
    Ok(answer)
}

/// Questions that only a program fills.
fn program_filled_questions(state: &State) -> Vec<String> {
    state
        .questions
        .iter()
        .filter(|question| question.api_fill)
        .map(|question| question.id.clone())
        .collect()
}

/// The respondent may correct what staff filled in. What only a program fills comes from the token alone: whatever else a
/// respondent sends for such a question is dropped.
fn merged(program_filled: &[String], token: &SurveyToken, given: Answer) -> Answer {
    let prefilled = |question: &str| {
        token
            .pre_fill
            .iter()
            .find(|prefill| prefill.question_id == question)
    };
    let mut responses: Vec<GivenResponse> = given
        .responses
        .into_iter()
        .filter_map(|response| {
            if program_filled.contains(&response.question_id) {
                prefilled(&response.question_id).cloned()
            } else {
                Some(response)
            }
        })
        .collect();
    for prefill in &token.pre_fill {
        if !responses
            .iter()
            .any(|response| response.question_id == prefill.question_id)
        {
            responses.push(prefill.clone());
        }
    }
    // The sample client sends a signature as `Id`: it does not name the answer.
    Answer {
        id: String::new(),
        location_id: Some(token.location.clone()),
        responses,
        notes: None,
        ..given
    }
}

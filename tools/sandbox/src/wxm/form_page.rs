//! The form that a customer sees, and what happens when it is sent.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Wxm;
use super::answer::Answer;
use super::asked::{Asked, Refused};
use super::form_field::{Field, Kind, prefilled};
use super::form_texts::{FormTexts, Language};
use super::survey::take_by_token;
use super::tokens::{SurveyToken, usable};

/// A page with the status that it is answered with.
pub(super) type Page = (StatusCode, String);

#[derive(Template)]
#[template(path = "wxm/form.html")]
struct FormPage<'a> {
    language: Language,
    texts: &'a FormTexts,
    title: &'a str,
    token: &'a str,
    fields: Vec<Field>,
    faulty: bool,
}

#[derive(Template)]
#[template(path = "wxm/thanks.html")]
struct ThanksPage<'a> {
    language: Language,
    texts: &'a FormTexts,
    title: &'a str,
    answer_id: &'a str,
}

#[derive(Template)]
#[template(path = "wxm/closed.html")]
struct ClosedPage<'a> {
    language: Language,
    title: &'a str,
    text: &'a str,
}

/// `GET /s/{token}`
pub(super) fn show(wxm: &Wxm, asked: &Asked, id: &str) -> Result<Page, Refused> {
    match open(wxm, id) {
        Ok(token) => {
            let language = Language::of(asked, token.preferred_language.as_deref());
            let mut fields = fields(wxm, &token, language);
            for field in &mut fields {
                field.value = prefilled(&token, &field.question_id);
            }
            form(wxm, &token, language, fields, false)
        }
        Err(refused) => closed(asked, &refused),
    }
}

/// `POST /s/{token}`: takes the answer and leads to the page of thanks, or shows the form again with what is
/// missing. Only the fields shown are read, so nobody fills in what a program should.
pub(super) fn submit(wxm: &Wxm, asked: &Asked, id: &str) -> Result<Response, Refused> {
    let token = match open(wxm, id) {
        Ok(token) => token,
        Err(refused) => return closed(asked, &refused).map(page),
    };
    let language = Language::of(asked, token.preferred_language.as_deref());
    let mut fields = fields(wxm, &token, language);
    let mut responses = Vec::new();
    for field in &mut fields {
        field.value = asked
            .field(&field.name)
            .unwrap_or_default()
            .trim()
            .to_owned();
        match field.response() {
            Some(response) => responses.push(response),
            None => field.missing = field.required || !field.value.is_empty(),
        }
    }
    if fields.iter().any(|field| field.missing) {
        return form(wxm, &token, language, fields, true).map(page);
    }
    let given = Answer {
        responses,
        survey_client: Some("WW".to_owned()),
        ..Answer::default()
    };
    match take_by_token(wxm, id, given) {
        Ok(answer) => {
            // A page of its own, so that loading it again sends nothing twice.
            let place = format!(
                "/s/{}/thanks/{}?lang={}",
                token.id,
                answer.id,
                language.tag()
            );
            Ok(Redirect::to(&place).into_response())
        }
        Err(refused) => closed(asked, &refused).map(page),
    }
}

/// `GET /s/{token}/thanks/{answer}`
pub(super) fn thanks(
    wxm: &Wxm,
    asked: &Asked,
    token: &str,
    answer_id: &str,
) -> Result<Page, Refused> {
    let language = Language::of(asked, None);
    let state = wxm.state();
    let known = state
        .tokens
        .get(token)
        .filter(|_| state.answer(answer_id).is_some());
    let known = known.ok_or_else(|| Refused::unknown("the page"))?;
    let title = state
        .questionnaire(&known.location)
        .map_or("", |one| one.titles[language.place()]);
    let html = rendered(&ThanksPage {
        language,
        texts: language.texts(),
        title,
        answer_id,
    })?;
    Ok((StatusCode::OK, html))
}

fn open(wxm: &Wxm, id: &str) -> Result<SurveyToken, Refused> {
    let now = wxm.now();
    usable(&mut wxm.state(), id, now).cloned()
}

fn form(
    wxm: &Wxm,
    token: &SurveyToken,
    language: Language,
    fields: Vec<Field>,
    faulty: bool,
) -> Result<Page, Refused> {
    let title = wxm
        .state()
        .questionnaire(&token.location)
        .map_or("", |one| one.titles[language.place()]);
    let texts = language.texts();
    let html = rendered(&FormPage {
        language,
        texts,
        title,
        token: &token.id,
        fields,
        faulty,
    })?;
    Ok((
        if faulty {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        },
        html,
    ))
}

fn closed(asked: &Asked, refused: &Refused) -> Result<Page, Refused> {
    let language = Language::of(asked, None);
    let texts = language.texts();
    let (title, text) = if refused.status == StatusCode::GONE {
        (texts.closed, texts.closed_text)
    } else {
        (texts.unknown, texts.unknown_text)
    };
    Ok((
        refused.status,
        rendered(&ClosedPage {
            language,
            title,
            text,
        })?,
    ))
}

fn fields(wxm: &Wxm, token: &SurveyToken, language: Language) -> Vec<Field> {
    let state = wxm.state();
    let shown = state
        .questions_of(&token.location)
        .into_iter()
        .filter(|question| !question.api_fill);
    shown
        .map(|question| Field::of(question, language))
        .collect()
}

/// The HTML of a page.
pub(super) fn rendered(page: &impl Template) -> Result<String, Refused> {
    page.render()
        .map_err(|error| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

fn page((status, html): Page) -> Response {
    (status, axum::response::Html(html)).into_response()
}

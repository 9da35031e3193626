//! The one table of what the stand-in answers. Paths are compared without regard to case, as the platform
//! does; ids inside them keep theirs.

use axum::body::Body;
use axum::extract::{Form, FromRequest, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::asked::{Asked, Refused};
use super::{
    Wxm, account, answers, form_page, invitations, login, notifications, pages, questions, survey,
    tokens,
};

/// The largest body taken, in bytes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The router at the root of the stand-in's host.
pub(super) fn router(wxm: Wxm) -> Router {
    Router::new().fallback(answer).with_state(wxm)
}

async fn answer(State(wxm): State<Wxm>, request: Request<Body>) -> Response {
    let method = request.method().clone();
    match take_apart(request).await {
        Ok(asked) => dispatch(&wxm, &method, &asked).unwrap_or_else(IntoResponse::into_response),
        Err(refused) => refused.into_response(),
    }
}

async fn take_apart(request: Request<Body>) -> Result<Asked, Refused> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let segments = parts
        .uri
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(decoded)
        .collect();
    let Query(query) =
        Query::try_from_uri(&parts.uri).map_err(|error| Refused::bad(error.to_string()))?;
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let form =
        if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            read_form(&parts, body.clone()).await?
        } else {
            Vec::new()
        };
    Ok(Asked {
        segments,
        query,
        headers: parts.headers,
        body,
        form,
    })
}

async fn read_form(
    parts: &http::request::Parts,
    body: Bytes,
) -> Result<Vec<(String, String)>, Refused> {
    let request = Request::from_parts(parts.clone(), Body::from(body));
    let Form(fields) = Form::from_request(request, &())
        .await
        .map_err(|error| Refused::bad(error.body_text()))?;
    Ok(fields)
}

fn dispatch(wxm: &Wxm, method: &Method, asked: &Asked) -> Result<Response, Refused> {
    let lowered: Vec<String> = asked
        .segments
        .iter()
        .map(|segment| segment.to_lowercase())
        .collect();
    let path: Vec<&str> = lowered.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["api", rest @ ..] => {
            api(wxm, method, asked, rest).map(|value| Json(value).into_response())
        }
        _ => page(wxm, method, asked, &path),
    }
}

fn api(wxm: &Wxm, method: &Method, asked: &Asked, path: &[&str]) -> Result<Value, Refused> {
    // As sent: an id's case matters. The first part is "api".
    let id = |place: usize| asked.segments[place + 1].as_str();
    let verb = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    match (verb, path) {
        ("POST", ["logintoken"]) => return login::login_token(wxm, asked),
        ("GET", ["surveybytoken", _] | ["surveybytoken", _, _]) => return survey::show(wxm, id(1)),
        ("POST", ["surveybytoken", _] | ["surveybytoken", _, _]) => {
            return survey::submit(wxm, asked, id(1));
        }
        _ => login::check(wxm, asked)?,
    }
    match (verb, path) {
        ("GET", ["account", "logout"]) => Ok(login::logout(wxm, asked)),
        ("GET", ["answer", _]) => answers::one(wxm, id(1)),
        ("GET" | "POST", ["answers"]) => answers::list(wxm, asked),
        ("GET" | "POST", ["answers", "page", _, _]) => answers::page(wxm, asked, id(2), id(3)),
        ("GET" | "POST", ["answers", "count"]) => answers::count(wxm, asked),
        ("POST", ["answers", "add"]) => answers::add(wxm, asked),
        ("POST", ["answers", "update"]) => answers::update(wxm, asked),
        ("POST", ["answers", "note", _]) => answers::add_note(wxm, asked, id(2)),
        ("GET", ["questions", "active"]) => Ok(questions::active(wxm)),
        ("GET", ["questions"]) => Ok(questions::all(wxm)),
        ("POST", ["questions", "add"]) => questions::add(wxm, asked),
        ("POST", ["questions", "update", _]) => questions::update(wxm, asked, id(2)),
        ("GET", ["questions", "delete", _]) => Ok(questions::delete(wxm, id(2))),
        ("POST", ["questions", "questionnaire"]) => questions::of_questionnaire(wxm, asked),
        ("GET", ["allsurveyquestionnaires"]) => Ok(questions::questionnaires(wxm)),
        ("GET", ["settings"]) => Ok(account::settings(wxm)),
        ("POST", ["settings", "update"]) => account::update_settings(wxm, asked),
        ("GET", ["profile"]) => Ok(account::profile()),
        ("GET", ["getapikey"]) => Ok(account::api_key()),
        ("GET", ["status"]) => Ok(account::status(wxm)),
        ("GET", ["userdata", _]) => Ok(account::user_data(wxm, id(1))),
        ("POST", ["userdata", _]) => account::set_user_data(wxm, asked, id(1)),
        ("POST", ["surveytoken"]) => tokens::create(wxm, asked),
        ("GET", ["surveytoken", "id", _]) => tokens::one(wxm, id(2)),
        ("POST", ["requestinvitation"]) => invitations::request(wxm, asked),
        ("GET" | "POST", ["loggednotifications"]) => notifications::logged(wxm, asked),
        _ => Err(Refused::unknown("the address")),
    }
}

fn page(wxm: &Wxm, method: &Method, asked: &Asked, path: &[&str]) -> Result<Response, Refused> {
    let id = |place: usize| asked.segments[place].as_str();
    let verb = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let (status, html) = match (verb, path) {
        ("GET", ["s", _]) => form_page::show(wxm, asked, id(1))?,
        ("POST", ["s", _]) => return form_page::submit(wxm, asked, id(1)),
        ("GET", ["s", _, "thanks", _]) => form_page::thanks(wxm, asked, id(1), id(3))?,
        ("GET", []) => pages::answers(wxm)?,
        ("GET", ["answers", _]) => pages::answer(wxm, id(1))?,
        _ => return Err(Refused::unknown("the page")),
    };
    Ok((status, Html(html)).into_response())
}

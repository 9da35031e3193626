//! Survey tokens: the right to answer a questionnaire some number of times, with answers filled in before.
//!
//! Sources: Webex Experience Management developer documentation, "Survey tokens"; the vendor's closed-loop
//! template and invitation sender.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::GivenResponse;
use super::asked::{Asked, Refused, read};
use super::state::State;
use super::{ACCOUNT, Wxm, wire_time};

/// A survey token.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SurveyToken {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) location: String,
    #[serde(with = "wire_time")]
    pub(super) created: Option<Timestamp>,
    pub(super) pre_fill: Vec<GivenResponse>,
    #[serde(with = "wire_time")]
    pub(super) valid_till: Option<Timestamp>,
    /// How often it may be used in all; 0 for any number of times.
    pub(super) valid_uses: i64,
    pub(super) note: Option<String>,
    pub(super) preferred_language: Option<String>,
    #[serde(flatten)]
    pub(super) more: Map<String, Value>,
    #[serde(skip)]
    pub(super) used: i64,
}

impl SurveyToken {
    /// A token that anybody may use for ever.
    pub(super) fn unlimited(id: &str, location: &str, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            user: ACCOUNT.to_owned(),
            location: location.to_owned(),
            created: Some(now),
            pre_fill: Vec::new(),
            valid_till: None,
            valid_uses: 0,
            note: None,
            preferred_language: None,
            more: Map::new(),
            used: 0,
        }
    }

    /// Why the token is no longer good, if it is not.
    pub(super) fn spent(&self, now: Timestamp) -> Option<&'static str> {
        if self.valid_uses > 0 && self.used >= self.valid_uses {
            Some("the token has been used up")
        } else if self.valid_till.is_some_and(|till| now > till) {
            Some("the token has expired")
        } else {
            None
        }
    }
}

/// `POST /api/SurveyToken`
pub(super) fn create(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let given = read::<Value>(asked.value()?)?;
    let now = wxm.now();
    made(&mut wxm.state(), given, now).map(|token| json!(token))
}

/// A new token of what was given for it.
pub(super) fn made(
    state: &mut State,
    given: Value,
    now: Timestamp,
) -> Result<SurveyToken, Refused> {
    let Value::Object(mut given) = given else {
        return Err(Refused::bad("expected an object"));
    };
    let location =
        text(given.remove("location"))?.ok_or_else(|| Refused::bad("`location` is missing"))?;
    let location = state
        .questionnaire(&location)
        .map(|questionnaire| questionnaire.name.clone())
        .ok_or_else(|| Refused::bad(format!("the questionnaire `{location}` does not exist")))?;
    let pre_fill = prefills(state, &location, given.remove("preFill"))?;
    let valid_till = valid_till(given.remove("validTill"), now)?;
    let valid_uses = whole_number(given.remove("validUses"), "validUses")?.unwrap_or(0);
    if valid_uses < 0 {
        return Err(Refused::bad("`validUses` is negative"));
    }
    let note = text(given.remove("note"))?;
    let preferred_language = text(given.remove("preferredLanguage"))?;
    // What the platform gives cannot be chosen by the caller.
    for fixed in ["id", "user", "created"] {
        given.remove(fixed);
    }
    let token = SurveyToken {
        id: state.next_token_id(),
        pre_fill,
        valid_till,
        valid_uses,
        note,
        preferred_language,
        more: given,
        ..SurveyToken::unlimited("", &location, now)
    };
    state.tokens.insert(token.id.clone(), token.clone());
    Ok(token)
}

/// `GET /api/SurveyToken/Id/{token}`
pub(super) fn one(wxm: &Wxm, id: &str) -> Result<Value, Refused> {
    wxm.state()
        .tokens
        .get(id)
        .map(|token| json!(token))
        .ok_or_else(|| Refused::unknown("the token"))
}

/// A token that may still be used.
pub(super) fn usable<'a>(
    state: &'a mut State,
    id: &str,
    now: Timestamp,
) -> Result<&'a mut SurveyToken, Refused> {
    let token = state
        .tokens
        .get_mut(id)
        .ok_or_else(|| Refused::unknown("the token"))?;
    match token.spent(now) {
        Some(reason) => Err(Refused::new(StatusCode::GONE, reason)),
        None => Ok(token),
    }
}

/// Prefills are taken only for questions of the questionnaire that staff or a program may fill.
fn prefills(
    state: &State,
    questionnaire: &str,
    given: Option<Value>,
) -> Result<Vec<GivenResponse>, Refused> {
    let mut prefills: Vec<GivenResponse> = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => read(value)?,
    };
    for prefill in &mut prefills {
        let question = state.question(&prefill.question_id).ok_or_else(|| {
            Refused::bad(format!(
                "the question `{}` does not exist",
                prefill.question_id
            ))
        })?;
        if !question.belongs_to(questionnaire) {
            return Err(Refused::bad(format!(
                "the question `{}` does not belong to `{questionnaire}`",
                question.id
            )));
        }
        if !question.takes_prefill() {
            return Err(Refused::bad(format!(
                "the question `{}` takes no prefill",
                question.id
            )));
        }
        prefill
            .question_text
            .get_or_insert_with(|| question.text.clone());
    }
    Ok(prefills)
}

/// A date; or a number, which the vendor's closed-loop template sends, as days from now.
fn valid_till(given: Option<Value>, now: Timestamp) -> Result<Option<Timestamp>, Refused> {
    let refused = || Refused::bad("`validTill` is neither a date nor a number of days");
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(days)) => {
            let hours = days
                .as_i64()
                .and_then(|days| days.checked_mul(24))
                .ok_or_else(refused)?;
            let till =
                SignedDuration::try_from_hours(hours).and_then(|span| now.checked_add(span).ok());
            till.map(Some).ok_or_else(refused)
        }
        Some(Value::String(text)) => wire_time::parse(&text).map(Some).ok_or_else(refused),
        Some(_) => Err(refused()),
    }
}

/// A number, which one of the vendor's samples sends as a text.
fn whole_number(given: Option<Value>, name: &str) -> Result<Option<i64>, Refused> {
    let number = match &given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    number
        .map(Some)
        .ok_or_else(|| Refused::bad(format!("`{name}` is not a whole number")))
}

fn text(given: Option<Value>) -> Result<Option<String>, Refused> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Refused::bad(format!("`{other}` is not a text"))),
    }
}

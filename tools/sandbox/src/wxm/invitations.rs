//! Invitations that the platform sends by itself: a token, and a message that leads to it.
//!
//! Source: the vendor's closed-loop template and invitation sender. What is answered is not documented; here `true`, and
//! `false` when the person was invited lately.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Wxm;
use super::asked::{Asked, Refused};
use super::state::State;
use super::tokens::{self, SurveyToken};

/// An invitation that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentInvitation {
    /// The e-mail address or the phone number.
    pub to: String,
    /// The person's name.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The address of the message's template.
    pub template: String,
    /// The token of its survey.
    pub token: String,
    /// When it was sent.
    pub at: Timestamp,
    /// What its survey was filled in with, by tag in small letters.
    filled: Map<String, Value>,
}

#[derive(Deserialize)]
struct Request {
    #[serde(rename = "customerEmail", default)]
    email: Option<String>,
    #[serde(rename = "customerPhone", default)]
    phone: Option<String>,
    #[serde(rename = "customerName", default)]
    name: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    template: Option<String>,
    #[serde(rename = "isSMS", default)]
    is_sms: bool,
    #[serde(rename = "nonRepeatByUniquieQuestionTag", default)]
    non_repeat_tag: Option<String>,
    #[serde(rename = "nonRepeatWithinLastDays", default)]
    non_repeat_days: Option<i64>,
    #[serde(rename = "tokenDetails", default)]
    token_details: Value,
}

/// `POST /api/RequestInvitation`
pub(super) fn request(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let request: Request = asked.json()?;
    let to = if request.is_sms {
        request.phone
    } else {
        request.email
    };
    let to = to.filter(|to| !to.trim().is_empty());
    let to = to.ok_or_else(|| Refused::bad("nobody is invited"))?;
    let template = request.template.filter(|template| !template.is_empty());
    let template = template.ok_or_else(|| Refused::bad("`template` is missing"))?;
    let now = wxm.now();
    let mut state = wxm.state();
    let token = tokens::made(&mut state, request.token_details, now)?;
    let filled = by_tag(&state, &token);
    let lately = match (request.non_repeat_tag, request.non_repeat_days) {
        (Some(tag), Some(days)) if days > 0 => {
            let value = filled.get(&tag.to_lowercase());
            value.is_some() && was_invited(&state, &tag.to_lowercase(), value, days, now)
        }
        _ => false,
    };
    if lately {
        state.tokens.remove(&token.id);
        return Ok(json!(false));
    }
    state.invitations.push(SentInvitation {
        to,
        name: request.name.unwrap_or_default(),
        subject: request.subject.unwrap_or_default(),
        template,
        token: token.id,
        at: now,
        filled,
    });
    Ok(json!(true))
}

/// What a token is filled in with, under each tag of each question.
fn by_tag(state: &State, token: &SurveyToken) -> Map<String, Value> {
    let mut filled = Map::new();
    for given in &token.pre_fill {
        let Some(question) = state.question(&given.question_id) else {
            continue;
        };
        for tag in &question.question_tags {
            let value = match &given.text_input {
                Some(text) => json!(text),
                None => json!(given.number_input),
            };
            filled.insert(tag.to_lowercase(), value);
        }
    }
    filled
}

fn was_invited(state: &State, tag: &str, value: Option<&Value>, days: i64, now: Timestamp) -> bool {
    let span = SignedDuration::from_hours(days.saturating_mul(24).min(1_000_000));
    let since = now.checked_sub(span).unwrap_or(Timestamp::MIN);
    let mut sent = state.invitations.iter();
    sent.any(|sent| sent.at > since && sent.filled.get(tag) == value)
}

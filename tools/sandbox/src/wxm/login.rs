//! Who is asking.
//!
//! Source: Webex Experience Management developer documentation, "Authentication".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::asked::{Asked, Refused};
use super::pii::hex;
use super::{ACCOUNT, Wxm};

/// A token is good for 12 hours, whatever `expires_in` says.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(12);

/// `POST /api/LoginToken`. The password may be the API key, which here is the same word.
///
/// `expires_in` claims a day as the platform's does, while `.expires` and the platform itself say 12 hours.
pub(super) fn login_token(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    if asked.field("grant_type") != Some("password") {
        return Err(Refused::unauthorized(
            "unsupported_grant_type",
            "grant_type must be password",
        ));
    }
    if !is_account(asked.field("username"), asked.field("password")) {
        return Err(Refused::unauthorized(
            "invalid_grant",
            "The user name or password is incorrect.",
        ));
    }
    let now = wxm.now();
    let expires = now + VALID_FOR;
    let mut state = wxm.state();
    let seed = format!("{}:{now}", state.next_id(now));
    let token = STANDARD
        .encode(Sha256::digest(seed.as_bytes()))
        .replace(['+', '/', '='], "");
    state.logins.retain(|_, expires| now < *expires);
    state.logins.insert(token.clone(), expires);
    Ok(json!({
        "access_token": token,
        "token_type": "bearer",
        "userName": ACCOUNT,
        "email": "sandbox@example.com",
        "primaryRole": "User",
        "expires_in": 86_399,
        "managedBy": ACCOUNT,
        "preview": "True",
        "station": "sandbox",
        "hash": hex(&Sha256::digest(ACCOUNT.as_bytes())),
        ".issued": http_date(now),
        ".expires": http_date(expires),
    }))
}

/// `GET /api/account/logout` forgets the token that it comes with.
pub(super) fn logout(wxm: &Wxm, asked: &Asked) -> Value {
    if let Some(token) = credentials(asked, "bearer") {
        wxm.state().logins.remove(token);
    }
    Value::Bool(true)
}

/// Lets a request through that carries a token still good, or the user's name and password.
pub(super) fn check(wxm: &Wxm, asked: &Asked) -> Result<(), Refused> {
    if let Some(token) = credentials(asked, "bearer") {
        let now = wxm.now();
        if wxm
            .state()
            .logins
            .get(token)
            .is_some_and(|expires| now < *expires)
        {
            return Ok(());
        }
    }
    if let Some(basic) = credentials(asked, "basic") {
        let decoded = STANDARD
            .decode(basic)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
        if pair.is_some_and(|(user, password)| is_account(Some(user), Some(password))) {
            return Ok(());
        }
    }
    Err(Refused::unauthorized(
        "Authorization Error",
        "Authorization has been denied for this request.",
    ))
}

fn credentials<'a>(asked: &'a Asked, scheme: &str) -> Option<&'a str> {
    let (given, value) = asked.header(AUTHORIZATION)?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(value.trim())
}

fn is_account(user: Option<&str>, password: Option<&str>) -> bool {
    user == Some(ACCOUNT) && password == Some(ACCOUNT)
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

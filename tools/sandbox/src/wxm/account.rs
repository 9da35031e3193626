//! Settings, profile, status and the account's key/value store.

use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::{Asked, Refused};
use super::notifications::read_rules;
use super::{ACCOUNT, Wxm};

/// `GET /api/Settings`
pub(super) fn settings(wxm: &Wxm) -> Value {
    wxm.state().settings.clone()
}

/// `POST /api/settings/update` replaces the whole object: what is left out is gone. Saving also begins anew
/// with every URL that had been given up.
pub(super) fn update_settings(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let settings = asked.value()?;
    if !settings.is_object() {
        return Err(Refused::bad("expected the whole settings object"));
    }
    read_rules(&settings).map_err(Refused::bad)?;
    let mut state = wxm.state();
    state.settings = settings.clone();
    state.failures.clear();
    Ok(settings)
}

/// `GET /api/Profile`
pub(super) fn profile() -> Value {
    json!({"user": ACCOUNT, "userName": ACCOUNT, "email": "sandbox@example.com", "primaryRole": "User"})
}

/// `GET /api/GetAPIKey` is the key as a JSON string.
pub(super) fn api_key() -> Value {
    json!(ACCOUNT)
}

/// `GET /api/status`, which here also tells how the notifications fare.
pub(super) fn status(wxm: &Wxm) -> Value {
    let state = wxm.state();
    let targets: Vec<Value> = state
        .failures
        .iter()
        .map(|(url, failures)| {
            json!({"url": url, "consecutiveFailures": failures, "stopped": state.is_stopped(url)})
        })
        .collect();
    json!({
        "status": "OK",
        "pendingNotifications": wxm.pending_notifications(),
        "notificationTargets": targets,
    })
}

#[derive(Deserialize)]
struct UserData {
    value: Option<String>,
}

/// `GET /api/UserData/{key}`; a key never written has the value `null`.
pub(super) fn user_data(wxm: &Wxm, key: &str) -> Value {
    json!({"value": wxm.state().user_data.get(key)})
}

/// `POST /api/UserData/{key}` with `{"value": "<text>"}`.
pub(super) fn set_user_data(wxm: &Wxm, asked: &Asked, key: &str) -> Result<Value, Refused> {
    let given: UserData = asked.json()?;
    let mut state = wxm.state();
    match given.value {
        Some(value) => state.user_data.insert(key.to_owned(), value),
        None => state.user_data.remove(key),
    };
    Ok(Value::Bool(true))
}

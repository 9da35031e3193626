//! The tags and short labels of an account's survey questions.
//!
//! Sources: Webex Experience Management developer documentation, "Authentication"; the vendor's public .NET client for
//! the list of active questions.

use std::collections::BTreeSet;

use cxloop_domain::configuration::WxmConnection;
use cxloop_ports::Secrets;
use reqwest::{Client, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

/// Everything that a question map may name. The error says in a sentence why it is not known.
pub(super) async fn labels(
    http: &Client,
    wxm: &WxmConnection,
    secrets: &dyn Secrets,
) -> Result<BTreeSet<String>, String> {
    let username = secrets
        .field(&wxm.secret, "username")
        .await
        .map_err(|failure| failure.message)?;
    let password = secrets
        .field(&wxm.secret, "password")
        .await
        .map_err(|failure| failure.message)?;
    let root = wxm.url.trim_end_matches('/');
    let form = [
        ("grant_type", "password"),
        ("username", username.expose_secret()),
        ("password", password.expose_secret()),
    ];
    let signing_in = http
        .post(format!("{root}/api/LoginToken"))
        .form(&form)
        .send()
        .await;
    let token = match signing_in {
        Ok(answer)
            if [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST].contains(&answer.status()) =>
        {
            return Err(format!(
                "{root} refuses the user and password in secret {}.",
                wxm.secret
            ));
        }
        signing_in => json(root, signing_in).await?,
    };
    let token = token["access_token"]
        .as_str()
        .ok_or_else(|| format!("{root} gives no token."))?;
    let questions = http
        .get(format!("{root}/api/Questions/Active"))
        .bearer_auth(token)
        .send()
        .await;
    Ok(read(json(root, questions).await?))
}

async fn json(root: &str, answer: Result<Response, reqwest::Error>) -> Result<Value, String> {
    let answer = answer.map_err(|_| format!("{root} does not answer."))?;
    if !answer.status().is_success() {
        return Err(format!("{root} answers {}.", answer.status()));
    }
    answer
        .json()
        .await
        .map_err(|_| format!("{root} does not answer with JSON."))
}

fn read(questions: Value) -> BTreeSet<String> {
    let Value::Array(questions) = questions else {
        return BTreeSet::new();
    };
    let mut labels = BTreeSet::new();
    for (key, value) in questions.iter().filter_map(Value::as_object).flatten() {
        match (key.to_lowercase().as_str(), value) {
            ("questiontags", Value::Array(tags)) => {
                labels.extend(tags.iter().filter_map(Value::as_str).map(str::to_owned))
            }
            ("note", Value::String(note)) => {
                labels.insert(note.clone());
            }
            _ => {}
        }
    }
    labels.retain(|label| !label.trim().is_empty());
    labels
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn tags_and_short_labels_are_read_whatever_the_case_of_their_keys() {
        let questions = json!([
            { "questionTags": ["NPS"], "note": "Recomendación" },
            { "QuestionTags": ["CSAT", " "], "Note": null },
        ]);
        assert_eq!(
            read(questions).into_iter().collect::<Vec<_>>(),
            ["CSAT", "NPS", "Recomendación"]
        );
    }
}

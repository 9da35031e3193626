//! The tags and short labels of an account's survey questions.
//!
//! Sources: Webex Experience Management developer documentation, "Authentication"; the vendor's public .NET client for
//! the list of active questions.

use std::collections::{BTreeMap, BTreeSet};

use cxloop_domain::configuration::WxmConnection;
use cxloop_ports::Secrets;
use reqwest::{Client, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

/// What an account's active questions are called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Questions {
    /// Everything that a question map may name: tags and short labels.
    pub(super) labels: BTreeSet<String>,
    /// What conditions and templates find answers by: ids, and tags in lower case.
    pub(super) answers: BTreeSet<String>,
    /// The names, in lower case, of the questions that a program fills in, and whether one of them takes numbers only.
    pub(super) hidden: BTreeMap<String, bool>,
    /// The names of the questionnaires; empty unless they were asked for.
    pub(super) questionnaires: BTreeSet<String>,
}

/// The active questions of an account, and the questionnaires if they are asked for. The error says in a sentence why they
/// are not known.
pub(super) async fn active(
    http: &Client,
    wxm: &WxmConnection,
    secrets: &dyn Secrets,
    with_questionnaires: bool,
) -> Result<Questions, String> {
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
    let get = async |path: &str| {
        let answer = http.get(format!("{root}{path}")).bearer_auth(token);
        json(root, answer.send().await).await
    };
    let mut questions = read(get("/api/Questions/Active").await?);
    if with_questionnaires {
        questions.questionnaires = named(&get("/api/AllSurveyQuestionnaires").await?);
    }
    Ok(questions)
}

/// The names of a list of questionnaires.
fn named(questionnaires: &Value) -> BTreeSet<String> {
    let listed = questionnaires.as_array().into_iter().flatten();
    let fields = listed.filter_map(Value::as_object).flatten();
    fields
        .filter(|(key, _)| key.eq_ignore_ascii_case("name"))
        .filter_map(|(_, name)| Some(name.as_str()?.trim().to_owned()))
        .collect()
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

fn read(questions: Value) -> Questions {
    let mut read = Questions::default();
    let Value::Array(questions) = questions else {
        return read;
    };
    for question in questions.iter().filter_map(Value::as_object) {
        read.hidden.extend(hidden(question));
    }
    for (key, value) in questions.iter().filter_map(Value::as_object).flatten() {
        match (key.to_lowercase().as_str(), value) {
            ("questiontags", Value::Array(tags)) => {
                for tag in tags.iter().filter_map(Value::as_str) {
                    read.labels.insert(tag.to_owned());
                    read.answers.insert(tag.to_lowercase());
                }
            }
            ("note", Value::String(note)) => {
                read.labels.insert(note.clone());
            }
            ("id", Value::String(id)) => {
                read.answers.insert(id.clone());
            }
            _ => {}
        }
    }
    read.labels.retain(|label| !label.trim().is_empty());
    read.answers.retain(|name| !name.trim().is_empty());
    read
}

/// What a question that a program fills in can be called; nothing for others.
fn hidden(question: &Map<String, Value>) -> BTreeMap<String, bool> {
    let get = |name: &str| {
        let mut fields = question.iter();
        fields
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    if get("apifill").and_then(Value::as_bool) != Some(true) {
        return BTreeMap::new();
    }
    let kind = get("displaytype")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = kind.to_lowercase();
    let is_number = ["scale", "number", "slider"].contains(&kind.as_str())
        || kind.starts_with("star-")
        || kind.starts_with("smile-");
    let tags = get("questiontags").and_then(Value::as_array);
    let names = tags
        .into_iter()
        .flatten()
        .chain(get("note"))
        .chain(get("id"));
    names
        .filter_map(Value::as_str)
        .map(|name| (name.trim().to_lowercase(), is_number))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_and_short_labels_are_read_whatever_the_case_of_their_keys() {
        let questions = json!([
            { "id": "q-1", "questionTags": ["NPS"], "note": "Recomendación" },
            { "QuestionTags": ["CSAT", " "], "Note": null },
        ]);
        let read = read(questions);
        let all = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>();
        assert_eq!(all(read.labels), ["CSAT", "NPS", "Recomendación"]);
        assert_eq!(all(read.answers), ["csat", "nps", "q-1"]);
    }
}

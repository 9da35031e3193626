//! The account's settings and questions, read and written for setup.
//!
//! Source: the vendor's public .NET client (settings are replaced as a whole; questions are added, updated and deleted one by
//! one, a deletion being a GET).

use cxloop_domain::setup::wxm::{QuestionAction, QuestionFound, QuestionWanted, Settings};
use cxloop_ports::Failure;
use serde_json::{Value, json};

use super::{PLATFORM, WxmPlatform, wire};

impl WxmPlatform {
    /// The account's settings.
    ///
    /// # Errors
    /// The failure of the request; remedy `Retry` when they cannot be read.
    pub async fn settings(&self) -> Result<Settings, Failure> {
        let asked = "GET /api/Settings";
        let body = self.client.get(asked, &["Settings"]).await?;
        let body = body.ok_or_else(|| self.client.no_api(asked))?;
        let text = String::from_utf8(body).ok();
        text.and_then(|text| Settings::read(&text).ok())
            .ok_or_else(|| {
                self.client
                    .unreadable("the settings have another shape than documented", asked)
            })
    }

    /// Replaces the account's settings as a whole.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn replace_settings(&self, settings: &Settings) -> Result<(), Failure> {
        let asked = "POST /api/settings/update";
        let path = ["settings", "update"];
        let sent = self
            .client
            .post_text(asked, &path, &settings.text())
            .await?;
        sent.map(drop).ok_or_else(|| self.client.no_api(asked))
    }

    /// All questions of the account, those out of use included.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn all_questions(&self) -> Result<Vec<QuestionFound>, Failure> {
        let whole = self.whole_questions().await?;
        Ok(whole.iter().map(found).collect())
    }

    /// Carries out one change of the questions. To make one twice, look first: the platform would.
    ///
    /// # Errors
    /// The failure of the request; remedy `Park` when the question is not there any more.
    pub async fn change_questions(&self, action: &QuestionAction) -> Result<(), Failure> {
        match action {
            QuestionAction::Add(wanted) => {
                let asked = "POST /api/questions/add";
                let path = ["questions", "add"];
                let sent = self.client.post(asked, &path, &question(wanted)).await?;
                sent.map(drop).ok_or_else(|| self.client.no_api(asked))
            }
            QuestionAction::Revive(id) => self.set_retired(id, false).await,
            QuestionAction::Retire(id) => self.set_retired(id, true).await,
            // One that is gone is gone.
            QuestionAction::Delete(id) => {
                let path = ["questions", "delete", id];
                let sent = self
                    .client
                    .get("GET /api/questions/delete/{id}", &path)
                    .await;
                sent.map(drop)
            }
        }
    }

    /// The addresses of notifications that the platform has given up, as far as its status tells.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn stopped_notifications(&self) -> Result<Vec<String>, Failure> {
        let asked = "GET /api/status";
        let Some(body) = self.client.get(asked, &["status"]).await? else {
            return Ok(Vec::new());
        };
        // What the real status holds is not documented: one without targets tells of none.
        let status = serde_json::from_slice(&body).map_or(Value::Null, wire::lower_keys);
        let targets = status["notificationtargets"].as_array();
        let stopped = targets
            .into_iter()
            .flatten()
            .filter(|target| target["stopped"] == true);
        Ok(stopped
            .filter_map(|target| target["url"].as_str().map(str::to_owned))
            .collect())
    }

    /// Read-modify-write: an update replaces the whole question.
    async fn set_retired(&self, id: &str, retired: bool) -> Result<(), Failure> {
        let whole = self.whole_questions().await?;
        let there = whole
            .into_iter()
            .find(|question| member(question, "id").as_str() == Some(id));
        let gone = || {
            Failure::park(
                format!("{PLATFORM} does not know the question any more."),
                "",
            )
        };
        let mut question = there.ok_or_else(gone)?;
        if let Value::Object(members) = &mut question {
            let key = members
                .keys()
                .find(|key| key.eq_ignore_ascii_case("isRetired"))
                .cloned();
            members.insert(
                key.unwrap_or_else(|| "isRetired".to_owned()),
                json!(retired),
            );
        }
        let asked = "POST /api/questions/update/{id}";
        let path = ["questions", "update", id];
        let sent = self.client.post(asked, &path, &question).await?;
        sent.map(drop).ok_or_else(gone)
    }

    async fn whole_questions(&self) -> Result<Vec<Value>, Failure> {
        let asked = "GET /api/questions/";
        let body = self.client.get(asked, &["questions", ""]).await?;
        let body = body.ok_or_else(|| self.client.no_api(asked))?;
        serde_json::from_slice(&body).map_err(|_| {
            self.client
                .unreadable("its body is no list of questions", asked)
        })
    }
}

fn member<'v>(question: &'v Value, name: &str) -> &'v Value {
    let members = question.as_object().into_iter().flatten();
    let mut members = members.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    members.next().map_or(&Value::Null, |(_, value)| value)
}

fn found(question: &Value) -> QuestionFound {
    let tags = member(question, "questionTags")
        .as_array()
        .into_iter()
        .flatten();
    QuestionFound {
        id: member(question, "id")
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
        note: member(question, "note")
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        hidden: member(question, "apiFill") == &Value::Bool(true),
        retired: member(question, "isRetired") == &Value::Bool(true),
    }
}

/// A question that no customer sees, of all questionnaires.
fn question(wanted: &QuestionWanted) -> Value {
    json!({
        "text": wanted.text,
        "titleText": wanted.text,
        "note": wanted.tag,
        "questionTags": [wanted.tag],
        "displayType": wanted.kind.display_type(),
        "displayLocation": [],
        "multiSelect": [],
        "apiFill": true,
        "staffFill": false,
        "isRequired": false,
        "isRetired": false,
    })
}

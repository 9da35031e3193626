//! Webex Experience Management, formerly CloudCherry.
//!
//! Its webhooks are unsigned hints: the response is fetched again before anything is believed. Answers carry no
//! meaning of their own; it comes from joining each with its question's tags, short label and kind. Sources:
//! Webex Experience Management developer documentation (pages "Authentication", "Responses", "Real-time push")
//! and the vendor's public .NET client.

mod answered;
mod client;
mod filling;
mod map;
mod notification;
mod questions;
mod sending;
mod session;
mod setup;
#[cfg(test)]
mod tests;
mod wire;
mod write_back;

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::case_write_back::{Intended, Settled};
use cxloop_domain::configuration::{QuestionMap, WxmConnection};
use cxloop_domain::names::{ConnectionName, ResponseId, ResponseKey};
use cxloop_domain::response::Response;
use cxloop_domain::setup::address::webhook_with_token;
use cxloop_domain::setup::secret::OF_WXM;
use cxloop_ports::{
    AnsweredPage, Capabilities, Clock, Failure, Hint, Noted, NotificationRule, Secrets,
    SurveyPlatform, Unparsable,
};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::platforms::Correlation;
use client::Client;
use questions::QuestionCache;
use wire::Answer;

/// The platform's name for people.
const PLATFORM: &str = "Webex Experience Management";

/// One account of the platform.
pub struct WxmPlatform {
    name: ConnectionName,
    questions: QuestionMap,
    case_surveys: Vec<String>,
    survey_url: String,
    client: Client,
    cache: QuestionCache,
    /// The name of the secret, and who reads it.
    secret: (String, Arc<dyn Secrets>),
}

impl WxmPlatform {
    /// The account behind a connection. Asks nobody yet; the first request signs in.
    pub fn new(
        name: ConnectionName,
        configured: WxmConnection,
        http: reqwest::Client,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let cache = QuestionCache::new(Arc::clone(&clock));
        let questions = configured.questions.clone();
        let case_surveys = configured.case_surveys.clone();
        let survey_url = configured.survey_url.clone();
        let secret = (configured.secret.clone(), Arc::clone(&secrets));
        let client = Client::new(name.clone(), configured, http, secrets, clock);
        Self {
            name,
            questions,
            case_surveys,
            survey_url,
            client,
            cache,
            secret,
        }
    }

    /// The same account, whose requests carry the id of the running work in `X-Request-Id`. The platform documents no
    /// such header, and a header that a server does not know is passed over (RFC 9110, section 5.1).
    #[must_use]
    pub fn correlated_by(mut self, correlation: Correlation) -> Self {
        self.client.correlation = correlation;
        self
    }

    /// What addresses of this deployment's webhooks end in: one for each token that is accepted.
    async fn ends_of_own_addresses(&self) -> Result<Vec<String>, Failure> {
        let (secret, secrets) = &self.secret;
        let mut ends = Vec::new();
        for field in [OF_WXM.current, OF_WXM.previous] {
            if let Some(token) = secrets.optional_field(secret, field).await? {
                ends.push(webhook_with_token("", &self.name, token.expose_secret()));
            }
        }
        Ok(ends)
    }

    async fn answer(&self, response: &ResponseId) -> Result<Option<Answer>, Failure> {
        Ok(self.whole_answer(response).await?.map(|(answer, _)| answer))
    }

    /// The answer, and all that the platform sent of it.
    async fn whole_answer(
        &self,
        response: &ResponseId,
    ) -> Result<Option<(Answer, Value)>, Failure> {
        if !notification::is_answer_id(response.as_str()) {
            return Ok(None);
        }
        let asked = "GET /api/Answer/{id}";
        let Some(body) = self
            .client
            .get(asked, &["Answer", response.as_str()])
            .await?
        else {
            return Ok(None);
        };
        let Some(answer) =
            wire::read::<Option<Answer>>(&body).map_err(|p| self.client.unreadable(p, asked))?
        else {
            return Ok(None);
        };
        if answer.id.eq_ignore_ascii_case(response.as_str()) {
            let whole = serde_json::from_slice(&body)
                .map_err(|_| self.client.unreadable("its body is no whole JSON", asked))?;
            Ok(Some((answer, whole)))
        } else {
            Err(self
                .client
                .unreadable("it holds another response than the one asked for", asked))
        }
    }
}

#[async_trait]
impl SurveyPlatform for WxmPlatform {
    fn parse(&self, body: &[u8]) -> Result<Hint, Unparsable> {
        notification::parse(body)
    }

    /// The key of the response is the platform's own spelling of the id, so that a hint in other letters
    /// makes no second response.
    async fn fetch(&self, response: &ResponseId) -> Result<Option<Response>, Failure> {
        let Some(answer) = self.answer(response).await? else {
            return Ok(None);
        };
        let named = answer
            .responses
            .iter()
            .map(|given| given.question_id.as_str());
        let questions = self.cache.questions_for(&self.client, named).await?;
        let unusable = |problem: &str| {
            Failure::park(
                format!("{PLATFORM} has a response that cannot be read: {problem}."),
                format!("connection {}", self.name),
            )
        };
        let id = ResponseId::parse(answer.id.clone()).map_err(|_| unusable("its id is none"))?;
        let key = ResponseKey::new(self.name.clone(), id);
        let response = map::response(
            key,
            &answer,
            &questions,
            &self.questions,
            &self.case_surveys,
        );
        response.map(Some).map_err(unusable)
    }

    async fn note(
        &self,
        response: &ResponseId,
        marker: &str,
        text: &str,
    ) -> Result<Noted, Failure> {
        if marker.is_empty() || !text.contains(marker) {
            return Err(Failure::park(
                "A note without its marker would be written twice.",
                format!("connection {}", self.name),
            ));
        }
        let gone = || {
            Failure::park(
                format!("{PLATFORM} does not know the response any more."),
                format!("connection {}", self.name),
            )
        };
        let answer = self.answer(response).await?.ok_or_else(gone)?;
        if answer.notes.iter().any(|note| note.note.contains(marker)) {
            return Ok(Noted::AlreadyThere);
        }
        let path = ["Answers", "Note", answer.id.as_str()];
        self.client
            .post(
                "POST /api/Answers/Note/{id}",
                &path,
                &json!({ "note": text }),
            )
            .await?
            .ok_or_else(gone)?;
        Ok(Noted::Written)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            notes: true,
            fields: true,
        }
    }

    async fn write_back(
        &self,
        response: &ResponseId,
        intended: &Intended,
    ) -> Result<Settled, Failure> {
        write_back::write(self, response, intended).await
    }

    async fn notification_rules(&self) -> Result<Vec<NotificationRule>, Failure> {
        answered::rules(self).await
    }

    async fn answered(
        &self,
        rule: &NotificationRule,
        between: (Timestamp, Timestamp),
        page: u32,
    ) -> Result<AnsweredPage, Failure> {
        answered::page(self, rule, between, page).await
    }
}

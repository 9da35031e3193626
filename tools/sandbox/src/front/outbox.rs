//! What was sent to people: e-mails and text messages that services of AWS and the survey platform took, and that nobody
//! received.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;

use super::Front;
use crate::emulator::Stack;

/// One message to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// What took it: `SES`, `SNS`, `End User Messaging` or `Webex Experience Management`.
    pub service: &'static str,
    /// The key that the service gave it.
    pub id: String,
    /// Who it is from, as far as the sender said.
    pub from: String,
    /// Who it is for.
    pub to: Vec<String>,
    /// The subject of an e-mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The words without layout.
    pub text: String,
    /// The same with layout, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// When it was taken, if the service says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Sent {
    /// The addresses in the words, to be followed.
    fn links(&self) -> Vec<&str> {
        let words = self
            .text
            .split(|c: char| c.is_whitespace() || "<>\"()".contains(c));
        words
            .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
            .map(|word| word.trim_end_matches(['.', ',', ';']))
            .collect()
    }
}

/// Where messages to people can be looked at.
pub trait Outbox: Send + Sync {
    /// Every message that was taken.
    ///
    /// # Errors
    /// When it cannot be found out.
    fn sent(&self) -> BoxFuture<'_, anyhow::Result<Vec<Sent>>>;
}

impl Outbox for Stack {
    fn sent(&self) -> BoxFuture<'_, anyhow::Result<Vec<Sent>>> {
        async move { Ok([self.mails().await?, self.texts().await?].concat()) }.boxed()
    }
}

#[derive(Template)]
#[template(path = "front/outbox.html")]
struct OutboxPage {
    messages: Vec<Sent>,
    trouble: Option<String>,
}

/// `GET /outbox`
pub(super) async fn show(State(front): State<Front>) -> Response {
    let (messages, trouble) = match front.messages().await {
        Ok(messages) => (messages, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    match (OutboxPage { messages, trouble }).render() {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the outbox could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `GET /_sandbox/outbox`: the same for scripts.
pub(super) async fn list(State(front): State<Front>) -> Response {
    match front.messages().await {
        Ok(messages) => Json(messages).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}\n")).into_response(),
    }
}

impl Front {
    /// Every message, newest first; those without a time come last.
    async fn messages(&self) -> anyhow::Result<Vec<Sent>> {
        let mut messages = self.parts.outbox.sent().await?;
        let texts = self.parts.texts.taken().into_iter();
        messages.extend(texts.map(|message| Sent {
            service: "End User Messaging",
            id: message.id.to_string(),
            from: message.from,
            to: vec![message.to],
            subject: String::new(),
            text: message.text,
            html: None,
            at: Some(message.at),
        }));
        messages.extend(
            self.parts
                .survey
                .invitations()
                .into_iter()
                .map(|sent| Sent {
                    service: "Webex Experience Management",
                    text: format!(
                        "{}\n{}",
                        sent.template,
                        self.parts.survey.survey_link(&sent.token)
                    ),
                    id: sent.token,
                    from: String::new(),
                    to: vec![sent.to],
                    subject: sent.subject,
                    html: None,
                    at: Some(sent.at),
                }),
        );
        messages.sort_by_key(|message| std::cmp::Reverse(message.at));
        Ok(messages)
    }
}

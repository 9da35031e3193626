//! Sending surveys and the messages that lead to them.
//!
//! What is sent cannot be taken back, and no service here knows a key under which a second sending would be none. So each
//! method says by its failure whether anything may have gone out: with remedy `Retry` nobody knows, with every other one
//! nothing did. Nothing is sent again by itself below these roles.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, QuestionMap, SmsMessage};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::survey_trigger::{Address, Prefilled, Words};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Failure;

/// A survey that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyAsked {
    /// The questionnaire, as the platform names it.
    pub questionnaire: String,
    /// What is filled in before. A question that the questionnaire lacks is left out, unless the survey needs it.
    pub prefill: Vec<Prefilled>,
    /// Until when it can be answered, once.
    pub valid_until: Timestamp,
    /// The language it opens in, where the platform knows it.
    pub language: Option<String>,
    /// What people see on the platform as the reason for it. No personal data.
    pub note: String,
}

/// A survey that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyLink {
    /// The platform's name for it.
    pub token: String,
    /// Where the person answers.
    pub url: String,
}

/// An invitation that the survey platform sends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformInvitation {
    /// Where to.
    pub to: Address,
    /// The person's name.
    pub name: Option<String>,
    /// The subject.
    pub subject: String,
    /// The address of the platform's message template.
    pub template: String,
}

/// Makes surveys on a platform, and has it invite to them.
#[async_trait]
pub trait SurveySender: Send + Sync {
    /// Which questions carry what: the case, the other row and the invitation that a response is about.
    fn questions(&self) -> &QuestionMap;

    /// A survey for one person, to be answered once. Asking twice makes two, of which the unused one expires. Fails with remedy
    /// `Park` when the questionnaire or a needed question is missing.
    async fn survey(&self, asked: &SurveyAsked) -> Result<SurveyLink, Failure>;

    /// Has the platform send a survey of its own making.
    async fn invite(
        &self,
        asked: &SurveyAsked,
        invitation: &PlatformInvitation,
    ) -> Result<(), Failure>;
}

/// The survey platforms of a configuration, as senders.
pub trait SurveySenders: Send + Sync {
    /// The platform behind a connection. Fails with remedy `Park` when the connection is unknown or sends no surveys.
    fn sender(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveySender>, Failure>;
}

/// An e-mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The invitation, which the message is tagged with so that reports about it can be told apart.
    pub invitation: Uuid,
    /// The verified address that it comes from.
    pub from: String,
    /// Where answers to it go.
    pub reply_to: Option<String>,
    /// The address.
    pub to: String,
    /// Subject, text and HTML.
    pub words: Words,
}

/// A text message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMessage {
    /// The invitation, which the message is tagged with where the service can.
    pub invitation: Uuid,
    /// The number in international form.
    pub to: String,
    /// Through which service and from which number, as the rule says; its template is filled in in `text`.
    pub settings: SmsMessage,
    /// The words.
    pub text: String,
}

/// Sends e-mails.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Hands an e-mail over to the service.
    async fn send(&self, email: &Email) -> Result<(), Failure>;
}

/// Sends text messages.
#[async_trait]
pub trait TextMessages: Send + Sync {
    /// Hands a text message over to the service that it names.
    async fn send(&self, message: &TextMessage) -> Result<(), Failure>;
}

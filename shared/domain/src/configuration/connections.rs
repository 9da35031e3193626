//! The systems that are connected.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::names::HeaderName;

/// One connected system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    clippy::large_enum_variant,
    reason = "a configuration has a handful of connections"
)]
pub enum Connection {
    /// Webex Experience Management (CloudCherry).
    Wxm(WxmConnection),
    /// Any tool that signs its webhooks by the Standard Webhooks scheme and sends the generic body.
    Standard(StandardConnection),
    /// Microsoft Dynamics 365 (Dataverse).
    Dynamics(DynamicsConnection),
}

impl Connection {
    /// The name of the secret that opens the system.
    pub fn secret(&self) -> &str {
        match self {
            Self::Wxm(c) => &c.secret,
            Self::Standard(c) => &c.secret,
            Self::Dynamics(c) => &c.secret,
        }
    }

    /// The kind, as written in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Wxm(_) => "wxm",
            Self::Standard(_) => "standard",
            Self::Dynamics(_) => "dynamics",
        }
    }
}

/// A Webex Experience Management account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WxmConnection {
    /// The API's host.
    #[serde(default = "WxmConnection::default_url")]
    pub url: String,
    /// Where people open surveys: a survey's address is this one, a slash and its token.
    #[serde(default = "WxmConnection::default_survey_url")]
    pub survey_url: String,
    /// Name of the secret: JSON with `username`, `password` (or API key) and `webhook_token`.
    pub secret: String,
    /// Which questions mean what, by tag or short label.
    #[serde(default)]
    pub questions: QuestionMap,
    /// The text of the note that a response gets when its case is opened.
    #[serde(default = "WxmConnection::default_note")]
    pub note: String,
    /// The questionnaires that are sent after a case, by name. Only responses to these questionnaires are believed when they
    /// name a case; while the list is empty, responses to any are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub case_surveys: Vec<String>,
    /// How many requests a second all functions together may send to the account. Without it they send as they come, and
    /// wait when the platform asks them to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<NonZeroU32>,
}

impl WxmConnection {
    fn default_url() -> String {
        "https://api.getcloudcherry.com".to_owned()
    }

    /// Whether responses to a questionnaire are believed when they name a case. Names are compared without case.
    pub fn believes_cases_of(&self, questionnaire: &str) -> bool {
        believes_cases_of(&self.case_surveys, questionnaire)
    }

    fn default_survey_url() -> String {
        "https://nps.bz".to_owned()
    }

    fn default_note() -> String {
        "Case {{ ticket }} is open.".to_owned()
    }
}

/// Whether responses to a questionnaire are believed when they name a case: to any, while `case_surveys` names none.
pub fn believes_cases_of(case_surveys: &[String], questionnaire: &str) -> bool {
    let name = questionnaire.trim().to_lowercase();
    case_surveys.is_empty()
        || case_surveys
            .iter()
            .any(|one| one.trim().to_lowercase() == name)
}

/// Which questions of the platform carry what. Tags and short labels are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuestionMap {
    /// The NPS question, 0 to 10.
    pub nps: String,
    /// The satisfaction question.
    pub csat: String,
    /// The effort question.
    pub ces: String,
    /// The customer's name.
    pub name: String,
    /// The customer's e-mail address.
    pub email: String,
    /// The customer's phone number.
    pub phone: String,
    /// The customer's id in the company's systems.
    pub external_id: String,
    /// The shop or branch.
    pub location: String,
    /// The free text.
    pub comment: String,
    /// The program-filled question that carries the id of the case a response is about.
    pub case_id: String,
    /// The program-filled question that carries the id of the invitation that a response answers.
    pub invitation: String,
    /// The program-filled question that carries the row of another table that a response is about, as `lead/` and its id.
    pub about: String,
}

impl Default for QuestionMap {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            nps: text("NPS"),
            csat: text("CSAT"),
            ces: text("CES"),
            name: text("NAME"),
            email: text("EMAIL"),
            phone: text("MOBILE"),
            external_id: text("CUSTOMER_ID"),
            location: text("LOCATION"),
            comment: text("Comments"),
            case_id: text("CASE_ID"),
            invitation: text("INVITATION"),
            about: text("ABOUT"),
        }
    }
}

/// A sender of signed, generic response bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardConnection {
    /// Name of the secret: JSON with `webhook_secret` (`whsec_…`).
    pub secret: String,
}

/// A Dataverse environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DynamicsConnection {
    /// The organisation's root, such as `https://contoso.crm4.dynamics.com`.
    pub url: String,
    /// Name of the secret: JSON with `tenant`, `client_id` and `client_secret`; where Dynamics sends webhooks, with
    /// `webhook_secret` too, and while it is changed with both the new and the old one, a space between them.
    pub secret: String,
    /// Where tokens come from, when it is not Microsoft's own address for the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// How many requests of the service's budget of five minutes history leaves to case work: with fewer left, it waits.
    #[serde(
        default = "DynamicsConnection::default_history_reserve",
        skip_serializing_if = "DynamicsConnection::is_default_history_reserve"
    )]
    pub history_reserve: u32,
    /// The id of our application user (`systemuserid`), by which its own writes are known when they come back as webhooks.
    /// Without it they are known by their tag alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_user: Option<Uuid>,
    /// The organisation's id. Webhooks of another one, such as a copy of this environment, are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Uuid>,
    /// The organisation's host as its webhooks name it, such as `contoso.crm4.dynamics.com`. Others are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_domain: Option<String>,
    /// The header in which webhooks carry `webhook_secret`, where they carry it in a header.
    #[serde(
        default = "DynamicsConnection::default_webhook_header",
        skip_serializing_if = "DynamicsConnection::is_default_webhook_header"
    )]
    pub webhook_header: HeaderName,
}

impl DynamicsConnection {
    /// The header that webhooks carry their secret in unless the connection says otherwise.
    pub const DEFAULT_WEBHOOK_HEADER: &str = "x-cxloop-secret";

    /// A connection with nothing but what it must have.
    pub fn new(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            secret: secret.into(),
            token_url: None,
            history_reserve: Self::DEFAULT_HISTORY_RESERVE,
            application_user: None,
            organization_id: None,
            organization_domain: None,
            webhook_header: Self::default_webhook_header(),
        }
    }

    fn default_webhook_header() -> HeaderName {
        HeaderName::parse(Self::DEFAULT_WEBHOOK_HEADER)
            .expect("a constant within the rule of header names")
    }

    fn is_default_webhook_header(header: &HeaderName) -> bool {
        header.as_str() == Self::DEFAULT_WEBHOOK_HEADER
    }

    /// A tenth of the 6,000 requests that the service allows a user in five minutes.
    /// Source: Microsoft Learn, "Service protection API limits".
    pub const DEFAULT_HISTORY_RESERVE: u32 = 600;

    fn default_history_reserve() -> u32 {
        Self::DEFAULT_HISTORY_RESERVE
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands the field over by reference"
    )]
    fn is_default_history_reserve(reserve: &u32) -> bool {
        *reserve == Self::DEFAULT_HISTORY_RESERVE
    }
}

//! The configuration: what `cxloop.yaml` says, in the shape that decisions read.
//!
//! [`read`] turns the file into this shape or into mistakes with line and column; [`check`] holds the
//! rules that a file must keep beyond its shape.

mod checking;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use checking::{answers_of_condition, answers_of_template, check};
pub use reading::{Mistake, read};

use crate::cases::CustomerRef;
use crate::names::{ConnectionName, RuleName};
use crate::response::Metric;
use crate::score::Score;

/// Everything that `cxloop.yaml` can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The systems that are connected, by name.
    pub connections: BTreeMap<ConnectionName, Connection>,
    /// How customers are found and created in the CRM.
    #[serde(default)]
    pub customers: Customers,
    /// What opens cases. The first rule that matches wins, unless it says `continue: true`.
    #[serde(default)]
    pub case_rules: Vec<CaseRule>,
    /// What reopens cases. The first threshold that is broken decides.
    #[serde(default)]
    pub reopen: Vec<Threshold>,
}

/// One connected system.
#[expect(
    clippy::large_enum_variant,
    reason = "a configuration holds a handful of connections, read once a version"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
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
}

impl WxmConnection {
    fn default_url() -> String {
        "https://api.getcloudcherry.com".to_owned()
    }

    fn default_note() -> String {
        "Case {{ ticket }} is open.".to_owned()
    }
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
    /// Name of the secret: JSON with `tenant`, `client_id` and `client_secret`.
    pub secret: String,
    /// Where tokens come from, when it is not Microsoft's own address for the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
}

/// How customers are found and created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customers {
    /// Create a contact when nobody matches and the response carries a usable key.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whose case it is when nobody matches and none is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<CustomerRef>,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            create: true,
            otherwise: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// A rule that opens a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseRule {
    /// Its name; part of the identity of the cases it opens.
    pub name: RuleName,
    /// The condition, in CEL over the response in normal form.
    pub when: String,
    /// The case it opens.
    pub case: CaseTemplate,
    /// What happens when the customer already has an open case from this rule.
    #[serde(default)]
    pub open_case: OpenCase,
    /// Look at the rules after this one too, also when this one matched.
    #[serde(default, rename = "continue")]
    pub go_on: bool,
}

/// What happens when the customer already has an open case from the rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenCase {
    /// The response is added to it as a note.
    Attach,
    /// The response opens a case of its own.
    #[default]
    New,
}

/// What a case is made of. Every value is a template over the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseTemplate {
    /// The title; longer than 200 characters is cut with a mark.
    pub title: String,
    /// The description; longer than 2,000 characters is cut with a mark and stands in full in the note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `high`, `normal` or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Name of the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Full name of the user, or name of the team, that owns the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `phone`, `email` or `web`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// `question`, `problem` or `request`.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub case_type: Option<String>,
}

/// A rating after closure that reopens the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Its name, given as the reason.
    pub name: RuleName,
    /// The metric that is looked at.
    pub metric: Metric,
    /// Broken by a score below this.
    pub below: Score,
    /// How long after its resolution a case can be reopened. Without it: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// How often one case is reopened at most. Without it: as often as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// What happens to a bad rating that comes too late or too often.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// A further condition, in CEL over the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The queue a reopened case goes to. Without it: the one it stood in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// What happens instead of reopening.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// A new case that names the old ticket.
    #[default]
    FollowUp,
    /// A note on the old case.
    Note,
    /// Only the reason is kept.
    Nothing,
}

/// A span of time such as `14d`, `36h` or `90m`, in seconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Span {
    seconds: i64,
}

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a span of time: write a number and d, h or m, such as 14d")]
pub struct InvalidSpan(String);

impl Span {
    /// The span in seconds.
    pub fn seconds(self) -> i64 {
        self.seconds
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;
    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let invalid = || InvalidSpan(text.chars().take(40).collect());
        let unit = text.chars().last().ok_or_else(invalid)?;
        let seconds_each = match unit {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            _ => return Err(invalid()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| invalid())?;
        if count == 0 || count > 100_000 {
            return Err(invalid());
        }
        Ok(Self {
            seconds: i64::from(count) * seconds_each,
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            s => write!(f, "{}m", s / 60),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = InvalidSpan;
    fn try_from(text: String) -> Result<Self, InvalidSpan> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl Configuration {
    /// The Dynamics connection, when there is one.
    pub fn dynamics(&self) -> Option<(&ConnectionName, &DynamicsConnection)> {
        self.connections
            .iter()
            .find_map(|(name, connection)| match connection {
                Connection::Dynamics(dynamics) => Some((name, dynamics)),
                _ => None,
            })
    }

    /// The JSON Schema of the file, for editors.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// A configuration as applied, with its place in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Counts up by one with each `cxloop apply`.
    pub version: u64,
    /// What it says.
    pub configuration: Configuration,
}

//! Surveys that a change of a row in the CRM sends.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Span;
use crate::names::{ColumnName, ConnectionName, RuleName};

/// Surveys that a change of a row in the CRM sends, and what holds for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surveys {
    /// When nobody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// How often one person is asked at most, over all rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Cap>,
    /// Domains of e-mail addresses of the company's own people, such as `contoso.com`; their subdomains count too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub employee_domains: Vec<String>,
    /// Accounts that are the company itself: who belongs to one is no customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal_accounts: Vec<Uuid>,
    /// What people may be asked for, by a name that rules refer to, and what their consent means for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purposes: BTreeMap<RuleName, Purpose>,
    /// What sends surveys. Each rule is looked at for itself.
    #[serde(default)]
    pub rules: Vec<SurveyRule>,
}

/// A rule that sends a survey when a row reaches a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyRule {
    /// Its name; part of the identity of the invitations it sends.
    pub name: RuleName,
    /// Logical name of the table, such as `incident`, `lead`, `opportunity`, `contact` or one of the company's own.
    pub table: ColumnName,
    /// The column that is watched, such as `statecode`.
    pub column: ColumnName,
    /// The values that it must have had before, as values or as the labels that people see. Empty: any other value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// The values that it reaches, as values or as labels.
    pub to: Vec<String>,
    /// A further condition, in CEL over `row` and `label`: looked at when the row reaches the state, and again before sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Who is asked.
    #[serde(default)]
    pub person: PersonPath,
    /// What is asked.
    pub survey: SurveyToSend,
    /// How it reaches the person.
    pub send: SendBy,
    /// How long after the change it is sent. Whether it still applies is looked at then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// What it is for: one of `surveys.purposes`. Without it only the flags of the person's row count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<RuleName>,
    /// Whom it leaves out.
    #[serde(
        default = "SurveyRule::default_exclude",
        skip_serializing_if = "SurveyRule::is_default_exclude"
    )]
    pub exclude: BTreeSet<Exclusion>,
    /// What happens when nobody can know whether it went out.
    #[serde(default)]
    pub on_unknown: OnUnknown,
}

impl SurveyRule {
    fn default_exclude() -> BTreeSet<Exclusion> {
        BTreeSet::from([Exclusion::Merged, Exclusion::Internal, Exclusion::Employees])
    }

    fn is_default_exclude(exclude: &BTreeSet<Exclusion>) -> bool {
        *exclude == Self::default_exclude()
    }
}

/// How a row leads to the person who is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonPath {
    /// The row's customer: a contact, or the primary contact of an account.
    #[default]
    Customer,
    /// The contact in the row's `primarycontactid`.
    PrimaryContact,
    /// The user who owns the row.
    Owner,
    /// The row itself: a contact, a lead, an account.
    Itself,
    /// The row that another lookup leads to, as it is read: `_new_driver_value`.
    Lookup(ColumnName),
    /// Whoever these templates over `row` and `label` name.
    Written(WrittenPerson),
}

/// A person whose addresses stand in the row itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenPerson {
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The questionnaire and what is filled in before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyToSend {
    /// The connection of the survey platform.
    pub connection: ConnectionName,
    /// The questionnaire, as the platform names it.
    pub questionnaire: String,
    /// The language it opens in, where the platform knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How long the link can be used.
    #[serde(default = "SurveyToSend::default_valid_for")]
    pub valid_for: Span,
    /// Questions that are filled in before. The question of the case's id is filled in by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefill: Vec<Prefill>,
}

impl SurveyToSend {
    fn default_valid_for() -> Span {
        Span {
            seconds: 30 * 86_400,
        }
    }
}

/// A question that is filled in before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prefill {
    /// The tag, short label or id of a question that a program may fill.
    pub question: String,
    /// A template over `row`, `label` and `person`. One that gives nothing leaves the question empty.
    pub value: String,
}

/// How a survey reaches a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendBy {
    /// The survey platform's own invitation.
    Platform(PlatformMessage),
    /// An e-mail through Amazon SES.
    Email(EmailMessage),
    /// A text message.
    Sms(SmsMessage),
    /// The link is written to a column of the row, for whatever the company sends itself.
    Column(ColumnName),
}

/// An invitation that the survey platform sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformMessage {
    /// By e-mail, or by text message.
    #[serde(default)]
    pub by: Channel,
    /// The subject, a template over `row`, `label` and `person`.
    pub subject: String,
    /// The address of the platform's message template.
    pub template: String,
}

/// An e-mail through Amazon SES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailMessage {
    /// The verified address that it comes from.
    pub from: String,
    /// Where answers to it go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The subject, a template over `row`, `label` and `person`.
    pub subject: String,
    /// The words, a template over `row`, `label`, `person` and `link`.
    pub text: String,
    /// The same as HTML, with what comes from rows escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsMessage {
    /// Through which service.
    #[serde(default)]
    pub through: SmsService,
    /// The number, pool or sender name that it comes from, where the service does not choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The words, a template over `row`, `label`, `person` and `link`.
    pub text: String,
}

/// By what a person is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An e-mail address.
    #[default]
    Email,
    /// A phone number.
    Sms,
}

/// A service that sends text messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsService {
    /// AWS End User Messaging SMS, which tells what was delivered.
    #[default]
    EndUserMessaging,
    /// Amazon SNS, which does not.
    Sns,
}

/// Hours of the day in which nobody is asked; what falls into them is sent when they end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// When they begin, such as `21:00`.
    pub from: DayTime,
    /// When they end, such as `09:00`; the next day where it is not later.
    pub to: DayTime,
    /// The time zone where a person's own is not known, such as `Europe/Madrid`.
    pub time_zone: String,
    /// The column of the person's row that holds their time zone, as an IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone_column: Option<ColumnName>,
}

/// A time of day in minutes after midnight, written `09:00`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct DayTime {
    minutes: u16,
}

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time of day: write hours and minutes, such as \"09:00\"")]
pub struct InvalidDayTime(String);

impl DayTime {
    /// Minutes after midnight, 0 to 1439.
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl TryFrom<String> for DayTime {
    type Error = InvalidDayTime;

    fn try_from(text: String) -> Result<Self, InvalidDayTime> {
        let parsed = text.split_once(':').and_then(|(hours, minutes)| {
            let two = |digits: &str| {
                let plain = digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
                plain.then(|| digits.parse::<u16>().ok()).flatten()
            };
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        });
        match parsed {
            Some(minutes) => Ok(Self { minutes }),
            None => Err(InvalidDayTime(text.chars().take(40).collect())),
        }
    }
}

impl From<DayTime> for String {
    fn from(time: DayTime) -> Self {
        format!("{:02}:{:02}", time.minutes / 60, time.minutes % 60)
    }
}

/// How often one person is asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// So many invitations.
    pub invitations: u32,
    /// Within so long.
    pub within: Span,
}

/// What people may be asked for, and what their consent means for it. Consent is looked for by the address that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Who is asked.
    #[serde(default)]
    pub enforcement: Enforcement,
    /// The id of the purpose in the CRM (`msdynmkt_purposeid`). Without it consent to any purpose is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
}

/// Who is asked for a purpose.
/// Source: Microsoft Learn, "Manage consent for email and text messages in Customer Insights - Journeys".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Only who opted in.
    Restrictive,
    /// Everybody but who opted out.
    #[default]
    NonRestrictive,
    /// Everybody.
    Disabled,
}

/// Whom a rule leaves out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// Cases that were merged into another.
    Merged,
    /// Rows that anybody created but cxloop itself.
    AgentOpened,
    /// People of `internal_accounts`, and users of the CRM.
    Internal,
    /// People whose address is in `employee_domains`.
    Employees,
}

/// What happens when nobody can know whether an invitation went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// It is left at that, and shown.
    #[default]
    Skip,
    /// It is sent again: some people are asked twice.
    Resend,
}

impl SendBy {
    /// By what the person is reached; `None` where the row gets the link.
    pub fn channel(&self) -> Option<Channel> {
        match self {
            Self::Platform(message) => Some(message.by),
            Self::Email(_) => Some(Channel::Email),
            Self::Sms(_) => Some(Channel::Sms),
            Self::Column(_) => None,
        }
    }

    /// Its templates, each with its path below `send`, and whether it may name the link.
    pub fn templates(&self) -> Vec<(&'static str, &str, bool)> {
        match self {
            Self::Platform(message) => vec![("platform.subject", &message.subject, false)],
            Self::Email(message) => {
                let mut all = vec![
                    ("email.subject", message.subject.as_str(), false),
                    ("email.text", message.text.as_str(), true),
                ];
                all.extend(
                    message
                        .html
                        .as_deref()
                        .map(|html| ("email.html", html, true)),
                );
                all
            }
            Self::Sms(message) => vec![("sms.text", &message.text, true)],
            Self::Column(_) => Vec::new(),
        }
    }
}

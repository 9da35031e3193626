//! The configuration: what `cxloop.yaml` says, in the shape that decisions read.
//!
//! [`read`] turns the file into this shape or into mistakes with line and column; [`check`] holds the
//! rules that a file must keep beyond its shape.

mod checking;
mod columns;
mod connections;
mod customers;
mod reading;
mod surveys;
#[cfg(test)]
mod tests;
mod write_back;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use checking::{
    answers_of_condition, answers_of_template, check, members_of_condition, members_of_template,
};
pub use columns::{ColumnTemplate, LookupTemplate, TypedColumn};
pub use connections::{
    Connection, DynamicsConnection, QuestionMap, StandardConnection, WxmConnection,
    believes_cases_of,
};
pub use customers::Customers;
pub use reading::{Mistake, read};
pub use surveys::{
    Cap, Channel, DayTime, EmailMessage, Enforcement, Exclusion, OnUnknown, PersonPath,
    PlatformMessage, Prefill, Purpose, QuietHours, SendBy, SmsMessage, SmsService, SurveyRule,
    SurveyToSend, Surveys, WrittenPerson,
};
pub use write_back::{
    CaseNote, Computed, FieldMapping, Language, PublicComments, Shown, TimeUnit, WhenEmpty,
    WriteBack,
};

use crate::names::{ColumnName, ConnectionName, RuleName};
use crate::response::Metric;
use crate::rules;
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
    /// Where a reopened case says so.
    #[serde(default, skip_serializing_if = "ReopenColumns::is_empty")]
    pub reopen_columns: ReopenColumns,
    /// What flows back from cases to the responses that they answer. Without it nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_back: Option<WriteBack>,
    /// What sends surveys when rows of the CRM change. Without it nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surveys: Option<Surveys>,
}

/// Columns of the case that a reopening is written into, such as those that `cxloop setup dynamics` creates. A service level
/// can start from them: Dynamics itself lets a reopened case keep the result of its first closure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenColumns {
    /// A date and time: when the case was reopened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_on: Option<ColumnName>,
    /// A text: the platform's id of the response that reopened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ColumnName>,
}

impl ReopenColumns {
    fn is_empty(&self) -> bool {
        self.reopened_on.is_none() && self.response.is_none()
    }
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
    /// Further columns of the case, by the name of the column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<ColumnName, ColumnTemplate>,
}

impl CaseTemplate {
    /// Every template, with its path below the case.
    pub fn templates(&self) -> Vec<(String, &str)> {
        let optional = [
            ("description", &self.description),
            ("priority", &self.priority),
            ("queue", &self.queue),
            ("owner", &self.owner),
            ("origin", &self.origin),
            ("type", &self.case_type),
        ];
        let mut all = vec![("title".to_owned(), self.title.as_str())];
        all.extend(
            optional
                .into_iter()
                .filter_map(|(field, text)| Some((field.to_owned(), text.as_deref()?))),
        );
        for (name, column) in &self.columns {
            all.extend(
                column
                    .templates()
                    .map(|(below, text)| (format!("columns.{name}{below}"), text)),
            );
        }
        all
    }
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

    /// The columns of the customer that case rules read, in conditions and templates.
    pub fn customer_columns(&self) -> BTreeSet<ColumnName> {
        let mut named = BTreeSet::new();
        for rule in &self.case_rules {
            for variable in [rules::CRM, rules::CRM_LABEL] {
                named.extend(members_of_condition(&rule.when, variable));
                for (_, template) in rule.case.templates() {
                    named.extend(members_of_template(template, variable));
                }
            }
        }
        named
            .into_iter()
            .filter_map(|name| ColumnName::parse(name).ok())
            .collect()
    }

    /// How many requests a second may be sent to a connection, where that is limited beforehand.
    pub fn requests_per_second(&self, connection: &ConnectionName) -> Option<u32> {
        match self.connections.get(connection)? {
            Connection::Wxm(wxm) => wxm.requests_per_second.map(Into::into),
            Connection::Standard(_) | Connection::Dynamics(_) => None,
        }
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

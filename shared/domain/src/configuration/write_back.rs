//! What flows back from a case to the response that it answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::ColumnName;

/// What flows back from a case to the response that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteBack {
    /// The language of the note where it has no text of its own: `en`, `gl`, `pt` or `es`.
    #[serde(default)]
    pub language: Language,
    /// The language of the labels of choices, by Microsoft's number for it: 1033 English, 1110 Galician, 2070 Portuguese, 3082
    /// Spanish. Without it they are in the language of the application user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_language: Option<u16>,
    /// The note for people.
    #[serde(default)]
    pub note: CaseNote,
    /// Which notes, e-mails and phone calls of a case may stand in the note.
    #[serde(default)]
    pub comments: PublicComments,
    /// The fewest seconds between two writes to one response: what an agent changes meanwhile goes into one write.
    #[serde(
        default = "WriteBack::default_every_seconds",
        skip_serializing_if = "WriteBack::is_default_every_seconds"
    )]
    pub every_seconds: u16,
    /// Values for analysis, each in a program-filled question of the response.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldMapping>,
}

impl WriteBack {
    /// The fewest seconds between two writes, unless the file says otherwise.
    pub const DEFAULT_EVERY_SECONDS: u16 = 5;

    fn default_every_seconds() -> u16 {
        Self::DEFAULT_EVERY_SECONDS
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands the field over by reference"
    )]
    fn is_default_every_seconds(seconds: &u16) -> bool {
        *seconds == Self::DEFAULT_EVERY_SECONDS
    }
}

/// A language that cxloop has texts in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Galician.
    Gl,
    /// Portuguese.
    Pt,
    /// Spanish.
    Es,
}

/// The note that people read on the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseNote {
    /// Whether there is one at all.
    #[serde(default = "yes")]
    pub write: bool,
    /// A template over `ticket`, `former_ticket`, `status`, `state`, `owner`, `resolution`, `comments` and `deleted`. Without
    /// it the text is cxloop's own, in the language above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the name of the case's owner may be told.
    #[serde(default)]
    pub owner_name: bool,
}

impl Default for CaseNote {
    fn default() -> Self {
        Self {
            write: true,
            text: None,
            owner_name: false,
        }
    }
}

fn yes() -> bool {
    true
}

/// What makes a comment public. Without any of these, none is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicComments {
    /// How the subject of a public note, e-mail or phone call begins, case ignored. It is left out of what is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_starts_with: Option<String>,
    /// A column that e-mails and phone calls both have, such as `category`. Notes cannot have columns of a company's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_column: Option<ColumnName>,
    /// What stands in that column of a public e-mail or phone call: the value, or the label that people see, case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_value: Option<String>,
}

/// One value that is written into one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// The tag, short label or id of a program-filled question.
    pub question: String,
    /// The column of the case; a lookup is called `_name_value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnName>,
    /// A value that is worked out, in place of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// The unit of a computed time; whole units that are over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<TimeUnit>,
    /// What of the column is written.
    #[serde(default)]
    pub write: Shown,
    /// What becomes of the question when there is no value.
    #[serde(default)]
    pub empty: WhenEmpty,
    /// Other words for some values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// The word for a value that `map` lacks. Without it such a value is written as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

/// What is worked out of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// From the creation of the case to the first sent e-mail, made phone call or public note.
    TimeToFirstResponse,
    /// From the creation of the case to its last resolution, while it is resolved.
    TimeToClose,
    /// How often the case was made active again after a resolution.
    ReopenCount,
}

impl Computed {
    /// Whether it is a span of time, which has a unit.
    pub fn is_time(self) -> bool {
        match self {
            Self::TimeToFirstResponse | Self::TimeToClose => true,
            Self::ReopenCount => false,
        }
    }
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days of 24 hours.
    Days,
}

impl TimeUnit {
    /// How many seconds it has.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// Which form of a column's value is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// What people see of a choice, a state, a lookup or a yes or no, in the language of the application user; numbers, dates
    /// and texts as they are kept.
    #[default]
    Label,
    /// The value as it is kept: the number of a choice, the id of a lookup, `true` or `false`.
    Value,
}

/// What becomes of a question when there is no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// It is emptied too.
    #[default]
    Clear,
    /// It keeps what it holds.
    Keep,
}

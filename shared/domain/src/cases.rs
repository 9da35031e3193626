//! Cases as the business speaks of them: what is written when one is opened, and what is read of one that exists.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::columns::ColumnValue;
use crate::names::ColumnName;

/// How urgent a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before the others.
    High,
    /// The usual.
    Normal,
    /// After the others.
    Low,
}

/// What sort of matter a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseType {
    /// Someone asks.
    Question,
    /// Something is broken or went wrong.
    Problem,
    /// Someone wants something done.
    Request,
}

/// Where a case came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A call.
    Phone,
    /// A mail.
    Email,
    /// The web, surveys included.
    Web,
}

macro_rules! by_name {
    ($type:ident { $($variant:ident => $name:literal),+ }) => {
        impl $type {
            /// The names that configuration and templates may use.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The value of a name, case ignored.
            pub fn by_name(name: &str) -> Option<Self> {
                $(if name.trim().eq_ignore_ascii_case($name) { return Some(Self::$variant); })+
                None
            }

            /// The name of the value.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

by_name!(Priority { High => "high", Normal => "normal", Low => "low" });
by_name!(CaseType { Question => "question", Problem => "problem", Request => "request" });
by_name!(Origin { Phone => "phone", Email => "email", Web => "web" });

/// A row that a case can belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRef {
    /// A person.
    Contact(Uuid),
    /// A company.
    Account(Uuid),
}

/// A user or team that owns a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerRef {
    /// A system user.
    User(Uuid),
    /// A team.
    Team(Uuid),
}

/// What is known of a customer, for finding them in the CRM. At least one key is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerKeys {
    /// The customer's id in the company's systems: the surest key.
    pub external_id: Option<String>,
    /// A usable e-mail address.
    pub email: Option<String>,
    /// A normalised phone number.
    pub phone: Option<String>,
    /// The hash of an e-mail address, as `sha512:…`, where the platform keeps no address.
    pub email_hash: Option<String>,
}

impl CustomerKeys {
    /// Whether nothing is known that could find anybody.
    pub fn is_empty(&self) -> bool {
        self.external_id.is_none()
            && self.email.is_none()
            && self.phone.is_none()
            && self.email_hash.is_none()
    }
}

/// A contact to be created under a derived id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDraft {
    /// Derived from the surest key of the customer.
    pub id: Uuid,
    /// Given name, when the name had more than one word.
    pub first_name: Option<String>,
    /// Family name, or the only name, or the address.
    pub last_name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The customer's id in the company's systems.
    pub external_id: Option<String>,
}

/// A case to be opened under a derived id, with everything that goes with it in one change set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDraft {
    /// Derived from response and rule.
    pub id: Uuid,
    /// At most [`TITLE_CHARS`] characters.
    pub title: String,
    /// At most [`DESCRIPTION_CHARS`] characters.
    pub description: Option<String>,
    /// Urgency.
    pub priority: Option<Priority>,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// What sort of matter.
    pub case_type: Option<CaseType>,
    /// Further columns of the case, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<ColumnName, ColumnValue>,
    /// Whose case it is.
    pub customer: CustomerRef,
    /// The case that it is a child of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// Who is responsible, when not left to the CRM.
    pub owner: Option<OwnerRef>,
    /// The queue to put it in, with the derived id of the queue item.
    pub queue: Option<QueuePlacement>,
    /// The customer's words in full, or what the case continues.
    pub note: NoteDraft,
}

/// The longest title that Dynamics keeps (column `incident.title`), in characters.
pub const TITLE_CHARS: usize = 200;
/// The longest description that Dynamics keeps (column `incident.description`), in characters.
pub const DESCRIPTION_CHARS: usize = 2000;
/// The longest subject of a note (column `annotation.subject`), in characters.
pub const NOTE_SUBJECT_CHARS: usize = 500;
/// The longest text of a note (column `annotation.notetext`), in characters.
pub const NOTE_TEXT_CHARS: usize = 100_000;

/// A place in a queue, under a derived id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePlacement {
    /// Derived from response and rule.
    pub item: Uuid,
    /// The queue.
    pub queue: Uuid,
}

/// A note on a case, under a derived id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDraft {
    /// Derived from response and rule.
    pub id: Uuid,
    /// A line; at most [`NOTE_SUBJECT_CHARS`] characters.
    pub subject: String,
    /// Plain text; at most [`NOTE_TEXT_CHARS`] characters.
    pub text: String,
}

/// A case as the CRM has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Its id.
    pub id: Uuid,
    /// The version read, to be given back with a guarded write.
    pub etag: String,
    /// Open or not.
    pub state: CaseState,
    /// Ticket number.
    pub ticket: String,
    /// Title, for a follow-up.
    pub title: String,
    /// Whose case it is.
    pub customer: Option<CustomerRef>,
    /// The newest queue it stood in, active or not.
    pub queue: Option<Uuid>,
    /// When it was last resolved. `None` when it never was.
    pub resolved_at: Option<Timestamp>,
    /// The case that it was merged into.
    #[serde(default)]
    pub master: Option<Uuid>,
    /// The case that it is a child of.
    #[serde(default)]
    pub parent: Option<Uuid>,
    /// How many cases are children of it.
    #[serde(default)]
    pub children: u32,
}

/// How many children a case may have, and how deep they may go: one level.
/// Source: Microsoft Learn, "Create and manage parent and child cases".
const MOST_CHILDREN: u32 = 100;

impl CaseFacts {
    /// Whether another case can be made a child of it.
    pub fn takes_a_child(&self) -> bool {
        self.parent.is_none() && self.children < MOST_CHILDREN
    }
}

/// The state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Being worked on.
    Active,
    /// Solved.
    Resolved,
    /// Called off.
    Cancelled,
    /// Became part of another case.
    Merged,
}

/// A resolved case to be made active again in one change set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopening {
    /// The case.
    pub case: Uuid,
    /// The version that the decision was made on.
    pub etag: String,
    /// Says why.
    pub note: NoteDraft,
    /// Where it goes.
    pub queue: Option<QueuePlacement>,
    /// What is written into the case itself, so that reports and service levels can start from it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<ColumnName, ColumnValue>,
}

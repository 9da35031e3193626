//! The rows of the desk.

use cxloop_domain::cases::{CaseDraft, CaseState, ContactDraft, NoteDraft};
use cxloop_domain::columns::CrmColumns;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Its id.
    pub id: Uuid,
    /// Given and family name.
    pub name: String,
    /// The customer's id in the company's systems.
    pub external_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, in any spelling.
    pub phone: Option<String>,
    /// Whether it may be found.
    pub active: bool,
    /// The account that it belongs to.
    pub account: Option<Uuid>,
    /// Further columns.
    pub columns: CrmColumns,
}

impl ContactRow {
    /// An active contact with an id derived from its name, and no keys yet.
    pub fn named(name: &str) -> Self {
        Self {
            id: cxloop_domain::identity::derive("fake contact", &[name]),
            name: name.to_owned(),
            external_id: None,
            email: None,
            phone: None,
            active: true,
            account: None,
            columns: CrmColumns::new(),
        }
    }

    pub(super) fn of(draft: &ContactDraft) -> Self {
        let first_name = draft.first_name.as_deref().unwrap_or_default();
        Self {
            id: draft.id,
            name: format!("{first_name} {}", draft.last_name)
                .trim()
                .to_owned(),
            account: None,
            columns: CrmColumns::new(),
            external_id: draft.external_id.clone(),
            email: draft.email.clone(),
            phone: draft.phone.clone(),
            active: true,
        }
    }

    pub(super) fn snapshot(&self) -> Value {
        json!({
            "name": self.name,
            "external_id": self.external_id,
            "email": self.email,
            "phone": self.phone,
            "active": self.active,
        })
    }
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeCase {
    /// What it was opened with.
    pub draft: CaseDraft,
    /// Ticket number: `CAS-00001`, counting up.
    pub ticket: String,
    /// Where it stands.
    pub state: CaseState,
    /// Counts up with each change of the row.
    pub version: u32,
    /// When it was last resolved.
    pub resolved_at: Option<Timestamp>,
}

impl FakeCase {
    /// The version as the desk hands it out.
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    pub(super) fn snapshot(&self) -> Value {
        json!({ "draft": self.draft, "ticket": self.ticket, "state": self.state, "resolved_at": self.resolved_at })
    }
}

/// A note on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeNote {
    /// The case.
    pub case: Uuid,
    /// Subject and text.
    pub note: NoteDraft,
    /// When.
    pub written_at: Timestamp,
}

/// A stay of a case in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueItem {
    /// The case.
    pub case: Uuid,
    /// The queue.
    pub queue: Uuid,
    /// Whether it stands there now.
    pub active: bool,
    /// Counts up: the newest stay has the highest.
    pub order: u32,
}

//! A case with everything that can flow back from it.

use jiff::Timestamp;
use uuid::Uuid;

use super::plain_text;
use crate::cases::CaseState;
use crate::columns::{CrmColumn, CrmColumns};
use crate::configuration::PublicComments;

/// A case as the CRM has it now, with its comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRecord {
    /// Its id.
    pub id: Uuid,
    /// Counts up with each change of the row.
    pub row_version: u64,
    /// Open or not.
    pub state: CaseState,
    /// The label of its status.
    pub status: String,
    /// Ticket number.
    pub ticket: String,
    /// The name of the user or team that owns it.
    pub owner: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last resolved, while it is resolved.
    pub resolved_at: Option<Timestamp>,
    /// What the agent wrote on resolving it, while it is resolved.
    pub resolution: Option<String>,
    /// How often it was made active again after a resolution.
    pub reopen_count: u32,
    /// The case that it became part of.
    pub merged_into: Option<Uuid>,
    /// The columns that were asked for and are not empty.
    pub columns: CrmColumns,
    /// Its notes, e-mails and phone calls.
    pub comments: Vec<Comment>,
}

/// What somebody wrote about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The row's id.
    pub id: Uuid,
    /// What it is.
    pub kind: CommentKind,
    /// Its subject.
    pub subject: String,
    /// Its text, perhaps HTML.
    pub text: String,
    /// When it was created.
    pub written_at: Timestamp,
    /// Whether it was written by cxloop.
    pub is_ours: bool,
    /// Whether it went out to the customer: a sent e-mail, a phone call that was made.
    pub went_out: bool,
    /// The column that makes an activity public, where it is not empty.
    pub marker: Option<CrmColumn>,
}

/// The kinds of comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommentKind {
    /// A note.
    Note,
    /// An e-mail.
    Email,
    /// A phone call.
    PhoneCall,
}

impl CaseRecord {
    /// The comments that anybody may read, oldest first.
    pub fn public_comments(&self, public: &PublicComments) -> Vec<&Comment> {
        let mut chosen: Vec<&Comment> = self
            .comments
            .iter()
            .filter(|comment| comment.is_public(public))
            .collect();
        chosen.sort_by_key(|comment| (comment.written_at, comment.id));
        chosen
    }

    /// The first time that somebody turned to the customer: a sent e-mail, a made phone call, or a public note.
    pub fn first_response_at(&self, public: &PublicComments) -> Option<Timestamp> {
        self.comments
            .iter()
            .filter(|comment| !comment.is_ours)
            .filter(|comment| comment.went_out || comment.is_public(public))
            .map(|comment| comment.written_at)
            .min()
    }
}

impl Comment {
    /// Whether anybody may read it. Our own are never told: they say what the response says.
    pub fn is_public(&self, public: &PublicComments) -> bool {
        let by_subject = public
            .subject_starts_with
            .as_deref()
            .is_some_and(|marker| after_marker(&self.subject, marker).is_some());
        let by_column = match (&self.marker, &public.activity_value) {
            (Some(column), Some(wanted)) => holds(column, wanted),
            _ => false,
        };
        !self.is_ours && (by_subject || by_column)
    }

    /// What of it is told: its text, or the subject of one without text.
    pub fn told(&self, public: &PublicComments) -> String {
        let text = plain_text(&self.text);
        if !text.is_empty() {
            return text;
        }
        let marker = public.subject_starts_with.as_deref().unwrap_or_default();
        let subject = after_marker(&self.subject, marker).unwrap_or(&self.subject);
        plain_text(subject)
    }
}

/// What follows a marker at the beginning of a subject, case ignored.
fn after_marker<'s>(subject: &'s str, marker: &str) -> Option<&'s str> {
    let subject = subject.trim_start();
    let mut rest = subject.chars();
    for wanted in marker.trim().chars() {
        let found = rest.next()?;
        if !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(rest.as_str().trim_start())
}

fn holds(column: &CrmColumn, wanted: &str) -> bool {
    let wanted = wanted.trim().to_lowercase();
    let value = match &column.value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_it = |text: &str| text.trim().to_lowercase() == wanted;
    is_it(&value) || column.label.as_deref().is_some_and(is_it)
}

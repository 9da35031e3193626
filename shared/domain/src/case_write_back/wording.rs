//! The note that people read on the response.

use serde::Serialize;
use uuid::Uuid;

use super::{CaseRecord, Comment, digest, plain_text};
use crate::cases::CaseState;
use crate::configuration::{Language, WriteBack};
use crate::texts::{self, TemplateProblem};

/// The longest note, in UTF-16 code units. The platforms document no limit of their own.
const NOTE_CHARS: usize = 8_000;

/// What a template of the note may speak of.
const NAMES: [&str; 8] = [
    "ticket",
    "former_ticket",
    "status",
    "state",
    "owner",
    "resolution",
    "comments",
    "deleted",
];

/// What a note tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    ticket: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    former_ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    comments: Vec<String>,
    deleted: bool,
}

impl Told {
    /// What is told of a case, with the comments that are new.
    pub fn of(
        record: &CaseRecord,
        former_ticket: Option<&str>,
        new: &[&Comment],
        settings: &WriteBack,
    ) -> Self {
        Self {
            ticket: record.ticket.clone(),
            former_ticket: former_ticket.map(str::to_owned),
            status: Some(record.status.clone()),
            state: Some(match record.state {
                CaseState::Active => "active",
                CaseState::Resolved => "resolved",
                CaseState::Cancelled => "cancelled",
                CaseState::Merged => "merged",
            }),
            owner: record.owner.clone().filter(|_| settings.note.owner_name),
            resolution: record
                .resolution
                .as_deref()
                .map(plain_text)
                .filter(|text| !text.is_empty()),
            comments: new
                .iter()
                .map(|comment| comment.told(&settings.comments))
                .filter(|text| !text.is_empty())
                .collect(),
            deleted: false,
        }
    }

    /// What is told of a case that is there no more.
    pub fn gone(ticket: &str) -> Self {
        Self {
            ticket: ticket.to_owned(),
            former_ticket: None,
            status: None,
            state: None,
            owner: None,
            resolution: None,
            comments: Vec::new(),
            deleted: true,
        }
    }

    /// Stands for all of it but the comments, which are told once each.
    pub fn face(&self) -> Uuid {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        digest(&[
            &self.ticket,
            &text(&self.former_ticket),
            &text(&self.status),
            self.state.unwrap_or_default(),
            &text(&self.owner),
            &text(&self.resolution),
            if self.deleted { "deleted" } else { "there" },
        ])
    }

    /// The text, by the company's template or our own. A template that cannot be filled in here makes way for ours.
    pub fn in_words(&self, settings: &WriteBack) -> String {
        let ours = default_text(settings.language);
        let template = settings.note.text.as_deref().unwrap_or(ours);
        let text = texts::fill(template, self)
            .ok()
            .filter(|text| !text.trim().is_empty())
            .or_else(|| texts::fill(ours, self).ok())
            .unwrap_or_else(|| self.ticket.clone());
        texts::fit(text.trim(), NOTE_CHARS).0
    }
}

/// Whether a template of the note can be read and speaks only of what there is.
///
/// # Errors
/// What is wrong with it.
pub fn check_note(template: &str) -> Result<(), TemplateProblem> {
    texts::check_names(template, &NAMES)
}

fn default_text(language: Language) -> &'static str {
    match language {
        Language::En => {
            "{% if deleted %}Case {{ ticket }} was deleted.{% else %}\
             {% if former_ticket %}Case {{ former_ticket }} became part of case {{ ticket }}: {{ status }}.\
             {% else %}Case {{ ticket }}: {{ status }}.{% endif %}\
             {% if owner %} In the hands of {{ owner }}.{% endif %}\
             {% if resolution %}\nWhat was done: {{ resolution }}{% endif %}\
             {% for comment in comments %}\n– {{ comment }}{% endfor %}{% endif %}"
        }
        Language::Gl => {
            "{% if deleted %}O caso {{ ticket }} foi eliminado.{% else %}\
             {% if former_ticket %}O caso {{ former_ticket }} pasou a formar parte do caso {{ ticket }}: {{ status }}.\
             {% else %}Caso {{ ticket }}: {{ status }}.{% endif %}\
             {% if owner %} Lévao {{ owner }}.{% endif %}\
             {% if resolution %}\nO que se fixo: {{ resolution }}{% endif %}\
             {% for comment in comments %}\n– {{ comment }}{% endfor %}{% endif %}"
        }
        Language::Pt => {
            "{% if deleted %}O caso {{ ticket }} foi eliminado.{% else %}\
             {% if former_ticket %}O caso {{ former_ticket }} passou a fazer parte do caso {{ ticket }}: {{ status }}.\
             {% else %}Caso {{ ticket }}: {{ status }}.{% endif %}\
             {% if owner %} Está com {{ owner }}.{% endif %}\
             {% if resolution %}\nO que foi feito: {{ resolution }}{% endif %}\
             {% for comment in comments %}\n– {{ comment }}{% endfor %}{% endif %}"
        }
        Language::Es => {
            "{% if deleted %}El caso {{ ticket }} fue eliminado.{% else %}\
             {% if former_ticket %}El caso {{ former_ticket }} pasó a formar parte del caso {{ ticket }}: {{ status }}.\
             {% else %}Caso {{ ticket }}: {{ status }}.{% endif %}\
             {% if owner %} Lo lleva {{ owner }}.{% endif %}\
             {% if resolution %}\nLo que se hizo: {{ resolution }}{% endif %}\
             {% for comment in comments %}\n– {{ comment }}{% endfor %}{% endif %}"
        }
    }
}

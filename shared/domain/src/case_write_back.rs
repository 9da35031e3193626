//! What is written back to a response when its case changed: compared with what was written last, only what differs.
//!
//! One item for each response and case, [`WriteBackState`], holds what was written, what is being written, and who comes back
//! for the changes that come too soon after the last look ([`turn`]).

mod course;
mod following;
mod plain_text;
mod record;
mod steps;
#[cfg(test)]
mod tests;
mod values;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::configuration::WriteBack;
use crate::identity;
use crate::names::ResponseKey;
use crate::record_changed::RecordChanged;

pub use course::{FollowUp, Turn, begun, busy, turn};
pub use following::{Follower, Followers, MOST_FOLLOWERS, followers_key};
pub use plain_text::plain_text;
pub use record::{CaseRecord, Comment, CommentKind};
pub use steps::{failed_step, not_supported_step, recovered_step, written_steps};
pub use values::{FieldChange, field_change};
pub use wording::{Told, check_note};

/// The `operation` of a change that a person had run again: what was refused before is tried anew.
pub const REPLAY: &str = "replay";

/// The key of the item of a response and a case.
pub fn state_key(response: &ResponseKey, case: Uuid) -> String {
    format!("write-back/{response}/{case}")
}

/// What is known of the write-backs of one case to one response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteBackState {
    /// When the case was last looked at for this response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    /// Who comes back for what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// What the response holds.
    #[serde(default)]
    pub written: Written,
    /// What is being written. Whoever finds it carries it out before looking again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended: Option<Intended>,
}

/// What a response holds of a case. Digests in place of texts: what the CRM owns stays there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// How often something was written.
    pub count: u64,
    /// The row that was read: the case, or the one that it was merged into.
    pub row: Option<Uuid>,
    /// The version of that row.
    pub row_version: u64,
    /// Its ticket number, for the time when the row is gone.
    pub ticket: Option<String>,
    /// Digest of what the last note told.
    pub face: Option<Uuid>,
    /// The comments that were told.
    pub told: BTreeSet<Uuid>,
    /// Digest of what was written last into each question.
    pub fields: BTreeMap<String, Uuid>,
    /// What the platform refused: questions, [`NOTE`] for the note, [`WHOLE`] for all of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refused: BTreeSet<String>,
    /// How often each of these went through after it had been refused. It is part of the key under which a refusal is shown, so
    /// that a later one is shown too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recovered: BTreeMap<String, u64>,
    /// When somebody first turned to the customer. Kept, because later comments push the first ones out of what is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_at: Option<Timestamp>,
}

impl Written {
    /// How often a part went through after it had been refused.
    fn recoveries(&self, part: &str) -> u64 {
        self.recovered.get(part).copied().unwrap_or_default()
    }

    /// Notes that a part was written: where it had been refused, that is over.
    pub fn recover(&mut self, part: &str) {
        if self.refused.remove(part) {
            *self.recovered.entry(part.to_owned()).or_default() += 1;
        }
    }
}

/// The name of the note among what was refused. No question can be called so: names of questions are trimmed.
pub const NOTE: &str = " note";

/// The name under which it stands that a write-back was refused as a whole.
pub const WHOLE: &str = " whole";

/// One write to a response, stored before it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intended {
    /// The note, where there is one to write.
    pub note: Option<IntendedNote>,
    /// Texts for questions; `None` empties one.
    pub fields: BTreeMap<String, Option<String>>,
    /// The ticket that the loop's page speaks of.
    pub ticket: String,
    /// The status in words; none when the case is gone.
    pub status: Option<String>,
    /// How many comments the note tells.
    pub comments: usize,
    /// What the response holds afterwards.
    pub after: Written,
}

/// A note with the marker by which a repeat finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntendedNote {
    /// Stands in the text.
    pub marker: String,
    /// The text.
    pub text: String,
}

/// The case as it is now.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'s> {
    /// Its row, or that of the case it was merged into.
    There {
        /// The row.
        record: &'s CaseRecord,
        /// The ticket that it had before it was merged.
        former_ticket: Option<&'s str>,
    },
    /// Nowhere: it was deleted.
    Gone,
}

/// What a decision is about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What flows back.
    pub settings: &'a WriteBack,
    /// To which response.
    pub response: &'a ResponseKey,
    /// From which case, by the id that the response's loop knows.
    pub case: Uuid,
    /// What the response holds.
    pub written: &'a Written,
    /// A person asked for what was refused to be tried again.
    pub again: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The response holds all of it.
    Nothing,
    /// The row is older than the one that was written: whoever read it has to look again, unless a person asked to go on
    /// from it, because the organisation was set back.
    Outdated,
    /// This is written.
    Write(Box<Intended>),
}

/// Whether a response holds the very version of the row that a change tells of: what the sweep finds has mostly been told by
/// a webhook already, and then nobody needs to read the row again.
pub fn is_known(state: &WriteBackState, change: &RecordChanged) -> bool {
    state.intended.is_none()
        && state.written.row == Some(change.record.id)
        && change
            .row_version
            .is_some_and(|version| version <= state.written.row_version)
}

/// What of the case the response does not hold yet.
pub fn decide(asked: &Asked<'_>, seen: &Seen<'_>) -> Decision {
    match seen {
        Seen::There { record, .. }
            if asked.written.row == Some(record.id)
                && record.row_version < asked.written.row_version
                && !asked.again =>
        {
            Decision::Outdated
        }
        Seen::There {
            record,
            former_ticket,
        } => write(asked, there(asked, record, *former_ticket)),
        Seen::Gone => write(asked, gone(asked)),
    }
}

/// What a response should hold, and what of it is new.
struct Wanted {
    told: Told,
    ticket: String,
    status: Option<String>,
    new_comments: BTreeSet<Uuid>,
    fields: BTreeMap<String, Option<String>>,
    after: Written,
}

fn there(asked: &Asked<'_>, record: &CaseRecord, former_ticket: Option<&str>) -> Wanted {
    let (settings, written) = (asked.settings, asked.written);
    let public = record.public_comments(&settings.comments);
    let new: Vec<&Comment> = public
        .iter()
        .copied()
        .filter(|comment| !written.told.contains(&comment.id))
        .collect();
    let first_response_at = [
        written.first_response_at,
        record.first_response_at(&settings.comments),
    ];
    let first_response_at = first_response_at.into_iter().flatten().min();
    let mut after = Written {
        first_response_at,
        row: Some(record.id),
        row_version: record.row_version,
        ticket: Some(record.ticket.clone()),
        ..written.clone()
    };
    let mut fields = BTreeMap::new();
    for mapping in &settings.fields {
        let text = match field_change(mapping, record, first_response_at) {
            FieldChange::Keep => continue,
            FieldChange::Clear => None,
            FieldChange::Set(text) => Some(text),
        };
        let question = mapping.question.trim().to_owned();
        let digest = digest(&[
            text.as_deref().unwrap_or_default(),
            if text.is_some() { "set" } else { "clear" },
        ]);
        let is_refused = written.refused.contains(&question);
        if written.fields.get(&question) != Some(&digest) || (asked.again && is_refused) {
            fields.insert(question.clone(), text);
        }
        after.fields.insert(question, digest);
    }
    Wanted {
        told: Told::of(record, former_ticket, &new, settings),
        ticket: record.ticket.clone(),
        status: Some(record.status.clone()),
        new_comments: new.iter().map(|comment| comment.id).collect(),
        fields,
        after,
    }
}

/// The fields keep what they hold: it is the last that was known.
fn gone(asked: &Asked<'_>) -> Wanted {
    let ticket = asked.written.ticket.clone().unwrap_or_default();
    Wanted {
        told: Told::gone(&ticket),
        ticket,
        status: None,
        new_comments: BTreeSet::new(),
        fields: BTreeMap::new(),
        after: asked.written.clone(),
    }
}

fn write(asked: &Asked<'_>, wanted: Wanted) -> Decision {
    let (settings, written) = (asked.settings, asked.written);
    let mut after = wanted.after;
    let face = wanted.told.face();
    let tells_more = written.face != Some(face) || !wanted.new_comments.is_empty();
    let again = asked.again && written.refused.contains(NOTE);
    let note = (settings.note.write && (tells_more || again)).then(|| {
        let text = wanted.told.in_words(settings);
        let marker = marker(asked, written.count, &text);
        let text = format!("{} [cxloop {marker}]", text.trim());
        IntendedNote { marker, text }
    });
    let comments = if note.is_some() {
        wanted.new_comments.len()
    } else {
        0
    };
    if note.is_some() {
        after.face = Some(face);
        after.told.extend(wanted.new_comments);
    }
    if note.is_none() && wanted.fields.is_empty() {
        return Decision::Nothing;
    }
    after.count += 1;
    Decision::Write(Box::new(Intended {
        note,
        fields: wanted.fields,
        ticket: wanted.ticket,
        status: wanted.status,
        comments,
        after,
    }))
}

/// Equal for a repeat of the same write, and another for each later one, also when the case is back where it was.
fn marker(asked: &Asked<'_>, count: u64, text: &str) -> String {
    let parts = [
        asked.response.to_string(),
        asked.case.to_string(),
        count.to_string(),
        text.to_owned(),
    ];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let id = identity::derive("write-back note", &parts);
    id.simple().to_string()[..12].to_owned()
}

/// Stands for texts that are not kept.
fn digest(parts: &[&str]) -> Uuid {
    identity::derive("written back", parts)
}

/// What the platform made of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Why parts of it were refused: questions, and [`NOTE`] for the note.
    pub refused: BTreeMap<String, String>,
}

impl Intended {
    /// Everything that was to be written, by the names that refusals have.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let note = self.note.as_ref().map(|_| NOTE);
        note.into_iter()
            .chain(self.fields.keys().map(String::as_str))
    }

    /// What the response holds when the platform has made this of the write. What was refused is not tried again while its
    /// value stays, unless a person asks for it.
    pub fn settled(&self, settled: &Settled) -> Written {
        let mut after = self.after.clone();
        for part in self.parts() {
            if settled.refused.contains_key(part) {
                after.refused.insert(part.to_owned());
            } else {
                after.recover(part);
            }
        }
        after
    }
}

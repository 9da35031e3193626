//! How far the CRM's changes are known, and what is read next: the reading that finds what no webhook told of.
//!
//! The service remembers what changed since a link that it gave, for some days. Where it does not, or has forgotten, the
//! rows that changed since a moment are read by the time of their last change. A reading goes on where it was left, and a
//! page counts as read only when all of its changes were told.

pub mod failed_jobs;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::address_index::IndexName;
use crate::configuration::Configuration;
use crate::names::{ColumnName, ConnectionName};
use crate::record_changed::{Change, Record, RecordChanged};
use crate::survey_trigger;

/// How often changes are looked for, in minutes.
pub const EVERY_MINUTES: i64 = 5;
/// How much of the past is read again: clocks differ, and rows are seen only when their transaction ends.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// How long a table counts as one of which the service keeps no changes, before that is asked again.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// How far back the very first reading tells: what changed before there was anybody to tell is nobody's loss.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(1);

/// How far the changes of one table are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Every change before this was told.
    pub complete_until: Option<Timestamp>,
    /// Where the service goes on telling changes. `None` when it has never said, or the table keeps none.
    #[serde(default)]
    pub link: Option<String>,
    /// Since when the service has said that it keeps no changes of this table. After a day it is asked again.
    #[serde(default)]
    pub untracked: Option<Timestamp>,
    /// The reading that is under way.
    #[serde(default)]
    pub reading: Option<Reading>,
}

/// A reading under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it began.
    pub began_at: Timestamp,
    /// What it reads.
    pub what: What,
    /// The address of its next page; the first page, when nothing is said.
    #[serde(default)]
    pub next: Option<String>,
}

/// What a reading reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Every row, so that the service gives a link at its end. Only those that changed since are told.
    Everything {
        /// Since when.
        told_since: Timestamp,
    },
    /// What changed since a link.
    Link(String),
    /// The rows whose last change is not before a moment.
    ChangedSince(Timestamp),
}

/// A row that a reading found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    /// The row.
    pub id: Uuid,
    /// When it changed last. `None` when nobody says.
    pub changed_at: Option<Timestamp>,
    /// Which of its versions this is; counts up with every change. `None` when nobody says.
    pub version: Option<u64>,
    /// The row that it belongs to, such as the case of a note.
    pub about: Option<Record>,
    /// Whether it was deleted.
    pub gone: bool,
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Another page, at this address.
    Page(String),
    /// Nothing. With the link where changes go on, where the table keeps them.
    End(Option<String>),
}

impl Checkpoint {
    /// The reading to go on with, or `None` while nothing is due.
    pub fn due(&self, now: Timestamp) -> Option<Reading> {
        if let Some(reading) = &self.reading {
            return Some(reading.clone());
        }
        let due = self.complete_until.is_none_or(|until| {
            now.duration_since(until) >= SignedDuration::from_mins(EVERY_MINUTES)
        });
        due.then(|| Reading {
            began_at: now,
            what: match &self.link {
                Some(link) => What::Link(link.clone()),
                None if self.is_untracked(now) => What::ChangedSince(self.told_since(now)),
                None => What::Everything {
                    told_since: self.told_since(now),
                },
            },
            next: None,
        })
    }

    fn is_untracked(&self, now: Timestamp) -> bool {
        self.untracked
            .is_some_and(|since| now.duration_since(since) < ASKED_AGAIN)
    }

    fn told_since(&self, now: Timestamp) -> Timestamp {
        match self.complete_until {
            Some(until) => until.checked_sub(OVERLAP).unwrap_or(until),
            None => now.checked_sub(FIRST_LOOK).unwrap_or(now),
        }
    }

    /// The checkpoint when the service says that it keeps no changes of the table: the next reading goes by time.
    #[must_use]
    pub fn not_tracked(&self, now: Timestamp) -> Self {
        Self {
            complete_until: self.complete_until,
            link: None,
            untracked: Some(now),
            reading: None,
        }
    }

    /// The checkpoint when the service has forgotten a link or page that it gave: the next reading begins anew and tells
    /// what changed since the last one that came to its end.
    #[must_use]
    pub fn forgotten(&self) -> Self {
        // Of the very first reading it is not known yet that anything is complete, and the hour that it looks back passes.
        let first_looks_back_to = match self.reading.as_ref().map(|reading| &reading.what) {
            Some(What::Everything { told_since: since } | What::ChangedSince(since)) => {
                since.checked_add(OVERLAP).ok()
            }
            Some(What::Link(_)) | None => None,
        };
        Self {
            complete_until: self.complete_until.or(first_looks_back_to),
            link: None,
            untracked: self.untracked,
            reading: None,
        }
    }

    /// The checkpoint after a page of which every change was told.
    #[must_use]
    pub fn after_page(&self, reading: &Reading, after: After) -> Self {
        match after {
            After::Page(next) => Self {
                reading: Some(Reading {
                    next: Some(next),
                    ..reading.clone()
                }),
                ..self.clone()
            },
            After::End(link) => Self {
                complete_until: Some(reading.began_at),
                untracked: match (&link, &reading.what) {
                    (Some(_), _) => None,
                    (None, What::ChangedSince(_)) => self.untracked,
                    (None, _) => Some(reading.began_at),
                },
                link,
                reading: None,
            },
        }
    }
}

impl Reading {
    /// Whether a row that it found is told: one that was gone or changed since the reading's moment.
    pub fn tells(&self, row: &FoundRow) -> bool {
        match &self.what {
            What::Everything { told_since } => {
                row.gone || row.changed_at.is_none_or(|changed| changed >= *told_since)
            }
            What::Link(_) | What::ChangedSince(_) => true,
        }
    }
}

/// The tables whose rows are about a case, and of which nobody knows the case once they are gone.
const COMMENTS: [&str; 4] = ["annotation", "email", "phonecall", "task"];

/// Whether anybody can do something about a row: of a note or an activity that is gone nobody knows the case any more.
pub fn matters(table: &ColumnName, row: &FoundRow) -> bool {
    !row.gone || row.about.is_some() || !COMMENTS.contains(&table.as_str())
}

/// What is told of a row that was found. Equal for each time that the same version of it is found.
pub fn found(
    connection: &ConnectionName,
    table: &ColumnName,
    row: &FoundRow,
    now: Timestamp,
) -> RecordChanged {
    let change = if row.gone {
        Change::Deleted
    } else {
        Change::Found
    };
    let operation = match (row.gone, row.version) {
        (true, _) => "gone".to_owned(),
        (false, Some(version)) => format!("version {version}"),
        (false, None) => format!("found {now}"),
    };
    RecordChanged {
        version: 1,
        connection: connection.clone(),
        record: Record {
            table: table.clone(),
            id: row.id,
        },
        change,
        about: row.about.clone(),
        columns: std::collections::BTreeSet::new(),
        happened_at: row.changed_at.unwrap_or(now),
        operation,
        inbox_id: None,
        row_version: row.version,
    }
}

/// Whether a reading of changes found what is told, and neither a webhook nor a person.
pub fn is_found_by_looking(event: &RecordChanged) -> bool {
    event.change == Change::Found && event.row_version.is_some()
}

/// The tables whose changes matter: cases, and what people write on them, where any of it flows back; and those whose rows
/// send surveys.
pub fn tables(configuration: &Configuration) -> Vec<ColumnName> {
    if configuration.dynamics().is_none() {
        return Vec::new();
    }
    let of_cases = ["incident"].into_iter().chain(COMMENTS);
    let flows_back = configuration.write_back.is_some();
    let mut found: Vec<ColumnName> = of_cases
        .filter(|_| flows_back)
        .map(|table| table.parse().expect("a table's name"))
        .collect();
    let watched = configuration
        .surveys
        .iter()
        .flat_map(survey_trigger::tables);
    for table in watched {
        if !found.contains(&table) {
            found.push(table);
        }
    }
    found
}

/// The key of the checkpoint of a table of the organisation at `url`: a connection that is led elsewhere begins anew.
pub fn checkpoint_key(connection: &ConnectionName, url: &str, table: &ColumnName) -> String {
    format!("{}/{table}", IndexName::of(connection, url))
}

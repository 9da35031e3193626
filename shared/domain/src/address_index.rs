//! How far the index of hashed e-mail addresses is, and what is read next to bring it up to date.
//!
//! The CRM's contacts are read once, page by page, and after that those that changed. An entry that is out of date does
//! no harm, because whoever is found by it is read and hashed again; entries expire, and a new whole reading in good
//! time keeps those alive that still stand.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::ConnectionName;

/// How long a reading counts as up to date: a contact that was created later than this ago may be missed by hash.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How much of the past is read again with each reading of changes: clocks differ, and rows are seen only when their
/// transaction ends.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// How long after a whole reading the next one begins.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long an entry is kept after it was read, in days: twice as long as a whole reading is apart, and some more.
pub const ENTRY_DAYS: u32 = 200;

/// How often a reading begins anew because a following page is refused, before that counts as refused for good.
const MOST_BEGINNINGS: u32 = 3;

/// Whose addresses an index holds: those of the organisation that a connection leads to. A connection that is led to
/// another organisation has another index, and never finds the contacts of the one before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexName(String);

impl IndexName {
    /// The index of the organisation at `url`, of which only the host and port count.
    pub fn of(connection: &ConnectionName, url: &str) -> Self {
        let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = behind_scheme
            .split(['/', '?', '#'])
            .next()
            .unwrap_or_default();
        Self(format!("{connection}@{}", host.to_ascii_lowercase()))
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far the index of one algorithm is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When the last whole reading that came to its end began.
    pub whole_at: Option<Timestamp>,
    /// Every contact that changed before this is in.
    pub complete_until: Option<Timestamp>,
    /// The reading that is under way.
    pub reading: Option<Reading>,
}

/// A reading under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it began.
    pub began_at: Timestamp,
    /// Contacts that changed since then; all, when nothing is said.
    pub since: Option<Timestamp>,
    /// The address of its next page; the first page, when nothing is said.
    pub next: Option<String>,
    /// How often a following page was refused and the reading began anew.
    #[serde(default)]
    pub begun_anew: u32,
}

impl Progress {
    /// The reading to go on with, or `None` while the index is up to date.
    pub fn due(&self, now: Timestamp) -> Option<Reading> {
        if let Some(reading) = &self.reading {
            return Some(reading.clone());
        }
        let older = |moment: Timestamp, than: SignedDuration| now.duration_since(moment) >= than;
        let whole = self.whole_at.is_none_or(|at| older(at, WHOLE_EVERY));
        let stale = self.complete_until.is_none_or(|at| older(at, FRESH));
        let since = self
            .complete_until
            .filter(|_| !whole)
            .map(|at| at.checked_sub(OVERLAP).unwrap_or(at));
        (whole || stale).then_some(Reading {
            began_at: now,
            since,
            next: None,
            begun_anew: 0,
        })
    }

    /// The progress when a page after the first is refused, as the service does with the address of a page that it
    /// gave too long ago; and whether the reading is worth beginning anew. When it is not, none is under way, so that
    /// whoever comes next has a fresh one.
    #[must_use]
    pub fn after_refusal(&self, reading: &Reading) -> (Self, bool) {
        let again = reading.begun_anew < MOST_BEGINNINGS;
        let reading = again.then(|| Reading {
            next: None,
            begun_anew: reading.begun_anew + 1,
            ..reading.clone()
        });
        let progress = Self {
            reading,
            ..self.clone()
        };
        (progress, again)
    }

    /// The progress after a page of a reading whose following page is `next`.
    #[must_use]
    pub fn after_page(&self, reading: &Reading, next: Option<String>) -> Self {
        match next {
            Some(next) => Self {
                reading: Some(Reading {
                    next: Some(next),
                    ..reading.clone()
                }),
                ..self.clone()
            },
            None => Self {
                whole_at: match reading.since {
                    None => Some(reading.began_at),
                    Some(_) => self.whole_at,
                },
                complete_until: Some(reading.began_at),
                reading: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_connection_that_leads_elsewhere_has_another_index() {
        let name = |connection: &str, url| IndexName::of(&connection.parse().unwrap(), url);
        let here = name("dynamics", "https://contoso.crm4.dynamics.com");
        assert_eq!(here.to_string(), "dynamics@contoso.crm4.dynamics.com");
        assert_eq!(name("dynamics", "https://Contoso.crm4.dynamics.com/"), here);
        assert_ne!(name("dynamics", "https://proba.crm4.dynamics.com"), here);
        assert_ne!(name("another", "https://contoso.crm4.dynamics.com"), here);
    }

    #[test]
    fn a_reading_whose_following_page_is_refused_begins_anew_and_not_for_ever() {
        let began = time("2026-11-22T10:00:00Z");
        let first = Progress::default().due(began).unwrap();
        let mut progress = Progress::default().after_page(&first, Some("page 2".to_owned()));
        for beginning in 1..=MOST_BEGINNINGS {
            let reading = progress.due(began).unwrap();
            let (anew, again) = progress.after_refusal(&reading);
            assert!(again, "{beginning}");
            let reading = anew.due(began).unwrap();
            assert_eq!((reading.next.as_deref(), reading.since), (None, None));
            progress = anew.after_page(&reading, Some("page 2".to_owned()));
        }
        let reading = progress.due(began).unwrap();
        let (given_up, again) = progress.after_refusal(&reading);
        assert!(!again);
        let fresh = given_up.due(began).unwrap();
        assert_eq!((fresh.next, fresh.begun_anew), (None, 0));
    }

    #[test]
    fn contacts_are_read_once_and_after_that_those_that_changed() {
        let began = time("2026-11-22T10:00:00Z");
        let first = Progress::default().due(began).unwrap();
        assert_eq!((first.since, first.next.as_deref()), (None, None));

        let halfway = Progress::default().after_page(&first, Some("page 2".to_owned()));
        let later = time("2026-11-22T10:20:00Z");
        let second = halfway.due(later).unwrap();
        assert_eq!(second.next.as_deref(), Some("page 2"));
        assert_eq!(
            second.began_at, began,
            "what changed since then may be missing"
        );

        let done = halfway.after_page(&second, None);
        assert_eq!(done.complete_until, Some(began));
        assert_eq!(done.due(time("2026-11-22T10:09:59Z")), None);
        let changes = done.due(later).unwrap();
        assert_eq!(changes.since, Some(time("2026-11-22T09:45:00Z")));
        let up_to_date = done.after_page(&changes, None);
        assert_eq!(up_to_date.whole_at, Some(began));
        assert_eq!(up_to_date.due(later), None);
        assert_eq!(
            up_to_date.due(time("2027-02-20T10:00:00Z")).unwrap().since,
            None,
            "entries that still stand are written again before they expire"
        );
    }
}

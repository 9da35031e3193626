//! Which responses a survey platform is asked for, because it may not have told of them.
//!
//! It is asked, every few minutes, for what its own rules choose that tell us: a response that none of them is about is
//! nobody's, and one that none of them told of is told by the sweep under the rule's name. A response counts as told when it
//! has a loop.

use jiff::{SignedDuration, Timestamp};

use crate::address_index::IndexName;
use crate::changed_records::{After, Reading, What};
use crate::names::ConnectionName;

/// How long a response may be on its way by webhook before it counts as untold.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// The moments between which a reading asks for responses.
pub fn window(reading: &Reading) -> (Timestamp, Timestamp) {
    let since = match &reading.what {
        What::Everything { told_since } | What::ChangedSince(told_since) => *told_since,
        // No platform gives a link.
        What::Link(_) => reading.began_at,
    };
    // What was too young for the last reading is not lost: a quarter of an hour is read again.
    let until = reading.began_at.checked_sub(PATIENCE);
    (since, until.unwrap_or(reading.began_at))
}

/// How far a reading is: which of the rules, and which page of what it chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The rule, counted from 0. When somebody changes the rules meanwhile, what is left out is found by the next reading.
    pub rule: usize,
    /// The page.
    pub page: u32,
}

impl Place {
    /// Where a reading goes on.
    pub fn of(reading: &Reading) -> Self {
        let place = reading.next.as_deref().and_then(|next| {
            let (rule, page) = next.split_once('/')?;
            Some(Self {
                rule: rule.parse().ok()?,
                page: page.parse().ok()?,
            })
        });
        place.unwrap_or_default()
    }

    /// What comes after this place: the next page of the same rule, the first of the next of so many rules, or nothing.
    pub fn after(self, next_page: Option<u32>, rules: usize) -> After {
        match next_page {
            Some(page) => After::Page(format!("{}/{page}", self.rule)),
            None if self.rule + 1 < rules => After::Page(format!("{}/0", self.rule + 1)),
            None => After::End(None),
        }
    }
}

/// The key of the checkpoint of a connection. One that is led to another account begins anew.
pub fn checkpoint_key(connection: &ConnectionName, url: &str) -> String {
    format!("{}/responses", IndexName::of(connection, url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changed_records::Checkpoint;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_too_young_for_one_reading_is_in_the_next() {
        let (first, second) = (time("2026-11-22T10:00:00Z"), time("2026-11-22T10:05:00Z"));
        let checkpoint = Checkpoint::default();
        let reading = checkpoint.due(first).unwrap();
        let (since, until) = window(&reading);
        assert_eq!(since, time("2026-11-22T09:00:00Z"));
        assert_eq!(until, time("2026-11-22T09:55:00Z"));
        let checkpoint = checkpoint.after_page(&reading, After::End(None));
        let (since, _) = window(&checkpoint.due(second).unwrap());
        assert!(since <= until, "{since}");
    }

    #[test]
    fn a_reading_goes_through_the_pages_of_every_rule() {
        let mut reading = Checkpoint::default()
            .due(time("2026-11-22T10:00:00Z"))
            .unwrap();
        let mut seen = Vec::new();
        loop {
            let place = Place::of(&reading);
            seen.push((place.rule, place.page));
            let next_page = (place.rule == 0 && place.page < 2).then_some(place.page + 1);
            match place.after(next_page, 2) {
                After::Page(next) => reading.next = Some(next),
                After::End(_) => break,
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 0)]);
        reading.next = Some("of another version".to_owned());
        assert_eq!(Place::of(&reading), Place::default());
    }
}

//! Whether a row reached the state of a rule.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::row::{SeenRow, is_one_of};
use crate::columns::CrmColumn;
use crate::configuration::SurveyRule;
use crate::identity;
use crate::names::{ColumnName, ConnectionName, RuleName};
use crate::record_changed::{Change, Record, RecordChanged};

/// By how much the clock of the CRM, which says when a change happened, may be ahead of ours, which says when a row was read.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(5);

/// What was last seen of a row: stored under [`watch_key`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The version of the row that was seen.
    pub row_version: u64,
    /// What the watched columns held: value and label; `None` for an empty one.
    pub columns: BTreeMap<ColumnName, Option<CrmColumn>>,
    /// How often the row has reached the state of each rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reached: BTreeMap<RuleName, u32>,
    /// Rules whose state the row was in at the first look, without anybody saying that it had just reached it, and the moment
    /// of that look, by our clock. Of two changes the one that says so may come last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub untold_at: BTreeMap<RuleName, Timestamp>,
    /// What is still to be begun: stored together with what was seen, so that no death in between loses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
}

/// An occurrence whose invitation is still to be begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The rule.
    pub rule: RuleName,
    /// How often the row has reached the rule's state with this time, from 1.
    pub occurrence: u32,
    /// When it happened, by the clock of the CRM.
    pub at: Timestamp,
}

impl Pending {
    /// The invitation of this occurrence: one for ever.
    pub fn invitation(&self, connection: &ConnectionName, record: &Record) -> Uuid {
        identity::derive(
            "invitation",
            &[
                connection.as_str(),
                record.table.as_str(),
                &record.id.to_string(),
                self.rule.as_str(),
                &self.occurrence.to_string(),
            ],
        )
    }
}

/// The key under which a row's [`Watched`] is stored.
pub fn watch_key(connection: &ConnectionName, record: &Record) -> String {
    format!("watched/{connection}/{}/{}", record.table, record.id)
}

/// What came of looking at a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// Nothing that has to be stored.
    Same,
    /// This is what was seen now, with what is to be begun.
    Next(Watched),
    /// The CRM answered with an older version of the row than it had given before.
    Outdated,
}

/// Holds a row, read at `now`, against what was seen of it before, and against the rules of its table.
///
/// A row that is seen for the first time reached a state only if somebody says so: it was created now, or the change names the
/// column, be it by a message that comes late and tells of what happened before that look. What the sweep finds first is only
/// remembered, because its state may be years old.
pub fn observe(
    rules: &[&SurveyRule],
    before: Option<&Watched>,
    row: &SeenRow,
    event: &RecordChanged,
    now: Timestamp,
) -> Observed {
    if let Some(before) = before
        && row.row_version < before.row_version
    {
        return Observed::Outdated;
    }
    let mut next = before.cloned().unwrap_or_default();
    next.row_version = row.row_version;
    for rule in rules {
        let mut held = row.columns.get(rule.column.as_str()).cloned();
        if row.tables.contains_key(rule.column.as_str())
            && let Some(lookup) = &mut held
        {
            // The label of a lookup is somebody's name.
            lookup.label = None;
        }
        let known = before.and_then(|before| before.columns.get(&rule.column));
        let is_in = row.is_one_of(&rule.column, &rule.to);
        let told = is_in && is_told_late(rule, before, event);
        if told || (is_in && has_reached(rule, known, row, event)) {
            next.untold_at.remove(&rule.name);
            let reached = next.reached.entry(rule.name.clone()).or_default();
            *reached += 1;
            next.pending.push(Pending {
                rule: rule.name.clone(),
                occurrence: *reached,
                at: event.happened_at,
            });
        } else if !is_in {
            next.untold_at.remove(&rule.name);
        } else if known.is_none() {
            next.untold_at.insert(rule.name.clone(), now);
        }
        next.columns.insert(rule.column.clone(), held);
    }
    if before == Some(&next) {
        return Observed::Same;
    }
    Observed::Next(next)
}

/// Whether a row that is in the state of a rule has come there with this change.
fn has_reached(
    rule: &SurveyRule,
    known: Option<&Option<CrmColumn>>,
    row: &SeenRow,
    event: &RecordChanged,
) -> bool {
    match known {
        Some(before) => {
            let now = row.columns.get(rule.column.as_str());
            let moved =
                before.as_ref().map(|column| &column.value) != now.map(|column| &column.value);
            moved && (rule.from.is_empty() || is_one_of(before.as_ref(), &rule.from))
        }
        None if event.change == Change::Created => rule.from.is_empty(),
        None => names(event, &rule.column),
    }
}

/// Whether a change that happened before the first look says only now that it brought the row into the state. The row may have
/// been written again since: its version says nothing about this change.
fn is_told_late(rule: &SurveyRule, before: Option<&Watched>, event: &RecordChanged) -> bool {
    let first_look = before.and_then(|before| before.untold_at.get(&rule.name));
    let is_older = |look: &Timestamp| event.happened_at.duration_since(*look) <= CLOCKS_DIFFER;
    let says_so = match event.change {
        Change::Created => rule.from.is_empty(),
        _ => names(event, &rule.column),
    };
    says_so && first_look.is_some_and(is_older)
}

/// Whether a change says that a column was written. The messages made for a state name no columns and write these two.
fn names(event: &RecordChanged, column: &ColumnName) -> bool {
    let sets_state = matches!(event.change, Change::Closed | Change::StateSet);
    let is_state = matches!(column.as_str(), "statecode" | "statuscode");
    let is_named = |named: &ColumnName| {
        // A lookup is written under its name and read under another.
        let read_as = format!("_{named}_value");
        named == column || read_as == column.as_str()
    };
    event.columns.iter().any(is_named) || (sets_state && is_state)
}

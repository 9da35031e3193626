//! What is seen of the traffic between the functions.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cxloop_domain::names::ConnectionName;
use cxloop_domain::record_changed::OWN_TAG;
use cxloop_domain::webhooks::inbox_id;
use serde_json::Value;

use crate::outside::Published;

/// Counts what is on its way, and tells what follows from the functions' own writes.
#[derive(Default)]
pub struct Watch {
    begun: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
    seen: Mutex<Seen>,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Webhooks of Dynamics about what people did.
    pub webhooks_of_people: u64,
    /// Webhooks of Dynamics about what the functions wrote themselves.
    pub webhooks_of_own_writes: u64,
    /// Changes that the bus was told because of a webhook about what people did.
    pub changes_of_people: u64,
    /// Changes that the bus was told because of a webhook about an own write: the beginning of an echo.
    pub changes_of_own_writes: u64,
    /// Changes that a function told of itself.
    pub changes_told_by_functions: u64,
    /// All other events.
    pub other_events: u64,
    own: BTreeSet<String>,
}

impl Watch {
    pub(super) fn begins(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn ends(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    pub(super) fn on_their_way(&self) -> u64 {
        // What ended is read first: what begins in between counts as on its way.
        let ended = self.ended.load(Ordering::SeqCst);
        self.begun() - ended
    }

    /// How many messages failed and were tried again.
    pub fn failures(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// Dynamics told of an operation.
    pub(super) fn told(&self, body: &str) {
        let mut seen = self.lock();
        if is_own(body) {
            seen.webhooks_of_own_writes += 1;
            let connection: ConnectionName = "dynamics".parse().expect("a word is a name");
            let id = inbox_id(&connection, None, body.as_bytes());
            seen.own.insert(id.as_str().to_owned());
        } else {
            seen.webhooks_of_people += 1;
        }
    }

    /// An event was put on the bus.
    pub(super) fn published(&self, event: &Published) {
        let mut seen = self.lock();
        if event.name != "RecordChanged" {
            seen.other_events += 1;
            return;
        }
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
        match detail["inbox_id"].as_str() {
            None => seen.changes_told_by_functions += 1,
            Some(id) if seen.own.contains(id) => seen.changes_of_own_writes += 1,
            Some(_) => seen.changes_of_people += 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Every change leaves the counts whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a webhook tells of what a function wrote: it carries the mark that our requests set.
/// Source: Microsoft Learn, "Pass a shared variable to a plugin execution context".
fn is_own(body: &str) -> bool {
    let context: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let variables = context["SharedVariables"].as_array();
    let is_ours = |it: &Value| {
        let tag = it["value"].as_str().unwrap_or_default();
        it["key"] == "tag" && tag.starts_with(OWN_TAG)
    };
    variables.is_some_and(|variables| variables.iter().any(is_ours))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(inbox_id: Option<&str>) -> Published {
        Published {
            name: "RecordChanged".to_owned(),
            source: "cxloop".to_owned(),
            detail: json!({ "inbox_id": inbox_id }).to_string(),
        }
    }

    #[test]
    fn an_event_that_follows_from_an_own_write_is_told_from_one_that_a_person_caused() {
        let watch = Watch::default();
        let own = json!({"SharedVariables": [{"key": "tag", "value": OWN_TAG}]}).to_string();
        let theirs = json!({"SharedVariables": []}).to_string();
        watch.told(&own);
        watch.told(&theirs);
        let dynamics = "dynamics".parse().unwrap();
        for body in [&own, &theirs] {
            let id = inbox_id(&dynamics, None, body.as_bytes());
            watch.published(&changed(Some(id.as_str())));
        }
        watch.published(&changed(None));
        let seen = watch.seen();
        assert_eq!(
            (seen.webhooks_of_own_writes, seen.webhooks_of_people),
            (1, 1)
        );
        assert_eq!((seen.changes_of_own_writes, seen.changes_of_people), (1, 1));
        assert_eq!(seen.changes_told_by_functions, 1);
    }
}

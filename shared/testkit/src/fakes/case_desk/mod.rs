//! A CRM's case desk in memory: contacts, queues, owners, cases with their state, notes and queue items.

mod behind;
mod desk;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use cxloop_domain::cases::OwnerRef;
use cxloop_domain::identity;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Clock, Failure};
use serde_json::{Value, json};
use uuid::Uuid;

pub use rows::{ContactRow, FakeCase, FakeNote, QueueItem};

use super::Faults;

#[derive(Debug, Default)]
struct State {
    contacts: Vec<ContactRow>,
    accounts: BTreeSet<Uuid>,
    queues: BTreeMap<String, Uuid>,
    owners: BTreeMap<String, OwnerRef>,
    cases: BTreeMap<Uuid, FakeCase>,
    notes: BTreeMap<Uuid, FakeNote>,
    queue_items: BTreeMap<Uuid, QueueItem>,
    choices: BTreeMap<(String, String), i64>,
    refused: BTreeMap<String, String>,
    tickets: u32,
}

/// A case desk in memory. It refuses what the real one refuses: unknown queues, owners and customers, texts
/// longer than their columns, and a reopening on another version than the one read.
pub struct FakeCaseDesk {
    connection: ConnectionName,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    faults: Faults,
}

impl FakeCaseDesk {
    /// An empty desk behind the connection `dynamics`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            connection: "dynamics".parse().expect("a connection name"),
            clock,
            state: Mutex::default(),
            faults: Faults::default(),
        }
    }

    /// The connection it stands behind.
    pub fn connection(&self) -> &ConnectionName {
        &self.connection
    }

    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Refuses every row that sets a column (`title`, `prioritycode`, `emailaddress1` …), in these words.
    pub fn refuse_column(&self, column: &str, words: &str) {
        self.look()
            .refused
            .insert(column.to_owned(), words.to_owned());
    }

    /// Takes every column again.
    pub fn accept_all_columns(&self) {
        self.look().refused.clear();
    }

    /// Adds a queue; its id is derived from the name.
    pub fn add_queue(&self, name: &str) -> Uuid {
        let id = identity::derive("fake queue", &[name]);
        self.look().queues.insert(name.to_owned(), id);
        id
    }

    /// Adds a user; the id is derived from the name.
    pub fn add_user(&self, name: &str) -> Uuid {
        let id = identity::derive("fake user", &[name]);
        self.look()
            .owners
            .insert(name.to_owned(), OwnerRef::User(id));
        id
    }

    /// Adds a team; the id is derived from the name.
    pub fn add_team(&self, name: &str) -> Uuid {
        let id = identity::derive("fake team", &[name]);
        self.look()
            .owners
            .insert(name.to_owned(), OwnerRef::Team(id));
        id
    }

    /// Adds a choice of a column of the case.
    pub fn add_choice(&self, column: &str, label: &str, value: i64) {
        let key = (column.to_owned(), label.to_lowercase());
        self.look().choices.insert(key, value);
    }

    /// Adds an account; the id is derived from the name.
    pub fn add_account(&self, name: &str) -> Uuid {
        let id = identity::derive("fake account", &[name]);
        self.look().accounts.insert(id);
        id
    }

    /// Adds a contact; of several with the same key the one added last is the newest.
    pub fn add_contact(&self, contact: ContactRow) -> Uuid {
        let id = contact.id;
        self.look().contacts.push(contact);
        id
    }

    /// Every contact, oldest first.
    pub fn contacts(&self) -> Vec<ContactRow> {
        self.look().contacts.clone()
    }

    /// Every case, by id.
    pub fn cases(&self) -> Vec<FakeCase> {
        self.look().cases.values().cloned().collect()
    }

    /// One case.
    pub fn case(&self, id: Uuid) -> Option<FakeCase> {
        self.look().cases.get(&id).cloned()
    }

    /// The notes on a case, oldest first.
    pub fn notes_of(&self, case: Uuid) -> Vec<FakeNote> {
        let mut notes: Vec<FakeNote> = self
            .look()
            .notes
            .values()
            .filter(|note| note.case == case)
            .cloned()
            .collect();
        notes.sort_by_key(|note| (note.written_at, note.note.id));
        notes
    }

    /// The queue items of a case, those of earlier stays included.
    pub fn queue_items_of(&self, case: Uuid) -> Vec<QueueItem> {
        self.look()
            .queue_items
            .values()
            .filter(|item| item.case == case)
            .cloned()
            .collect()
    }

    /// Contacts, cases, notes and queue items, for comparing the ends of runs. Versions are left out.
    pub fn snapshot(&self) -> Value {
        let state = self.look();
        let contacts: BTreeMap<String, Value> = state
            .contacts
            .iter()
            .map(|contact| (contact.id.to_string(), contact.snapshot()))
            .collect();
        let cases: BTreeMap<String, Value> = state
            .cases
            .iter()
            .map(|(id, case)| (id.to_string(), case.snapshot()))
            .collect();
        let notes: BTreeMap<String, Value> = state
            .notes
            .iter()
            .map(|(id, note)| {
                (
                    id.to_string(),
                    json!({ "case": note.case, "note": note.note }),
                )
            })
            .collect();
        let queue_items: BTreeMap<String, Value> = state
            .queue_items
            .iter()
            .map(|(id, item)| {
                (
                    id.to_string(),
                    json!({ "case": item.case, "queue": item.queue, "active": item.active }),
                )
            })
            .collect();
        json!({ "contacts": contacts, "cases": cases, "notes": notes, "queue_items": queue_items })
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, Failure> {
        self.faults.check()?;
        Ok(self.look())
    }

    fn look(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while the desk works")
    }
}

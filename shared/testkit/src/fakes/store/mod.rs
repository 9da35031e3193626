//! A store in memory that keeps the same promises as the table. Nothing in it expires.

mod addresses;
mod checkpoints;
mod claims;
mod configurations;
mod gates;
mod inbox;
mod invitations;
mod loops;
mod plans;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use cxloop_domain::address_index::{IndexName, Progress};
use cxloop_domain::changed_records::Checkpoint;
use cxloop_domain::configuration::Configuration;
use cxloop_domain::loops::{Loop, Step};
use cxloop_domain::names::{ConnectionName, InboxId, LoopId, ResponseKey};
use cxloop_domain::survey_trigger::Invitation;
use cxloop_ports::{Failure, InboxItem, InboxState, Kept, KeptInvitation, StoredResponse};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Faults;

#[derive(Debug)]
struct LoopRow {
    head: Loop,
    steps: BTreeMap<String, Step>,
}

#[derive(Debug, Default)]
struct State {
    inbox: BTreeMap<InboxId, InboxItem>,
    /// Since when each is on the list.
    unfinished: BTreeMap<InboxId, Timestamp>,
    responses: BTreeMap<ResponseKey, StoredResponse>,
    plans: BTreeMap<String, Kept>,
    claims: BTreeMap<String, String>,
    leases: BTreeMap<String, (String, Timestamp)>,
    sets: BTreeMap<String, BTreeSet<String>>,
    loops: BTreeMap<LoopId, LoopRow>,
    case_ties: BTreeMap<Uuid, LoopId>,
    response_ties: BTreeMap<ResponseKey, LoopId>,
    invitations: BTreeMap<Uuid, KeptInvitation>,
    /// Moments that invitations wait for, and whether they were looked after.
    awaited: BTreeMap<(Timestamp, Uuid), bool>,
    configurations: Vec<Configuration>,
    gates: BTreeMap<ConnectionName, Timestamp>,
    addresses: BTreeMap<(IndexName, String), BTreeSet<Uuid>>,
    checkpoints: BTreeMap<String, (Checkpoint, u64)>,
    address_progress: BTreeMap<(IndexName, String), Progress>,
    held_back: BTreeMap<ConnectionName, Timestamp>,
    taken: BTreeMap<(ConnectionName, i64), u64>,
}

/// Keeps everything that the store keeps, in memory.
#[derive(Debug, Default)]
pub struct FakeStore {
    state: Mutex<State>,
    faults: Faults,
}

impl FakeStore {
    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, Failure> {
        self.faults.check()?;
        Ok(self.look())
    }

    fn look(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while the store works")
    }

    /// What was kept, for comparing the ends of runs. Leases and gates are left out: they pass by themselves.
    pub fn snapshot(&self) -> Value {
        let state = self.look();
        let inbox: BTreeMap<String, String> = state
            .inbox
            .values()
            .map(|item| {
                let stands = match &item.state {
                    InboxState::Unpublished => "unpublished".to_owned(),
                    InboxState::Published => "published".to_owned(),
                    InboxState::Parked { reason } => format!("parked: {reason}"),
                };
                (item.id.to_string(), stands)
            })
            .collect();
        let responses: BTreeMap<String, Value> = state
            .responses
            .iter()
            .map(|(key, stored)| {
                (
                    key.to_string(),
                    json!({ "response": stored.response, "notifications": stored.notifications }),
                )
            })
            .collect();
        let plans: BTreeMap<&String, Value> = state
            .plans
            .iter()
            .map(|(key, kept)| (key, json!({ "plan": kept.plan, "version": kept.version })))
            .collect();
        let loops: BTreeMap<String, Value> = state
            .loops
            .iter()
            .map(|(id, row)| {
                (
                    id.to_string(),
                    json!({ "head": row.head, "steps": loops::in_order(&row.steps) }),
                )
            })
            .collect();
        let cases: BTreeMap<String, &LoopId> = state
            .case_ties
            .iter()
            .map(|(case, id)| (case.to_string(), id))
            .collect();
        let ties: BTreeMap<String, &LoopId> = state
            .response_ties
            .iter()
            .map(|(key, id)| (key.to_string(), id))
            .collect();
        let invitations: BTreeMap<String, &Invitation> = state
            .invitations
            .iter()
            .map(|(id, kept)| (id.to_string(), &kept.invitation))
            .collect();
        json!({
            "inbox": inbox,
            "responses": responses,
            "plans": plans,
            "claims": state.claims,
            "sets": state.sets,
            "loops": loops,
            "loops_of_cases": cases,
            "loops_of_responses": ties,
            "invitations": invitations,
            "configurations": state.configurations.len(),
        })
    }
}

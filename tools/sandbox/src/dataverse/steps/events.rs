//! What an organisation knows of its steps, and what they are still to be told of the transaction that is being worked on.

use std::sync::Arc;

use uuid::Uuid;

use super::super::drawn;
use super::super::model::{Model, TableId};
use super::super::rows::Organisation;
use super::contract::Context;
use super::registry::{self, Step};

/// The tables whose rows are registrations.
const REGISTRATIONS: [&str; 3] = [
    "serviceendpoint",
    "sdkmessageprocessingstep",
    "sdkmessageprocessingstepimage",
];

/// One step and what it is to be told.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) step: Arc<Step>,
    pub(crate) context: Context,
}

/// Steps, and what was raised since the last commit.
#[derive(Debug)]
pub(crate) struct Events {
    registrations: [Option<TableId>; 3],
    steps: Vec<Arc<Step>>,
    /// Registrations changed since the steps were read.
    stale: bool,
    raised: Vec<Execution>,
    /// How many messages are around the one that is being carried out.
    depth: u32,
    /// The keys of the transaction, drawn when a step is first told of it: correlation and request.
    keys: Option<(Uuid, Uuid)>,
    /// Webhooks may be at any port of this machine.
    pub(crate) loopback_ports: bool,
    /// Changes of state alone are told by the older messages.
    pub(crate) older_state_messages: bool,
}

impl Events {
    pub(crate) fn of(model: &Model) -> Self {
        Self {
            registrations: REGISTRATIONS.map(|name| model.by_name(name)),
            steps: Vec::new(),
            stale: false,
            raised: Vec::new(),
            depth: 1,
            keys: None,
            loopback_ports: false,
            older_state_messages: false,
        }
    }

    /// Called for every row that is stored or removed.
    pub(crate) fn row_changed(&mut self, table: TableId) {
        if self.registrations.contains(&Some(table)) {
            self.stale = true;
        }
    }

    /// How much was raised so far, to come back to with [`Self::roll_back`].
    pub(crate) fn raised(&self) -> usize {
        self.raised.len()
    }

    pub(crate) fn roll_back(&mut self, to: usize) {
        self.raised.truncate(to);
        if self.raised.is_empty() {
            self.keys = None;
        }
    }

    /// Everything that was raised, for the end of the transaction.
    pub(crate) fn take(&mut self) -> Vec<Execution> {
        self.keys = None;
        std::mem::take(&mut self.raised)
    }

    /// True when synchronous steps have to be asked before the transaction may end.
    pub(super) fn asks(&self) -> bool {
        self.raised
            .iter()
            .any(|execution| !execution.step.asynchronous)
    }

    /// Takes back what [`Self::take`] gave.
    pub(super) fn put_back(&mut self, raised: Vec<Execution>) {
        self.raised = raised;
    }

    pub(super) fn raise(&mut self, execution: Execution) {
        self.raised.push(execution);
    }

    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Correlation and request of the transaction.
    pub(super) fn keys(&mut self) -> (Uuid, Uuid) {
        *self
            .keys
            .get_or_insert_with(|| (drawn::key(), drawn::key()))
    }
}

impl Organisation {
    /// The steps for a message of a table, in the order in which they are called. Without any registered step this is one look
    /// at an empty list.
    pub(super) fn steps_for(&mut self, message: &str, table: TableId) -> Vec<Arc<Step>> {
        if self.events.stale {
            self.events.steps = registry::read(self);
            self.events.stale = false;
        }
        let concerned = |step: &&Arc<Step>| {
            step.table.is_none_or(|watched| watched == table) && step.message == message
        };
        self.events
            .steps
            .iter()
            .filter(concerned)
            .cloned()
            .collect()
    }

    /// Runs what a message does inside: messages that it sends itself are one deeper.
    pub(crate) fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.events.depth += 1;
        let outcome = run(self);
        self.events.depth -= 1;
        outcome
    }
}

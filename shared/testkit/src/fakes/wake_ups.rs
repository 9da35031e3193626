//! An alarm clock for invitations.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_domain::survey_trigger::{InvitationDue, key_of_wake_up};
use cxloop_ports::{Failure, WakeUps};
use jiff::Timestamp;

use super::Faults;

/// One time that an invitation comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WakeUp {
    /// The invitation.
    pub due: InvitationDue,
    /// When.
    pub at: Timestamp,
}

/// Remembers when invitations come back, each moment of one once. It wakes nobody by itself.
#[derive(Debug, Default)]
pub struct FakeWakeUps {
    waiting: Mutex<BTreeMap<String, WakeUp>>,
    faults: Faults,
    lost_answers: Faults,
}

impl FakeWakeUps {
    /// What it fails with instead of remembering anything.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it answers although it remembers.
    pub fn lost_answers(&self) -> &Faults {
        &self.lost_answers
    }

    /// What still waits, the soonest first.
    pub fn waiting(&self) -> Vec<WakeUp> {
        let waiting = self.waiting.lock().expect(LOCK);
        let mut waiting: Vec<WakeUp> = waiting.values().cloned().collect();
        waiting.sort_by_key(|wake_up| (wake_up.at, wake_up.due.invitation));
        waiting
    }

    /// Takes out what is due by a moment, the soonest first: for the test to hand over.
    pub fn ring(&self, now: Timestamp) -> Vec<InvitationDue> {
        let mut due = self.waiting();
        due.retain(|wake_up| wake_up.at <= now);
        let mut waiting = self.waiting.lock().expect(LOCK);
        waiting.retain(|_, wake_up| wake_up.at > now);
        due.into_iter().map(|wake_up| wake_up.due).collect()
    }
}

#[async_trait]
impl WakeUps for FakeWakeUps {
    async fn wake(&self, due: &InvitationDue, at: Timestamp) -> Result<(), Failure> {
        self.faults.check()?;
        let due = due.clone();
        let key = key_of_wake_up(due.invitation, at);
        let mut waiting = self.waiting.lock().expect(LOCK);
        waiting.insert(key, WakeUp { due, at });
        drop(waiting);
        self.lost_answers.check()
    }
}

const LOCK: &str = "nobody panics while waiting";

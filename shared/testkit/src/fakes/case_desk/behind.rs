//! What agents do with cases, behind cxloop's back.

use cxloop_domain::cases::CaseState;
use uuid::Uuid;

use super::{FakeCase, FakeCaseDesk, State};

fn change(state: &mut State, case: Uuid, change: impl FnOnce(&mut FakeCase)) {
    let row = state
        .cases
        .get_mut(&case)
        .expect("the test speaks of a case that is there");
    change(row);
    row.version += 1;
}

/// A case that is not worked on leaves its queue.
fn leave_queue(state: &mut State, case: Uuid) {
    for item in state
        .queue_items
        .values_mut()
        .filter(|item| item.case == case)
    {
        item.active = false;
    }
}

impl FakeCaseDesk {
    /// An agent resolves a case, now.
    pub fn resolve(&self, case: Uuid) {
        let now = self.clock.now();
        let mut state = self.look();
        change(&mut state, case, |row| {
            row.state = CaseState::Resolved;
            row.resolved_at = Some(now);
        });
        leave_queue(&mut state, case);
    }

    /// An agent calls a case off.
    pub fn cancel(&self, case: Uuid) {
        let mut state = self.look();
        change(&mut state, case, |row| row.state = CaseState::Cancelled);
        leave_queue(&mut state, case);
    }

    /// An agent makes a case part of another.
    pub fn merge(&self, case: Uuid) {
        let mut state = self.look();
        change(&mut state, case, |row| row.state = CaseState::Merged);
        leave_queue(&mut state, case);
    }

    /// An agent makes a case active again.
    pub fn reactivate(&self, case: Uuid) {
        change(&mut self.look(), case, |row| row.state = CaseState::Active);
    }

    /// An agent changes something that cxloop does not read, which makes a new version.
    pub fn touch(&self, case: Uuid) {
        change(&mut self.look(), case, |_| {});
    }

    /// An agent deletes a case, with its notes and queue items.
    pub fn delete(&self, case: Uuid) {
        let mut state = self.look();
        state
            .cases
            .remove(&case)
            .expect("the test speaks of a case that is there");
        state.notes.retain(|_, note| note.case != case);
        state.queue_items.retain(|_, item| item.case != case);
    }
}

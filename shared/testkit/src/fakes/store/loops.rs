//! Loops in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cxloop_domain::loops::{Loop, LoopHistory, LoopState, Step, StepKind, state_of};
use cxloop_domain::names::{LoopId, ResponseKey};
use cxloop_ports::{Failure, Loops, NewLoop, TiedCase};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{FakeStore, LoopRow, State};

pub(super) fn in_order(steps: &BTreeMap<String, Step>) -> Vec<Step> {
    let mut steps: Vec<Step> = steps.values().cloned().collect();
    steps.sort_by(Step::follows);
    steps
}

fn newest_first(heads: &mut Vec<Loop>, limit: usize) {
    heads.sort_by(|a, b| (b.changed_at, &b.id).cmp(&(a.changed_at, &a.id)));
    heads.truncate(limit);
}

fn begun<'a>(state: &'a mut State, id: &LoopId) -> Result<&'a mut LoopRow, Failure> {
    state
        .loops
        .get_mut(id)
        .ok_or_else(|| Failure::retry("the loop has not begun", ""))
}

/// Adds steps and moves the head on.
fn add(row: &mut LoopRow, steps: &[Step]) {
    for step in steps {
        let standing = row
            .steps
            .entry(step.key.clone())
            .or_insert_with(|| step.clone());
        if standing.what == StepKind::Failed {
            *standing = step.clone();
        }
    }
    let steps = in_order(&row.steps);
    row.head.state = state_of(&steps);
    row.head.changed_at = steps
        .iter()
        .map(|step| step.at)
        .fold(row.head.began_at, Ord::max);
}

#[async_trait]
impl Loops for FakeStore {
    async fn begin(&self, new: &NewLoop, steps: &[Step]) -> Result<(), Failure> {
        let id = new.response.loop_id();
        let head = Loop {
            id: id.clone(),
            response: new.response.clone(),
            survey: new.survey.clone(),
            began_at: new.began_at,
            changed_at: new.began_at,
            state: LoopState::Received,
            case: None,
            ticket: None,
            score: new.score.clone(),
        };
        let mut state = self.open()?;
        let row = state.loops.entry(id).or_insert(LoopRow {
            head,
            steps: BTreeMap::new(),
        });
        add(row, steps);
        Ok(())
    }

    async fn record(&self, id: &LoopId, steps: &[Step]) -> Result<(), Failure> {
        let mut state = self.open()?;
        add(begun(&mut state, id)?, steps);
        Ok(())
    }

    async fn tie_case(
        &self,
        id: &LoopId,
        case: &TiedCase<'_>,
        steps: &[Step],
    ) -> Result<(), Failure> {
        let mut state = self.open()?;
        let row = begun(&mut state, id)?;
        row.head.case.get_or_insert(case.id);
        row.head
            .ticket
            .get_or_insert_with(|| case.ticket.to_owned());
        add(row, steps);
        state.case_ties.entry(case.id).or_insert_with(|| id.clone());
        Ok(())
    }

    async fn tie_response(&self, id: &LoopId, response: &ResponseKey) -> Result<(), Failure> {
        self.open()?
            .response_ties
            .entry(response.clone())
            .or_insert_with(|| id.clone());
        Ok(())
    }

    async fn of_case(&self, case: Uuid) -> Result<Option<LoopId>, Failure> {
        Ok(self.open()?.case_ties.get(&case).cloned())
    }

    async fn of_response(&self, response: &ResponseKey) -> Result<Option<LoopId>, Failure> {
        let state = self.open()?;
        let own = response.loop_id();
        let begun = || state.loops.contains_key(&own).then(|| own.clone());
        Ok(state.response_ties.get(response).cloned().or_else(begun))
    }

    async fn load(&self, id: &LoopId) -> Result<Option<LoopHistory>, Failure> {
        let state = self.open()?;
        Ok(state.loops.get(id).map(|row| LoopHistory {
            head: row.head.clone(),
            steps: in_order(&row.steps),
        }))
    }

    async fn newest(&self, now: Timestamp, limit: usize) -> Result<Vec<Loop>, Failure> {
        let state = self.open()?;
        let oldest = now
            .checked_sub(SignedDuration::from_hours(24 * 31))
            .expect("a test stays within the calendar");
        let mut heads: Vec<Loop> = state
            .loops
            .values()
            .map(|row| row.head.clone())
            .filter(|head| head.changed_at > oldest)
            .collect();
        newest_first(&mut heads, limit);
        Ok(heads)
    }

    async fn failed(&self, limit: usize) -> Result<Vec<Loop>, Failure> {
        let state = self.open()?;
        let mut heads: Vec<Loop> = state
            .loops
            .values()
            .map(|row| row.head.clone())
            .filter(|head| head.state == LoopState::Failed)
            .collect();
        newest_first(&mut heads, limit);
        Ok(heads)
    }
}

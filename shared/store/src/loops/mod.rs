//! Loops: a head that lists show, its steps beside it, and ties by which cases and responses find it.

mod failed;
mod head;
mod listing;
mod steps;

use async_trait::async_trait;
use cxloop_domain::loops::{Loop, LoopHistory, LoopState, Step, StepKind, state_of};
use cxloop_domain::names::{LoopId, ResponseKey};
use cxloop_ports::{Failure, Loops, NewLoop, TiedCase};
use futures::future::try_join;
use jiff::Timestamp;
use uuid::Uuid;

use crate::Store;
use crate::item::{Attributes, Key, expiry, text};
use crate::retention::LOOPS_DAYS;

const TIE: &str = "tie of a loop";

fn partition(id: &LoopId) -> String {
    format!("LOOP#{id}")
}

fn head_key(id: &LoopId) -> Key {
    Key::new(partition(id), "HEAD")
}

fn case_tie(case: Uuid) -> Key {
    Key::new(format!("CASE#{case}"), "LOOP")
}

fn response_tie(response: &ResponseKey) -> Key {
    Key::new(format!("RESPONSE#{response}"), "LOOP")
}

impl Store {
    fn tied(&self, tie: &Key, id: &LoopId) -> Attributes {
        tie.with([
            ("loop", text(id)),
            ("expires_at", expiry(self.clock.now(), LOOPS_DAYS)),
        ])
    }
}

#[async_trait]
impl Loops for Store {
    async fn begin(&self, new: &NewLoop, steps: &[Step]) -> Result<(), Failure> {
        let id = new.response.loop_id();
        let state = state_of(steps);
        // A head that failed also stands on a list of its own: `record` moves it there.
        let known = if state == LoopState::Failed {
            &[]
        } else {
            steps
        };
        let head = head::begun(new, known, self.clock.now());
        let standing = self.put_unless_there(head::WHAT, head).await?;
        if standing.is_none() && state != LoopState::Failed {
            // Nobody else knew of the loop, so the head says already what these steps amount to. Whoever comes here again
            // after a crash finds the head, and moves it on.
            for step in steps {
                self.put_step(&id, step).await?;
            }
            return Ok(());
        }
        if steps.is_empty() {
            return Ok(());
        }
        self.record(&id, steps).await
    }

    async fn record(&self, id: &LoopId, steps: &[Step]) -> Result<(), Failure> {
        let mut told_before = true;
        for step in steps {
            let new = self.put_step(id, step).await?;
            told_before &= !new && step.what == StepKind::Waiting;
        }
        // That something still waits changes no head, and a backlog tells it over and over.
        if !told_before || steps.is_empty() {
            self.move_head_on(id, None).await?;
        }
        Ok(())
    }

    async fn tie_case(
        &self,
        id: &LoopId,
        case: &TiedCase<'_>,
        steps: &[Step],
    ) -> Result<(), Failure> {
        for step in steps {
            self.put_step(id, step).await?;
        }
        self.move_head_on(id, Some(case)).await?;
        self.put_unless_there(TIE, self.tied(&case_tie(case.id), id))
            .await?;
        Ok(())
    }

    async fn tie_response(&self, id: &LoopId, response: &ResponseKey) -> Result<(), Failure> {
        self.put_unless_there(TIE, self.tied(&response_tie(response), id))
            .await?;
        Ok(())
    }

    async fn of_case(&self, case: Uuid) -> Result<Option<LoopId>, Failure> {
        let tie = self.get(TIE, &case_tie(case)).await?;
        Ok(tie.map(|item| item.parsed("loop")).transpose()?)
    }

    async fn of_response(&self, response: &ResponseKey) -> Result<Option<LoopId>, Failure> {
        let own = response.loop_id();
        let (tie, own_key) = (response_tie(response), head_key(&own));
        let (tied, begun) = try_join(self.get(TIE, &tie), self.get(head::WHAT, &own_key)).await?;
        match tied {
            Some(tied) => Ok(Some(tied.parsed("loop")?)),
            None => Ok(begun.map(|_| own)),
        }
    }

    async fn load(&self, id: &LoopId) -> Result<Option<LoopHistory>, Failure> {
        Ok(self.read_loop(id).await?.map(|story| LoopHistory {
            head: story.head,
            steps: story.steps,
        }))
    }

    async fn newest(&self, now: Timestamp, limit: usize) -> Result<Vec<Loop>, Failure> {
        Ok(self.list_newest(now, limit).await?)
    }

    async fn failed(&self, limit: usize) -> Result<Vec<Loop>, Failure> {
        Ok(self.list_failed(limit).await?)
    }
}

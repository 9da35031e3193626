//! Reading the case, through every case that it was merged into, and deciding what is new.

use std::collections::BTreeSet;

use cxloop_domain::case_write_back::{
    Asked, CaseRecord, Decision, Seen, WHOLE, WriteBackState, begun, decide, recovered_step,
};
use cxloop_domain::events::Event;
use cxloop_lambda_kit::trace;
use cxloop_ports::Failure;

use crate::standing::{Standing, contended};
use crate::{RACES, Work};

/// The most cases that a case is followed through.
const MERGES: usize = 10;

impl Work<'_> {
    /// One look, by the worker who has the lease, from what stood before it.
    pub(crate) async fn look(&self, standing: Standing) -> Result<(), Failure> {
        let mut standing = self.begin(standing).await?;
        if let Some(intended) = standing.state.intended.clone() {
            // Somebody died over it, or a request was lost: first that, so that a note begun is never told twice.
            standing = self.carry_out(standing, &intended).await?;
        }
        let read = self.read_to_the_end().await?;
        let seen = match &read {
            None => Seen::Gone,
            Some((record, former_ticket)) => Seen::There {
                record,
                former_ticket: former_ticket.as_deref(),
            },
        };
        let asked = Asked {
            settings: self.settings,
            response: &self.response,
            case: self.case,
            written: &standing.state.written,
            again: self.again(),
        };
        match decide(&asked, &seen) {
            Decision::Nothing => {}
            Decision::Outdated => {
                return Err(Failure::retry(
                    "The CRM answered with an older state of the case than it had given before.",
                    "the row's version is lower than that of the last write",
                ));
            }
            Decision::Write(intended) => {
                let change = |state: &mut WriteBackState| {
                    state.intended = Some((*intended).clone());
                };
                standing = self.change(standing, change).await?;
                standing = self.carry_out(standing, &intended).await?;
            }
        }
        self.recovered(standing).await
    }

    /// Stores that somebody looks now. From here on whoever comes with a change takes a follow-up of their own.
    async fn begin(&self, mut standing: Standing) -> Result<Standing, Failure> {
        for _ in 0..RACES {
            let next = begun(&standing.state, self.event.id(), self.deps.clock.now());
            let (kept, is_ours) = self.replace(&standing, &next).await?;
            if is_ours {
                return Ok(kept);
            }
            standing = kept;
        }
        Err(contended())
    }

    /// The case, or the one that it became part of, with the ticket that it had before. `None` when it is gone.
    async fn read_to_the_end(&self) -> Result<Option<(CaseRecord, Option<String>)>, Failure> {
        let Some(mut record) = self.records.record(self.case, self.settings).await? else {
            return Ok(None);
        };
        let mut passed = BTreeSet::from([record.id]);
        let mut former_ticket = None;
        for _ in 0..MERGES {
            let next = record.merged_into.filter(|next| passed.insert(*next));
            let Some(next) = next else { break };
            // Before it is read: of what changes from here on we are told.
            self.follow(next).await?;
            let Some(master) = self.records.record(next, self.settings).await? else {
                break;
            };
            former_ticket.get_or_insert(record.ticket);
            record = master;
        }
        Ok(Some((record, former_ticket)))
    }

    /// Takes back that a write-back was refused as a whole, once one went through.
    async fn recovered(&self, standing: Standing) -> Result<(), Failure> {
        if !standing.state.written.refused.contains(WHOLE) {
            return Ok(());
        }
        let now = self.deps.clock.now();
        let step = recovered_step(self.case, &standing.state.written, now);
        let step = trace::traced(step);
        let loop_id = self.response.loop_id();
        self.deps.loops.record(&loop_id, &[step]).await?;
        self.change(standing, |state| {
            state.written.recover(WHOLE);
        })
        .await
        .map(|_| ())
    }
}

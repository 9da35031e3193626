//! Carrying out what is intended, and telling of it.

use cxloop_domain::case_write_back::{Intended, Settled, written_steps};
use cxloop_domain::changed_records::is_found_by_looking;
use cxloop_domain::signals::{Healed, Signal, milliseconds_between};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace;
use cxloop_ports::Failure;

use crate::standing::Standing;
use crate::{PLATFORM_REQUESTS, Work};

impl Work<'_> {
    /// Writes, tells the loop, and stores what the response holds now: in this order, so that a crash in between leaves
    /// nothing unseen. Each part is harmless twice.
    pub(crate) async fn carry_out(
        &self,
        standing: Standing,
        intended: &Intended,
    ) -> Result<Standing, Failure> {
        let deps = self.deps;
        let connection = &self.response.connection;
        if let Some(per_second) = self.applied.configuration.requests_per_second(connection) {
            deps.gates
                .take(connection, PLATFORM_REQUESTS, per_second, deps.clock.now())
                .await?;
        }
        let response = &self.response.response;
        let settled = self.platform.write_back(response, intended).await?;
        let steps = written_steps(
            intended,
            &settled,
            self.case,
            self.crm,
            &self.records.link(intended.after.row.unwrap_or(self.case)),
            deps.clock.now(),
        );
        let steps: Vec<_> = steps.into_iter().map(trace::traced).collect();
        deps.loops.record(&self.response.loop_id(), &steps).await?;
        let written = intended.settled(&settled);
        let standing = self
            .change(standing, |state| {
                // Another may have taken this over when the lease ran out; then theirs stands.
                if state.intended.as_ref() == Some(intended) {
                    state.intended = None;
                    state.written = written.clone();
                }
            })
            .await?;
        self.tell(intended, &settled);
        Ok(standing)
    }

    /// The lines and counts of a write.
    fn tell(&self, intended: &Intended, settled: &Settled) {
        let now = self.deps.clock.now();
        let connection = &self.response.connection;
        let parts = intended.parts().count();
        if parts > settled.refused.len() {
            let milliseconds = milliseconds_between(self.event.happened_at, now);
            tracing::info!(
                { fields::OUTCOME } = outcomes::WRITTEN_BACK,
                { fields::RESPONSE } = %self.response,
                { fields::CONFIGURATION } = self.applied.version,
                { fields::CASE } = %self.case,
                { fields::TICKET } = intended.ticket,
                { fields::COUNT } = parts - settled.refused.len(),
                { fields::MILLISECONDS_TO_WRITE_BACK } = milliseconds,
                "what an agent did stands on the response"
            );
            self.deps.signals.count(Signal::SecondsToWriteBack {
                connection,
                milliseconds,
            });
            if is_found_by_looking(self.event) {
                self.deps.signals.count(Signal::Healed {
                    connection: self.crm,
                    what: Healed::Change,
                });
            }
        }
        if !settled.refused.is_empty() {
            tracing::error!(
                { fields::OUTCOME } = outcomes::NOT_WRITTEN_BACK,
                { fields::RESPONSE } = %self.response,
                { fields::CASE } = %self.case,
                { fields::TICKET } = intended.ticket,
                { fields::COUNT } = settled.refused.len(),
                "the platform refuses a part of what an agent did, and the rest stands on the response"
            );
            self.deps.signals.count(Signal::Parked {
                connection: Some(connection),
            });
        }
    }
}

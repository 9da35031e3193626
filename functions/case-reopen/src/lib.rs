//! Reopens a case after a bad rating, or does what the threshold says instead.
//!
//! The plan is stored before anything is written. A case that changed since it was read answers the
//! guarded write with a conflict: then our note's id tells whether an earlier attempt had gone through;
//! if not, the case is read and decided again, and the plan replaced. A reopening is told like a change by anybody else,
//! because what the CRM says of it is dropped as an own write.

mod carrying_out;
mod planning;

use std::sync::Arc;

use cxloop_domain::case_reopen::{Progress, ReopenPlan, Thresholds, failed_step, plan_key};
use cxloop_domain::configuration::Applied;
use cxloop_domain::events::ResponseReceived;
use cxloop_domain::loops::waiting_step;
use cxloop_domain::names::{ConnectionName, LoopId};
use cxloop_domain::response::{Kind, Response};
use cxloop_domain::signals::Signal;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::{PerVersion, trace};
use cxloop_ports::{
    Bus, CaseDesk, CaseDesks, Claims, Clock, Configurations, Failure, Loops, Plans, Remedy,
    Responses, Signals,
};

use crate::planning::to_value;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// The thresholds.
    pub configurations: Arc<dyn Configurations>,
    /// The responses.
    pub responses: Arc<dyn Responses>,
    /// The plans.
    pub plans: Arc<dyn Plans>,
    /// Which responses reopened a case.
    pub claims: Arc<dyn Claims>,
    /// The record for people.
    pub loops: Arc<dyn Loops>,
    /// The CRM.
    pub desks: Arc<dyn CaseDesks>,
    /// Tells of a case that was reopened.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts decisions, reopened cases and what is put aside.
    pub signals: Arc<dyn Signals>,
    /// The thresholds of the configuration version seen last.
    pub parsed: PerVersion<Thresholds>,
}

/// One message at work: what all its parts look at.
struct Work<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    thresholds: &'w Thresholds,
    /// The connection of the CRM.
    crm: ConnectionName,
    desk: &'w dyn CaseDesk,
    event: &'w ResponseReceived,
    response: &'w Response,
    case: uuid::Uuid,
    loop_id: LoopId,
}

/// Holds a response about a case against the thresholds and carries out what follows.
pub async fn handle(deps: &Deps, event: ResponseReceived) -> Result<(), Failure> {
    if event.kind != Kind::AboutCase {
        // Somebody sent dead letters to the wrong queue. Done with here, it would be lost to its own function.
        return Err(Failure::retry(
            "The event belongs into the queue of another function.",
            "a response about no case",
        ));
    }
    let applied = deps.configurations.current().await?;
    let (crm, desk) = deps.desks.desk(&applied)?;
    let Some(stored) = deps.responses.load(&event.response).await? else {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::RESPONSE } = %event.response,
            "the response is not known: it was never taken in, or has expired"
        );
        return Ok(());
    };
    let Some(case) = stored.response.about_case else {
        tracing::error!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::RESPONSE } = %event.response,
            "the response is about no case: there is nothing to reopen"
        );
        return Ok(());
    };
    let loop_id = deps
        .loops
        .of_response(&event.response)
        .await?
        .unwrap_or_else(|| event.response.loop_id());
    let thresholds = deps.parsed.of(&applied, Thresholds::parse);
    let work = Work {
        deps,
        applied: &applied,
        thresholds: &thresholds,
        crm,
        desk: desk.as_ref(),
        event: &event,
        response: &stored.response,
        case,
        loop_id,
    };
    match work.plan_and_carry_out().await {
        Err(failure) if failure.remedy == Remedy::Park => work.put_aside(&failure).await,
        Err(failure) if matches!(failure.remedy, Remedy::ComeBack { .. }) => Err(failure),
        Err(failure) => {
            let step = waiting_step("case-reopen", &failure.message, deps.clock.now());
            let step = trace::traced_failure(step, &failure);
            // Only told: whether the telling works changes nothing about the message.
            let _ = deps.loops.record(&work.loop_id, &[step]).await;
            Err(failure)
        }
        Ok(()) => Ok(()),
    }
}

impl Work<'_> {
    /// Shows on the loop why the rating was not acted on, with a replay, and then marks the plan as refused: in this
    /// order, so that a crash in between leaves nothing unseen. A plan that another worker carried out meanwhile stands.
    async fn put_aside(&self, failure: &Failure) -> Result<(), Failure> {
        let key = plan_key(&self.event.response);
        tracing::error!(
            { fields::OUTCOME } = outcomes::PARKED,
            { fields::RESPONSE } = %self.event.response,
            { fields::CASE } = %self.case,
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } = failure.service_request_id.map(tracing::field::display),
            "a rating could not be acted on and was put aside"
        );
        self.deps.signals.count(Signal::Parked {
            connection: Some(&self.event.response.connection),
        });
        let standing = match self.deps.plans.load(&key).await? {
            Some(kept) => Some(planning::planned(kept)?),
            None => None,
        };
        if standing
            .as_ref()
            .is_some_and(|standing| standing.plan.progress == Progress::Done)
        {
            return Ok(());
        }
        let now = self.deps.clock.now();
        let step = failed_step(self.event, &self.event.response, &failure.message, now);
        let step = trace::traced_failure(step, failure);
        self.deps.loops.record(&self.loop_id, &[step]).await?;
        if let Some(standing) = standing {
            let progress = Progress::Refused {
                reason: failure.message.clone(),
            };
            let refused = ReopenPlan {
                progress,
                ..standing.plan
            };
            self.deps
                .plans
                .replace(&key, standing.version, &to_value(&refused))
                .await?;
        }
        Ok(())
    }
}

//! Which open case a customer already has from a rule, under a claim of customer and rule.
//!
//! A plan to open is stored *before* its response claims, so whoever holds the claim has a plan that anybody
//! can carry out (every write is harmless twice). Only the holder's plan is ever carried out, and the claim
//! changes hands only when the holder's case is closed, gone or refused. So two responses at the same moment
//! make one case, wherever either of them stops.

use cxloop_domain::cases::CaseState;
use cxloop_domain::identity;
use cxloop_domain::names::{ResponseKey, RuleName};
use cxloop_domain::response_to_case::{CasePlan, Course, Progress, plan_key};
use cxloop_lambda_kit::follow;
use cxloop_ports::{Failure, Remedy};
use uuid::Uuid;

use crate::Work;
use crate::carrying_out::follower;
use crate::planning::planned;

/// Claims change hands only when a case was closed, so a few looks are plenty.
const LOOKS: usize = 5;

/// Who has the customer's open case.
pub(crate) enum Standing {
    /// This response: it opens one.
    Ours,
    /// An earlier response.
    Open {
        /// Its case.
        case: Uuid,
        /// The ticket number.
        ticket: String,
    },
}

impl Work<'_> {
    /// Finds the customer's open case from a rule, or makes the claim ours. Our plan is stored by now.
    pub(crate) async fn standing(
        &self,
        rule: &RuleName,
        claim: &str,
        own_case: Uuid,
    ) -> Result<Standing, Failure> {
        let ours = self.event.response.to_string();
        let mut holder = self.deps.claims.claim(claim, &ours).await?;
        for _ in 0..LOOKS {
            if holder == ours {
                return Ok(Standing::Ours);
            }
            // Opened while the claim was ours, and taken over since it was closed: it is still our plan that ran.
            if self.desk.read_case(own_case).await?.is_some() {
                return Ok(Standing::Ours);
            }
            if let Some(standing) = self.open_case_of(&holder, rule).await? {
                return Ok(standing);
            }
            holder = self.deps.claims.take_over(claim, &holder, &ours).await?;
        }
        Err(Failure::come_back(
            2,
            "the customer's open case keeps changing hands",
        ))
    }

    /// The open case of the claim's holder; opened for it when it only planned it so far. A plan may have
    /// expired, which an open case does not: then the case tells.
    async fn open_case_of(
        &self,
        holder: &str,
        rule: &RuleName,
    ) -> Result<Option<Standing>, Failure> {
        let Ok(holder) = holder.parse::<ResponseKey>() else {
            return Ok(None);
        };
        let key = plan_key(&holder, rule);
        if let Some(kept) = self.deps.plans.load(&key).await? {
            let plan = planned(&key, kept)?.plan;
            if plan.progress == Progress::Intended {
                self.carry_out_for(&plan).await?;
            }
        }
        let case = identity::case(&holder, rule);
        let active = self
            .desk
            .read_case(case)
            .await?
            .filter(|facts| facts.state == CaseState::Active);
        Ok(active.map(|facts| Standing::Open {
            case,
            ticket: facts.ticket,
        }))
    }

    /// Opens the case that another response planned and has not opened yet. Refusals are that response's own affair.
    async fn carry_out_for(&self, plan: &CasePlan) -> Result<(), Failure> {
        let Course::Open(draft) = &plan.course else {
            return Ok(());
        };
        if let Some(contact) = &plan.new_contact {
            self.desk.create_contact(contact).await?;
        }
        match self.desk.open_case(draft).await {
            Err(failure) if failure.remedy == Remedy::Park => return Ok(()),
            outcome => outcome?,
        };
        // The case will be tied first to whoever is added to it first, which may be before its own response comes again.
        follow(self.deps.plans.as_ref(), draft.id, &follower(plan)).await
    }
}

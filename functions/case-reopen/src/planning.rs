//! The plan for one rating: the stored one, or a new one from the case as it is now.

use cxloop_domain::case_reopen::{
    Course, Known, Progress, ReopenPlan, decide, judge, plan_key, reopened_key,
};
use cxloop_domain::cases::CaseFacts;
use cxloop_domain::configuration::Threshold;
use cxloop_domain::response_to_case::customer_keys;
use cxloop_domain::rules::{Verdict, in_words};
use cxloop_ports::{Failure, Kept};

use crate::Work;

/// A plan with the version that guards its replacement.
pub(crate) struct Planned {
    pub(crate) plan: ReopenPlan,
    pub(crate) version: u64,
}

pub(crate) fn to_value(plan: &ReopenPlan) -> serde_json::Value {
    serde_json::to_value(plan).expect("plans are plain data")
}

pub(crate) fn planned(kept: Kept) -> Result<Planned, Failure> {
    let plan = serde_json::from_value(kept.plan).map_err(|error| {
        Failure::mend("a stored reopening plan cannot be read", error.to_string())
    })?;
    Ok(Planned {
        plan,
        version: kept.version,
    })
}

impl Work<'_> {
    /// The plan that stands. A refused one is made anew by a replay.
    pub(crate) async fn plan(&self) -> Result<Planned, Failure> {
        let key = plan_key(&self.event.response);
        match self.deps.plans.load(&key).await? {
            Some(kept) => {
                let standing = planned(kept)?;
                match standing.plan.progress {
                    Progress::Refused { .. } if self.event.replay => {
                        self.plan_again(standing.version).await
                    }
                    _ => Ok(standing),
                }
            }
            None => planned(
                self.deps
                    .plans
                    .keep_first(&key, &to_value(&self.make_plan().await?))
                    .await?,
            ),
        }
    }

    /// Reads and decides again, and replaces the plan of the version given, unless another did.
    pub(crate) async fn plan_again(&self, version: u64) -> Result<Planned, Failure> {
        let key = plan_key(&self.event.response);
        planned(
            self.deps
                .plans
                .replace(&key, version, &to_value(&self.make_plan().await?))
                .await?,
        )
    }

    async fn make_plan(&self) -> Result<ReopenPlan, Failure> {
        let (verdicts, broken) = judge(self.thresholds, self.response, &self.event.notification);
        let case = self.desk.read_case(self.case).await?;
        let course = match broken {
            None => Course::Nothing {
                why: untouched(&verdicts),
            },
            Some(threshold) => {
                let known = self.known(threshold, case.clone()).await?;
                decide(self.response, threshold, &known)
                    .map_err(|refused| Failure::park(refused.reason, ""))?
            }
        };
        let ticket = match &case {
            Some(case) => case.ticket.clone(),
            None => self
                .old_ticket()
                .await?
                .unwrap_or_else(|| self.case.to_string()),
        };
        Ok(ReopenPlan {
            response: self.event.response.clone(),
            case: self.case,
            ticket,
            configuration: self.applied.version,
            verdicts,
            resolved_at: case.and_then(|case| case.resolved_at),
            course,
            progress: Progress::Intended,
        })
    }

    async fn known(
        &self,
        threshold: &Threshold,
        case: Option<CaseFacts>,
    ) -> Result<Known, Failure> {
        let member = self.event.response.to_string();
        let reopened_before = match threshold.at_most {
            Some(_) => {
                self.deps
                    .claims
                    .others(&reopened_key(self.case), &member)
                    .await?
            }
            None => 0,
        };
        let queue = match &threshold.queue {
            Some(name) => Some(self.desk.queue(name).await?),
            None => None,
        };
        let mut known = Known {
            case,
            reopened_before,
            queue,
            ..Known::default()
        };
        if known.case.is_none() {
            known.old_ticket = self.old_ticket().await?;
            let keys = customer_keys(self.response);
            if !keys.is_empty() {
                known.customer = self.desk.find_customer(&keys).await?;
            }
        }
        Ok(known)
    }

    /// The ticket number of a case that is gone, from the loop that opened it.
    async fn old_ticket(&self) -> Result<Option<String>, Failure> {
        let Some(loop_id) = self.deps.loops.of_case(self.case).await? else {
            return Ok(None);
        };
        Ok(self
            .deps
            .loops
            .load(&loop_id)
            .await?
            .and_then(|history| history.head.ticket))
    }
}

fn untouched(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        "no threshold is set".to_owned()
    } else {
        format!("no threshold was broken: {}", in_words(verdicts))
    }
}

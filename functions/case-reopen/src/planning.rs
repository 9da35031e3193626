//! The plan for one rating: the stored one, or a new one from the case as it is now.

use std::collections::BTreeSet;

use cxloop_domain::case_reopen::{
    Course, Known, Progress, ReopenPlan, decide, judge, plan_key, reopened_key,
};
use cxloop_domain::cases::{CaseFacts, CustomerKeys, CustomerRef};
use cxloop_domain::configuration::Threshold;
use cxloop_domain::customers::{CustomerSearch, choose};
use cxloop_domain::loops::LoopHistory;
use cxloop_domain::response::Response;
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
    // The error's own words would quote the plan, which holds what the customer wrote.
    let plan = serde_json::from_value(kept.plan).map_err(|error| {
        Failure::mend(
            "a stored reopening plan cannot be read",
            format!("{:?} error", error.classify()),
        )
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
        let Some(kept) = self.deps.plans.load(&key).await? else {
            let made = to_value(&self.make_plan(BTreeSet::new()).await?);
            return planned(self.deps.plans.keep_first(&key, &made).await?.kept);
        };
        let standing = planned(kept)?;
        if standing
            .plan
            .is_open_to(&self.event.notification, self.event.replay)
        {
            self.plan_again(&standing).await
        } else {
            Ok(standing)
        }
    }

    /// Reads and decides again, and replaces the plan that stands, unless another did.
    pub(crate) async fn plan_again(&self, standing: &Planned) -> Result<Planned, Failure> {
        let key = plan_key(&self.event.response);
        let made = to_value(&self.make_plan(standing.plan.judged.clone()).await?);
        planned(
            self.deps
                .plans
                .replace(&key, standing.version, &made)
                .await?,
        )
    }

    async fn make_plan(&self, mut judged: BTreeSet<String>) -> Result<ReopenPlan, Failure> {
        judged.insert(self.event.notification.clone());
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
            judged,
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
            known.customer = self.customer_of_a_gone_case().await?;
        }
        Ok(known)
    }

    /// Whose case it was: by what the rating says of the customer, else by the response that had opened the case.
    async fn customer_of_a_gone_case(&self) -> Result<Option<CustomerRef>, Failure> {
        if let Some(customer) = self.customer(self.response).await? {
            return Ok(Some(customer));
        }
        let Some(history) = self.opening_loop().await? else {
            return Ok(None);
        };
        match self.deps.responses.load(&history.head.response).await? {
            Some(opening) => self.customer(&opening.response).await,
            None => Ok(None),
        }
    }

    /// Who it is by the keys of a response. A hash alone finds nobody here: the case it is about is gone, and what is
    /// opened in its place has the customer of the response that had opened it.
    async fn customer(&self, response: &Response) -> Result<Option<CustomerRef>, Failure> {
        let keys = CustomerKeys {
            email_hash: None,
            ..customer_keys(response)
        };
        if keys.is_empty() {
            return Ok(None);
        }
        let found = self.desk.find_customer(&CustomerSearch::by(keys)).await?;
        let customers = &self.applied.configuration.customers;
        let chosen =
            found.and_then(|found| choose(&found, customers).map(|chosen| chosen.customer));
        Ok(chosen)
    }

    async fn old_ticket(&self) -> Result<Option<String>, Failure> {
        Ok(self
            .opening_loop()
            .await?
            .and_then(|history| history.head.ticket))
    }

    /// The loop in which the case was opened, when cxloop had opened it.
    async fn opening_loop(&self) -> Result<Option<LoopHistory>, Failure> {
        match self.deps.loops.of_case(self.case).await? {
            Some(loop_id) => self.deps.loops.load(&loop_id).await,
            None => Ok(None),
        }
    }
}

fn untouched(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        "no threshold is set".to_owned()
    } else {
        format!("no threshold was broken: {}", in_words(verdicts))
    }
}

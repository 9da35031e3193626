//! The plan for one rule: the stored one, or a new one from what the CRM knows.

use cxloop_domain::columns::ColumnValue;
use cxloop_domain::configuration::{CaseRule, Connection, OpenCase};
use cxloop_domain::names::RuleName;
use cxloop_domain::response_to_case::{
    CasePlan, Draft, Known, Progress, Whose, claim_key, decide, draft, plan_key, whose,
};
use cxloop_ports::{Failure, Kept};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Work;

/// A plan with the version that guards its replacement.
pub(crate) struct Planned {
    pub(crate) plan: CasePlan,
    pub(crate) version: u64,
}

pub(crate) fn to_value<T: Serialize>(plan: &T) -> serde_json::Value {
    serde_json::to_value(plan).expect("plans are plain data")
}

pub(crate) fn from_value<T: DeserializeOwned>(
    key: &str,
    value: serde_json::Value,
) -> Result<T, Failure> {
    // The error's own words would quote the plan, which holds what the customer wrote.
    serde_json::from_value(value).map_err(|error| {
        Failure::mend(
            format!("the stored plan {key} cannot be read"),
            format!("{:?} error", error.classify()),
        )
    })
}

pub(crate) fn planned(key: &str, kept: Kept) -> Result<Planned, Failure> {
    Ok(Planned {
        plan: from_value(key, kept.plan)?,
        version: kept.version,
    })
}

impl Work<'_> {
    /// The plan that stands for a rule. A refused one is made anew by a replay. It may stand under a decision that is new: a
    /// response is announced under several names.
    pub(crate) async fn plan(&self, name: &RuleName) -> Result<Planned, Failure> {
        let key = plan_key(&self.event.response, name);
        match self.deps.plans.load(&key).await? {
            Some(kept) => {
                let standing = planned(&key, kept)?;
                match standing.plan.progress {
                    Progress::Refused { .. } if self.event.replay => {
                        let made = to_value(&self.make_plan(name).await?);
                        planned(
                            &key,
                            self.deps
                                .plans
                                .replace(&key, standing.version, &made)
                                .await?,
                        )
                    }
                    _ => Ok(standing),
                }
            }
            None => {
                let made = to_value(&self.make_plan(name).await?);
                planned(&key, self.deps.plans.keep_first(&key, &made).await?.kept)
            }
        }
    }

    /// A new plan, stored nowhere yet.
    pub(crate) async fn make_plan(&self, name: &RuleName) -> Result<CasePlan, Failure> {
        let rule = self.rules.rule(name).ok_or_else(|| {
            Failure::park(format!("rule {name} was chosen by an earlier configuration and is gone; replay to decide anew"), "")
        })?;
        let draft = self.draft(rule).await?;
        let whose = self.whose().await?;
        match rule.open_case {
            OpenCase::New => self.opening(&draft, &whose, None).await,
            // A stand-in is nobody in particular: strangers do not share a case.
            OpenCase::Attach if whose.stand_in => self.opening(&draft, &whose, None).await,
            OpenCase::Attach => {
                let claim = claim_key(&draft.rule, &whose.customer);
                self.opening(&draft, &whose, Some(claim)).await
            }
        }
    }

    async fn draft(&self, rule: &CaseRule) -> Result<Draft, Failure> {
        let connection = self
            .applied
            .configuration
            .connections
            .get(&self.event.response.connection);
        let note = match connection {
            Some(Connection::Wxm(wxm)) => Some(wxm.note.as_str()),
            Some(Connection::Standard(_) | Connection::Dynamics(_)) | None => None,
        };
        let customer = if self.rules.customer_columns().is_empty() {
            None
        } else {
            self.customer_columns().await?
        };
        draft(
            rule,
            self.response,
            &self.event.notification,
            note,
            customer,
        )
        .map_err(|refused| Failure::park(refused.reason, ""))
    }

    async fn whose(&self) -> Result<Whose, Failure> {
        whose(
            self.response,
            self.found().await?,
            &self.applied.configuration.customers,
        )
        .map_err(|reason| Failure::park(reason, ""))
    }

    async fn opening(
        &self,
        draft: &Draft,
        whose: &Whose,
        claim: Option<String>,
    ) -> Result<CasePlan, Failure> {
        let mut known = Known {
            customer: Some(whose.customer.clone()),
            ..Known::default()
        };
        if let Some(queue) = &draft.queue {
            known.queue = Some(self.desk.queue(queue).await?);
        }
        if let Some(owner) = &draft.owner {
            known.owner = Some(self.desk.owner(owner).await?);
        }
        for (column, value) in &draft.columns {
            if let ColumnValue::ChoiceLabel(label) = value {
                let choice = self.desk.choice(column.as_str(), label).await?;
                known.choices.insert(column.clone(), choice);
            }
        }
        Ok(decide(self.response, draft, whose, &known, claim))
    }
}

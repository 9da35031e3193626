//! Which open case a customer already has from a rule, under a claim of customer and rule.
//!
//! The claim's holder is the response whose case it is. Its case is active: we attach. Its case is closed
//! or gone: we take the claim over. Its plan is stored but not carried out: we carry it out (every
//! write is harmless twice) and attach. No plan stored yet: we take over.
//!
//! That two responses at the same moment make one case rests on an order of writes and reads. Who holds
//! the claim stores its plan and *then* looks at the claim again; who takes over writes the claim and
//! *then* looks at the former holder's plan again. At least one of the two sees the other. All holders
//! whose plan nobody has seen yet stay written in the claim, so that neither a third response nor a crash
//! in between makes anybody forget that look.

use cxloop_domain::cases::CaseState;
use cxloop_domain::identity;
use cxloop_domain::names::{ResponseKey, RuleName};
use cxloop_domain::response_to_case::{CasePlan, Course, Progress, plan_key};
use cxloop_ports::{Failure, Remedy};
use uuid::Uuid;

use crate::Work;
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

/// The value of a claim: its holder, and those it was taken over from before they had stored a plan.
struct Claimed {
    text: String,
}

impl Claimed {
    fn by(holder: &ResponseKey) -> Self {
        Self {
            text: holder.to_string(),
        }
    }

    /// The claim in the next hands. Once the holder's plan was seen, whoever came before it is settled.
    fn taken_over(&self, by: &ResponseKey, plan_seen: bool) -> Self {
        let former = if plan_seen { self.holder() } else { &self.text };
        Self {
            text: format!("{by} {former}"),
        }
    }

    fn holder(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }

    fn former(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').skip(1)
    }
}

/// What an earlier holder of the claim has come to.
enum Earlier {
    /// It has stored no plan.
    Unplanned,
    /// It had a case, which is closed or gone.
    Closed,
    /// Its case is open, or was opened for it now.
    Open(Standing),
}

impl Work<'_> {
    /// Finds the customer's open case from a rule, or makes the claim ours.
    pub(crate) async fn standing(&self, rule: &RuleName, claim: &str) -> Result<Standing, Failure> {
        let us = &self.event.response;
        let ours = us.to_string();
        let mut claimed = self.claimed(claim).await?;
        for _ in 0..LOOKS {
            if claimed.holder() == ours {
                return self
                    .ours_unless_a_former_holder_went_on(rule, claim, &claimed)
                    .await;
            }
            let plan_seen = match self.earlier(claimed.holder(), rule).await? {
                Earlier::Open(standing) => return Ok(standing),
                Earlier::Closed => true,
                Earlier::Unplanned => false,
            };
            let next = claimed.taken_over(us, plan_seen);
            claimed = Claimed {
                text: self
                    .deps
                    .claims
                    .take_over(claim, &claimed.text, &next.text)
                    .await?,
            };
        }
        Err(Failure::come_back(
            2,
            "the customer's open case keeps changing hands",
        ))
    }

    /// The second look of who took over. A former holder that has stored its plan meanwhile may be opening its
    /// case already: it gets the claim back, and we attach.
    async fn ours_unless_a_former_holder_went_on(
        &self,
        rule: &RuleName,
        claim: &str,
        claimed: &Claimed,
    ) -> Result<Standing, Failure> {
        for former in claimed.former() {
            if let Earlier::Open(standing) = self.earlier(former, rule).await? {
                self.deps
                    .claims
                    .take_over(claim, &claimed.text, former)
                    .await?;
                return Ok(standing);
            }
        }
        Ok(Standing::Ours)
    }

    async fn claimed(&self, claim: &str) -> Result<Claimed, Failure> {
        let ours = Claimed::by(&self.event.response);
        Ok(Claimed {
            text: self.deps.claims.claim(claim, &ours.text).await?,
        })
    }

    async fn earlier(&self, holder: &str, rule: &RuleName) -> Result<Earlier, Failure> {
        let Ok(holder) = holder.parse::<ResponseKey>() else {
            return Ok(Earlier::Closed);
        };
        let key = plan_key(&holder, rule);
        let Some(kept) = self.deps.plans.load(&key).await? else {
            return Ok(Earlier::Unplanned);
        };
        let plan = planned(&key, kept)?.plan;
        if plan.progress == Progress::Intended {
            self.carry_out_for(&plan).await?;
        }
        let case = identity::case(&holder, rule);
        Ok(match self.desk.read_case(case).await? {
            Some(facts) if facts.state == CaseState::Active => Earlier::Open(Standing::Open {
                case,
                ticket: facts.ticket,
            }),
            _ => Earlier::Closed,
        })
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
            Err(failure) if failure.remedy == Remedy::Park => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Whether a stored plan to open a case may still go ahead: its claim is ours, or its case is there already.
    pub(crate) async fn still_ours(&self, plan: &CasePlan) -> Result<bool, Failure> {
        let (Some(claim), Course::Open(draft)) = (&plan.claim, &plan.course) else {
            return Ok(true);
        };
        if self.claimed(claim).await?.holder() == self.event.response.to_string() {
            return Ok(true);
        }
        Ok(self.desk.read_case(draft.id).await?.is_some())
    }
}

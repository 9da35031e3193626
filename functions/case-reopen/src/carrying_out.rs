//! Carrying a plan out, and deciding again when the case changed meanwhile.

use cxloop_domain::case_reopen::{
    Course, Progress, ReopenPlan, outcome_steps, plan_key, reopened, reopened_key,
};
use cxloop_domain::events::Outgoing;
use cxloop_domain::names::RuleName;
use cxloop_domain::signals::{Signal, Verdict, milliseconds_between};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace;
use cxloop_ports::{Failure, ReopenOutcome, TiedCase};
use uuid::Uuid;

use crate::Work;
use crate::planning::{Planned, to_value};

/// How often one message reads and decides again before it lets the queue deliver it anew.
const DECISIONS: usize = 4;

/// What the customer's matter is in after the plan.
struct Outcome {
    case: Uuid,
    new_ticket: Option<String>,
}

impl Work<'_> {
    pub(crate) async fn plan_and_carry_out(&self) -> Result<(), Failure> {
        let mut standing = self.plan().await?;
        for _ in 0..DECISIONS {
            match standing.plan.progress {
                Progress::Done | Progress::Refused { .. } => return Ok(()),
                Progress::Intended => {}
            }
            match self.apply(&standing.plan).await? {
                Some(outcome) => return self.finish(&standing, outcome).await,
                None => standing = self.plan_again(&standing).await?,
            }
        }
        Err(Failure::retry(
            "the case changes faster than it can be decided on",
            "",
        ))
    }

    /// Writes what the plan says. `None` when the case is no longer the one that was decided on.
    async fn apply(&self, plan: &ReopenPlan) -> Result<Option<Outcome>, Failure> {
        let same_case = Outcome {
            case: plan.case,
            new_ticket: None,
        };
        match &plan.course {
            Course::Reopen { reopening, .. } => {
                // Counted first: a reopening whose answer was lost counts against the most there may be.
                let (set, member) = (reopened_key(plan.case), self.event.response.to_string());
                self.deps.claims.join(&set, &member).await?;
                match self.desk.reopen(reopening).await? {
                    ReopenOutcome::Reopened | ReopenOutcome::AlreadyDone => Ok(Some(same_case)),
                    ReopenOutcome::Changed => {
                        self.deps.claims.leave(&set, &member).await?;
                        Ok(None)
                    }
                }
            }
            Course::Note { note, .. } => {
                self.desk.add_note(plan.case, note).await?;
                Ok(Some(same_case))
            }
            Course::FollowUp { draft, .. } => {
                let opened = self.desk.open_case(draft).await?;
                Ok(Some(Outcome {
                    case: draft.id,
                    new_ticket: Some(opened.ticket),
                }))
            }
            Course::Nothing { .. } => Ok(Some(same_case)),
        }
    }

    async fn finish(&self, standing: &Planned, outcome: Outcome) -> Result<(), Failure> {
        let plan = &standing.plan;
        let ticket = outcome.new_ticket.as_deref().unwrap_or(&plan.ticket);
        let link = self.desk.case_link(outcome.case);
        let now = self.deps.clock.now();
        let steps = outcome_steps(plan, outcome.new_ticket.as_deref(), &link, now);
        let steps: Vec<_> = steps.into_iter().map(trace::traced).collect();
        if matches!(plan.course, Course::Nothing { .. }) {
            self.deps.loops.record(&self.loop_id, &steps).await?;
        } else {
            let tied = TiedCase {
                id: outcome.case,
                ticket,
            };
            self.deps
                .loops
                .tie_case(&self.loop_id, &tied, &steps)
                .await?;
        }
        // After the tie, by which the case's response is found, and before the plan counts as done.
        if let Course::Reopen { reopening, .. } = &plan.course {
            let change = reopened(&self.crm, reopening, now);
            let change = Outgoing::traced(&change, trace::current());
            self.deps.bus.publish(&change).await?;
        }
        let done = ReopenPlan {
            progress: Progress::Done,
            ..plan.clone()
        };
        let key = plan_key(&plan.response);
        self.deps
            .plans
            .replace(&key, standing.version, &to_value(&done))
            .await?;
        self.tell(plan, &outcome, ticket);
        Ok(())
    }

    /// The line and the counts of a rating that is done with.
    fn tell(&self, plan: &ReopenPlan, outcome: &Outcome, ticket: &str) {
        let verdict = plan.course.verdict();
        let milliseconds = milliseconds_between(self.response.submitted_at, self.deps.clock.now());
        tracing::info!(
            { fields::OUTCOME } = outcomes::ACTED_ON,
            { fields::RESPONSE } = %plan.response,
            { fields::CONFIGURATION } = plan.configuration,
            { fields::VERDICT } = verdict.as_str(),
            { fields::RULES } = plan.course.threshold().map(RuleName::as_str),
            { fields::CASE } = %outcome.case,
            { fields::TICKET } = ticket,
            { fields::MILLISECONDS_TO_CASE } = milliseconds,
            "the thresholds were held against a rating, and what they ask for is done"
        );
        let connection = &plan.response.connection;
        self.deps.signals.count(Signal::Decided {
            connection,
            verdict,
        });
        if matches!(verdict, Verdict::Reopen | Verdict::FollowUp) {
            self.deps.signals.count(Signal::SecondsToCase {
                connection,
                milliseconds,
            });
        }
    }
}

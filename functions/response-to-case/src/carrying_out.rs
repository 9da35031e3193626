//! Carrying a plan out: contact, case with queue item and note, note on the response, record.

use cxloop_domain::identity;
use cxloop_domain::names::RuleName;
use cxloop_domain::response_to_case::{
    CasePlan, Course, Progress, done_steps, failed_step, plan_key, response_note,
};
use cxloop_ports::{Failure, Noted, Remedy};
use jiff::SignedDuration;

use crate::Work;
use crate::planning::{Planned, planned, to_value};

/// How long one worker may be at the note of a response before another takes it for dead, in seconds.
const NOTE_LEASE_SECONDS: i64 = 60;
/// How soon a message comes back that found the note in another's hands, in seconds.
const NOTE_AGAIN_SECONDS: u32 = 5;

impl Work<'_> {
    /// Plans and carries out one rule. What is refused for good is put aside with its reason.
    pub(crate) async fn rule(&self, name: &RuleName) -> Result<(), Failure> {
        match self.plan_and_carry_out(name).await {
            Err(failure) if failure.remedy == Remedy::Park => self.put_aside(name, &failure).await,
            outcome => outcome,
        }
    }

    async fn plan_and_carry_out(&self, name: &RuleName) -> Result<(), Failure> {
        let mut planned = self.plan(name).await?;
        match &planned.plan.progress {
            Progress::Done { .. } | Progress::Refused { .. } => return Ok(()),
            Progress::Intended => {}
        }
        if !self.still_ours(&planned.plan).await? {
            planned = self.plan_again(name, planned.version).await?;
        }
        self.carry_out(&planned).await
    }

    /// Somebody else opened the customer's case meanwhile: the plan is made anew, as a note on that case.
    async fn plan_again(&self, name: &RuleName, version: u64) -> Result<Planned, Failure> {
        let key = plan_key(&self.event.response, name);
        let made = to_value(&self.make_plan(name).await?);
        planned(&key, self.deps.plans.replace(&key, version, &made).await?)
    }

    async fn carry_out(&self, planned: &Planned) -> Result<(), Failure> {
        let plan = &planned.plan;
        if let Some(contact) = &plan.new_contact {
            self.desk.create_contact(contact).await?;
        }
        let ticket = match &plan.course {
            Course::Open(draft) => self.desk.open_case(draft).await?.ticket,
            Course::Attach { case, ticket, note } => {
                self.desk.add_note(*case, note).await?;
                ticket.clone()
            }
        };
        let case = plan.course.case();
        let loop_id = self.event.response.loop_id();
        self.deps.loops.tie_case(&loop_id, case, &ticket).await?;
        let noted = self.note_response(plan, &ticket).await?;
        let steps = done_steps(
            plan,
            &ticket,
            &self.desk.case_link(case),
            noted,
            self.deps.clock.now(),
        );
        self.deps.loops.record(&loop_id, &steps).await?;
        let done = CasePlan {
            progress: Progress::Done {
                ticket: ticket.clone(),
            },
            ..plan.clone()
        };
        let key = plan_key(&plan.response, &plan.rule);
        self.deps
            .plans
            .replace(&key, planned.version, &to_value(&done))
            .await?;
        tracing::info!(response = %plan.response, rule = %plan.rule, case = %case, ticket, "case plan carried out");
        Ok(())
    }

    /// Puts the ticket number on the response. Platforms have no keys on notes, so one worker at a time
    /// looks for the marker and writes.
    async fn note_response(&self, plan: &CasePlan, ticket: &str) -> Result<bool, Failure> {
        let Some(template) = &plan.response_note else {
            return Ok(false);
        };
        let deps = self.deps;
        let lease = format!("note/{}", plan.response);
        let now = deps.clock.now();
        let until = now + SignedDuration::from_secs(NOTE_LEASE_SECONDS);
        if !deps.claims.lease(&lease, &deps.worker, now, until).await? {
            return Err(Failure::come_back(
                NOTE_AGAIN_SECONDS,
                "another worker is at the note of this response",
            ));
        }
        let platform = deps
            .platforms
            .platform(self.applied, &plan.response.connection)?;
        let marker = identity::marker(&plan.response, &plan.rule);
        let text = response_note(template, ticket, plan.course.case(), &marker);
        let noted = platform.note(&plan.response.response, &marker, &text).await;
        deps.claims.release(&lease, &deps.worker).await?;
        Ok(noted? != Noted::NotSupported)
    }

    /// Marks the plan as refused and shows why on the loop, with a replay.
    async fn put_aside(&self, name: &RuleName, failure: &Failure) -> Result<(), Failure> {
        let key = plan_key(&self.event.response, name);
        tracing::error!(response = %self.event.response, rule = %name, detail = failure.detail, "case plan parked");
        if let Some(kept) = self.deps.plans.load(&key).await? {
            let Planned { plan, version } = planned(&key, kept)?;
            let refused = CasePlan {
                progress: Progress::Refused {
                    reason: failure.message.clone(),
                },
                ..plan
            };
            self.deps
                .plans
                .replace(&key, version, &to_value(&refused))
                .await?;
        }
        let step = failed_step(self.event, name, &failure.message, self.deps.clock.now());
        self.deps
            .loops
            .record(&self.event.response.loop_id(), &[step])
            .await
    }
}

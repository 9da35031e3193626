//! Carrying a plan out: contact, case with queue item and note, note on the response, record.

use cxloop_domain::case_write_back::Follower;
use cxloop_domain::cases::CaseState;
use cxloop_domain::identity;
use cxloop_domain::names::RuleName;
use cxloop_domain::response_to_case::{
    CasePlan, Course, Progress, attached, case_steps, failed_step, note_failed_step, noted_step,
    plan_key, response_note,
};
use cxloop_domain::signals::{Signal, milliseconds_between};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::{Lease, follow, trace, unfollow};
use cxloop_ports::{Failure, Lane, Noted, Remedy, TiedCase};

use crate::Work;
use crate::attach::Standing;
use crate::planning::{Planned, planned, to_value};

/// How soon a message comes back that found the note in another's hands, in seconds.
const NOTE_AGAIN_SECONDS: u32 = 5;
/// How many requests to the platform a note is: looking for the marker, and writing.
const NOTE_REQUESTS: u32 = 2;
/// How often one message plans anew before it comes back later.
const DECISIONS: usize = 4;
/// How soon it comes back then, in seconds.
const PLAN_AGAIN_SECONDS: u32 = 2;

impl Work<'_> {
    /// Plans and carries out one rule. What is refused for good is put aside with its reason.
    pub(crate) async fn rule(&self, name: &RuleName) -> Result<(), Failure> {
        match self.plan_and_carry_out(name).await {
            Err(failure) if failure.remedy == Remedy::Park => self.put_aside(name, &failure).await,
            outcome => outcome,
        }
    }

    async fn plan_and_carry_out(&self, name: &RuleName) -> Result<(), Failure> {
        let mut standing = self.plan(name).await?;
        for _ in 0..DECISIONS {
            match &standing.plan.progress {
                Progress::Done { .. } | Progress::Refused { .. } => return Ok(()),
                Progress::Opened { ticket } => return self.note(&standing, ticket).await,
                Progress::Intended => {}
            }
            standing = match self.other_plan(name, &standing.plan).await? {
                Some(other) => {
                    let stands = self.replace(&standing, &other).await?;
                    self.left(&standing.plan, &stands.plan).await?;
                    stands
                }
                None => self.open(&standing).await?,
            };
        }
        Err(Failure::come_back(
            PLAN_AGAIN_SECONDS,
            "the customer's open case keeps changing",
        ))
    }

    /// The plan to run instead, when what a plan under `open_case: attach` rests on has changed: somebody else has the
    /// customer's open case, or the case to attach to was closed.
    async fn other_plan(
        &self,
        name: &RuleName,
        plan: &CasePlan,
    ) -> Result<Option<CasePlan>, Failure> {
        match (&plan.course, &plan.claim) {
            (Course::Open(draft), Some(claim)) => match self.standing(name, claim, draft.id).await?
            {
                Standing::Ours => Ok(None),
                Standing::Open { case, ticket } => Ok(Some(attached(plan, draft, case, &ticket))),
            },
            (Course::Open(_), None) => Ok(None),
            (Course::Attach { case, .. }, _) => match self.desk.read_case(*case).await? {
                Some(facts) if facts.state == CaseState::Active => Ok(None),
                Some(_) | None => self.make_plan(name).await.map(Some),
            },
        }
    }

    /// Makes the case stand and shows it on the loop.
    async fn open(&self, standing: &Planned) -> Result<Planned, Failure> {
        let plan = &standing.plan;
        if let Some(contact) = &plan.new_contact {
            self.desk.create_contact(contact).await?;
        }
        let ticket = match &plan.course {
            Course::Open(draft) => self.desk.open_case(draft).await?.ticket,
            Course::Attach { case, ticket, note } => {
                let plans = self.deps.plans.as_ref();
                follow(plans, *case, &follower(plan)).await?;
                self.desk.add_note(*case, note).await?;
                ticket.clone()
            }
        };
        let case = plan.course.case();
        let steps = case_steps(
            plan,
            &ticket,
            &self.desk.case_link(case),
            self.deps.clock.now(),
        );
        let steps = self.with_untold(steps.into_iter().map(trace::traced).collect());
        let tied = TiedCase {
            id: case,
            ticket: &ticket,
        };
        let loop_id = self.event.response.loop_id();
        self.deps.loops.tie_case(&loop_id, &tied, &steps).await?;
        self.tell_case(plan, &ticket);
        let progress = match &plan.response_note {
            Some(_) => Progress::Opened { ticket },
            None => Progress::Done { ticket },
        };
        self.advance(standing, progress).await
    }

    /// An attempt to add the response to a case may have died after the case's changes began to be told to it. They are told no
    /// longer, unless the plan that stands now adds it to the same case: another worker's went through.
    async fn left(&self, before: &CasePlan, stands: &CasePlan) -> Result<(), Failure> {
        let adds_to = |plan: &CasePlan| match (&plan.course, &plan.progress) {
            (_, Progress::Refused { .. }) | (Course::Open(_), _) => None,
            (Course::Attach { case, .. }, _) => Some(*case),
        };
        match adds_to(before) {
            Some(case) if adds_to(stands) != Some(case) => {
                unfollow(self.deps.plans.as_ref(), case, &follower(before)).await
            }
            _ => Ok(()),
        }
    }

    /// The line of a case that stands, and how long the customer waited for it. Told again only when a worker dies
    /// between here and the end of its plan.
    fn tell_case(&self, plan: &CasePlan, ticket: &str) {
        let milliseconds = milliseconds_between(self.response.submitted_at, self.deps.clock.now());
        tracing::info!(
            { fields::OUTCOME } = outcomes::CASE_STANDS,
            { fields::RESPONSE } = %plan.response,
            { fields::RULES } = plan.rule.as_str(),
            { fields::CASE } = %plan.course.case(),
            { fields::TICKET } = ticket,
            { fields::MILLISECONDS_TO_CASE } = milliseconds,
            "the case of a response stands"
        );
        if let Course::Open(_) = &plan.course {
            self.deps.signals.count(Signal::SecondsToCase {
                connection: &plan.response.connection,
                milliseconds,
            });
        }
    }

    fn tell_parked(&self) {
        self.deps.signals.count(Signal::Parked {
            connection: Some(&self.event.response.connection),
        });
    }

    /// Puts the ticket number on the response. What the platform refuses for good is shown and leaves the case
    /// as it stands.
    async fn note(&self, standing: &Planned, ticket: &str) -> Result<(), Failure> {
        let plan = &standing.plan;
        let now = self.deps.clock.now();
        let step = match self.write_note(plan, ticket).await {
            Ok(Noted::Written | Noted::AlreadyThere) => Some(noted_step(plan, ticket, now)),
            Ok(Noted::NotSupported) => None,
            Err(failure) if failure.remedy == Remedy::Park => {
                tracing::error!(
                    { fields::OUTCOME } = outcomes::NOT_NOTED,
                    { fields::RESPONSE } = %plan.response,
                    { fields::RULES } = plan.rule.as_str(),
                    { fields::TICKET } = ticket,
                    { fields::DETAIL } = failure.detail,
                    "the case stands, and its response could not be noted"
                );
                self.tell_parked();
                let step = note_failed_step(self.event, plan, ticket, &failure.message, now);
                let step = trace::traced_failure(step, &failure);
                return self.tell_loop(vec![step]).await;
            }
            Err(failure) => return Err(failure),
        };
        if let Some(step) = step {
            self.tell_loop(vec![trace::traced(step)]).await?;
        }
        self.advance(
            standing,
            Progress::Done {
                ticket: ticket.to_owned(),
            },
        )
        .await
        .map(|_| ())
    }

    /// Platforms have no keys on notes, so one worker at a time looks for the marker and writes.
    async fn write_note(&self, plan: &CasePlan, ticket: &str) -> Result<Noted, Failure> {
        let Some(template) = &plan.response_note else {
            return Ok(Noted::NotSupported);
        };
        let deps = self.deps;
        let connection = &plan.response.connection;
        deps.gates
            .pass(connection, Lane::Cases, deps.clock.now())
            .await?;
        if let Some(per_second) = self.applied.configuration.requests_per_second(connection) {
            deps.gates
                .take(connection, NOTE_REQUESTS, per_second, deps.clock.now())
                .await?;
        }
        let now = deps.clock.now();
        let claims = deps.claims.as_ref();
        let Some(lease) = Lease::on_response(claims, &deps.worker, &plan.response, now).await?
        else {
            let why = "another worker is at the note of this response";
            return Err(Failure::come_back(NOTE_AGAIN_SECONDS, why));
        };
        let platform = deps.platforms.platform(self.applied, connection)?;
        let marker = identity::marker(&plan.response, &plan.rule);
        let text = response_note(template, ticket, plan.course.case(), &marker);
        let noted = platform.note(&plan.response.response, &marker, &text).await;
        lease.give_back_after(noted).await
    }

    async fn advance(&self, standing: &Planned, progress: Progress) -> Result<Planned, Failure> {
        let next = CasePlan {
            progress,
            ..standing.plan.clone()
        };
        self.replace(standing, &next).await
    }

    async fn replace(&self, standing: &Planned, next: &CasePlan) -> Result<Planned, Failure> {
        let key = plan_key(&standing.plan.response, &standing.plan.rule);
        planned(
            &key,
            self.deps
                .plans
                .replace(&key, standing.version, &to_value(next))
                .await?,
        )
    }

    /// Shows on the loop why a rule made no case, with a replay, and then marks its plan as refused: in this order,
    /// so that a crash in between leaves nothing unseen. A plan that another worker carried out meanwhile stands.
    async fn put_aside(&self, name: &RuleName, failure: &Failure) -> Result<(), Failure> {
        let key = plan_key(&self.event.response, name);
        let standing = match self.deps.plans.load(&key).await? {
            Some(kept) => Some(planned(&key, kept)?),
            None => None,
        };
        let made = |plan: &CasePlan| {
            matches!(
                plan.progress,
                Progress::Opened { .. } | Progress::Done { .. }
            )
        };
        if standing
            .as_ref()
            .is_some_and(|standing| made(&standing.plan))
        {
            return Ok(());
        }
        tracing::error!(
            { fields::OUTCOME } = outcomes::PARKED,
            { fields::RESPONSE } = %self.event.response,
            { fields::RULES } = name.as_str(),
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } = failure.service_request_id.map(tracing::field::display),
            "a rule could not be carried out and was put aside"
        );
        self.tell_parked();
        let step = failed_step(self.event, name, &failure.message, self.deps.clock.now());
        let step = trace::traced_failure(step, failure);
        self.tell_loop(vec![step]).await?;
        if let Some(standing) = standing {
            let refused = Progress::Refused {
                reason: failure.message.clone(),
            };
            let stands = self.advance(&standing, refused).await?;
            self.left(&standing.plan, &stands.plan).await?;
        }
        Ok(())
    }
}

/// The response of a plan, as one that follows the plan's case.
pub(crate) fn follower(plan: &CasePlan) -> Follower {
    Follower {
        response: plan.response.clone(),
        case: plan.course.case(),
    }
}

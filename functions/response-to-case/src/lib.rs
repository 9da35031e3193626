//! Opens exactly one case for each response and rule.
//!
//! The decision and then each plan are stored before anything is written, and the stored ones are what
//! every retry runs. Rules are carried out one by one: a rule that is refused for good is put aside with
//! its reason and does not keep the others back.

mod attach;
mod carrying_out;
mod customer;
mod planning;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cxloop_domain::configuration::Applied;
use cxloop_domain::customers::Found;
use cxloop_domain::events::ResponseReceived;
use cxloop_domain::loops::{Step, waiting_step};
use cxloop_domain::names::{ConnectionName, RuleName};
use cxloop_domain::response::{Kind, Response};
use cxloop_domain::response_to_case::{
    CaseRules, Decision, decided_after_all_step, decided_step, decision_key, judge, undecided_step,
};
use cxloop_domain::signals::{Signal, Verdict};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::{PerVersion, trace};
use cxloop_ports::{
    AddressIndex, CaseDesk, CaseDesks, Claims, Clock, Configurations, Failure, Gates, Loops, Plans,
    Remedy, Responses, Signals, SurveyPlatforms,
};
use tokio::sync::OnceCell;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// The rules.
    pub configurations: Arc<dyn Configurations>,
    /// The responses.
    pub responses: Arc<dyn Responses>,
    /// Decisions and plans.
    pub plans: Arc<dyn Plans>,
    /// One open case per customer and rule; one note at a time.
    pub claims: Arc<dyn Claims>,
    /// Who has an e-mail address with a hash.
    pub addresses: Arc<dyn AddressIndex>,
    /// The record for people.
    pub loops: Arc<dyn Loops>,
    /// Which connections are closed.
    pub gates: Arc<dyn Gates>,
    /// The CRM.
    pub desks: Arc<dyn CaseDesks>,
    /// The survey platforms, for notes.
    pub platforms: Arc<dyn SurveyPlatforms>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts decisions, cases and what is put aside.
    pub signals: Arc<dyn Signals>,
    /// This worker's name for leases, unlike that of any other.
    pub worker: String,
    /// The rules of the configuration version seen last.
    pub parsed: PerVersion<CaseRules>,
}

/// One message at work: what all its parts look at.
struct Work<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    rules: &'w CaseRules,
    desk: &'w dyn CaseDesk,
    /// The desk's connection.
    connection: &'w ConnectionName,
    /// Who was found, once somebody asked.
    found: OnceCell<Option<Found>>,
    event: &'w ResponseReceived,
    response: &'w Response,
    /// Steps that the loop is told together with the next ones: each telling of its own moves the head of the loop.
    untold: Mutex<Vec<Step>>,
}

/// Holds the rules against a response and carries out what follows. What has to wait says so on the loop.
pub async fn handle(deps: &Deps, event: ResponseReceived) -> Result<(), Failure> {
    if event.kind != Kind::New {
        // Somebody sent dead letters to the wrong queue. Done with here, it would be lost to its own function.
        return Err(Failure::retry(OTHER_QUEUE, "a response about a case"));
    }
    let Err(failure) = decide_and_carry_out(deps, &event).await else {
        return Ok(());
    };
    match failure.remedy {
        Remedy::Park => put_aside(deps, &event, &failure).await,
        Remedy::ComeBack { .. } => Err(failure),
        Remedy::WaitUntil { .. } | Remedy::Retry | Remedy::Mend => {
            let step = waiting_step("response-to-case", &failure.message, deps.clock.now());
            let step = trace::traced_failure(step, &failure);
            // Only told: whether the telling works changes nothing about the message.
            let _ = deps.loops.record(&event.response.loop_id(), &[step]).await;
            Err(failure)
        }
    }
}

const OTHER_QUEUE: &str = "The event belongs into the queue of another function.";

/// Shows on the loop why nothing could be decided, with a replay. What a single rule meets is put aside with that rule.
async fn put_aside(
    deps: &Deps,
    event: &ResponseReceived,
    failure: &Failure,
) -> Result<(), Failure> {
    tracing::error!(
        { fields::OUTCOME } = outcomes::PARKED,
        { fields::RESPONSE } = %event.response,
        { fields::DETAIL } = failure.detail,
        { fields::SERVICE_REQUEST_ID } = failure.service_request_id.map(tracing::field::display),
        "the rules could not be held against a response, which was put aside"
    );
    deps.signals.count(Signal::Parked {
        connection: Some(&event.response.connection),
    });
    let step = undecided_step(event, &failure.message, deps.clock.now());
    let step = trace::traced_failure(step, failure);
    deps.loops.record(&event.response.loop_id(), &[step]).await
}

async fn decide_and_carry_out(deps: &Deps, event: &ResponseReceived) -> Result<(), Failure> {
    let applied = deps.configurations.current().await?;
    let (connection, desk) = deps.desks.desk(&applied)?;
    let Some(stored) = deps.responses.load(&event.response).await? else {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::RESPONSE } = %event.response,
            "the response is not known: it was never taken in, or has expired"
        );
        return Ok(());
    };
    let rules = deps.parsed.of(&applied, CaseRules::parse);
    let work = Work {
        deps,
        applied: &applied,
        rules: &rules,
        desk: desk.as_ref(),
        connection: &connection,
        found: OnceCell::new(),
        event,
        response: &stored.response,
        untold: Mutex::default(),
    };
    let decision = work.decision().await?;
    let done = work.carry_out(&decision).await;
    // What the rules met matters more than whether the decision could be shown.
    let told = work.tell_loop(Vec::new()).await;
    done.and(told)
}

impl Work<'_> {
    /// Carries out every rule that was chosen.
    async fn carry_out(&self, decision: &Decision) -> Result<(), Failure> {
        let mut first_failure: Option<Failure> = None;
        for rule in &decision.chosen {
            let Err(failure) = self.rule(rule).await else {
                continue;
            };
            match &failure.remedy {
                // When the CRM asks for quiet, the other rules keep quiet too.
                Remedy::WaitUntil {
                    connection: asked, ..
                } if asked == self.connection => return Err(failure),
                // A wait for the note on the response is kept, and holds no other rule's case back.
                Remedy::WaitUntil { .. } => first_failure = Some(failure),
                Remedy::ComeBack { .. } | Remedy::Retry | Remedy::Mend | Remedy::Park => {
                    first_failure.get_or_insert(failure);
                }
            }
        }
        first_failure.map_or(Ok(()), Err)
    }

    /// Tells the loop these steps and the ones that nobody told it yet.
    async fn tell_loop(&self, steps: Vec<Step>) -> Result<(), Failure> {
        let steps = self.with_untold(steps);
        if steps.is_empty() {
            return Ok(());
        }
        self.deps
            .loops
            .record(&self.event.response.loop_id(), &steps)
            .await
    }

    /// These steps after the ones that the loop was not told yet, which count as told from here on.
    fn with_untold(&self, steps: Vec<Step>) -> Vec<Step> {
        let mut all =
            std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        all.extend(steps);
        all
    }

    /// The decision that stands for this response and notification: the stored one, or a new one. A replay decides anew,
    /// by the rules of now.
    async fn decision(&self) -> Result<Decision, Failure> {
        let Self { deps, event, .. } = self;
        let key = decision_key(&event.response, &event.notification);
        // Asking for the stored one first spares a judgement, which costs a request only where a condition asks the CRM.
        let look_first = event.replay || self.rules.ask_about_the_customer();
        let standing = if look_first {
            deps.plans.load(&key).await?
        } else {
            None
        };
        let (kept, is_new) = match standing {
            Some(kept) if !event.replay => (kept, false),
            Some(kept) => {
                let made = planning::to_value(&self.judged().await?);
                (deps.plans.replace(&key, kept.version, &made).await?, true)
            }
            None => {
                let made = planning::to_value(&self.judged().await?);
                let first = deps.plans.keep_first(&key, &made).await?;
                (first.kept, first.new)
            }
        };
        let decision: Decision = planning::from_value(&key, kept.plan)?;
        let loop_id = event.response.loop_id();
        let now = deps.clock.now();
        let mut steps = vec![decided_step(event, &decision, now)];
        if event.replay
            && let Some(history) = deps.loops.load(&loop_id).await?
        {
            steps.extend(decided_after_all_step(event, &history.steps, now));
        }
        let steps = steps.into_iter().map(trace::traced);
        self.untold
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(steps);
        if is_new {
            self.tell_decision(&decision);
        }
        Ok(decision)
    }

    /// A new decision, stored nowhere yet. The customer is looked for first where a condition asks about them.
    async fn judged(&self) -> Result<Decision, Failure> {
        let customer = if self.rules.ask_about_the_customer() {
            self.customer_columns().await?
        } else {
            None
        };
        Ok(judge(
            self.rules,
            self.response,
            &self.event.notification,
            self.applied.version,
            customer,
        ))
    }

    /// The line and the count of a decision: told when it is made, and not again when its message is.
    fn tell_decision(&self, decision: &Decision) {
        let verdict = Verdict::of(decision);
        tracing::info!(
            { fields::OUTCOME } = outcomes::DECIDED,
            { fields::RESPONSE } = %self.event.response,
            { fields::CONFIGURATION } = decision.configuration,
            { fields::VERDICT } = verdict.as_str(),
            { fields::RULES } = %InAList(&decision.chosen),
            "the rules were held against a response"
        );
        self.deps.signals.count(Signal::Decided {
            connection: &self.event.response.connection,
            verdict,
        });
    }
}

/// Names one after another, with commas.
struct InAList<'n>(&'n [RuleName]);

impl fmt::Display for InAList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

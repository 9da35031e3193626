//! Writes back to a response what an agent does with its case: notes for people, fields for analysis.
//!
//! An event only says that something changed. The case is read again and compared with what was written last; what differs is
//! stored as intended, written, and stored as written. Changes that come soon after a look are read together by one follow-up,
//! and one worker at a time is at a response.

mod following;
mod looking;
mod standing;
mod writing;

use std::sync::Arc;

use cxloop_domain::case_write_back::{
    FollowUp, REPLAY, Turn, WHOLE, WriteBackState, busy, failed_step, is_known, not_supported_step,
    turn,
};
use cxloop_domain::configuration::{Applied, WriteBack};
use cxloop_domain::events::Event;
use cxloop_domain::loops::waiting_step;
use cxloop_domain::names::{ConnectionName, ResponseKey};
use cxloop_domain::record_changed::RecordChanged;
use cxloop_domain::signals::Signal;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::{Lease, trace};
use cxloop_ports::{
    CaseRecordDesks, CaseRecords, Claims, Clock, Configurations, Failure, Gates, Lane, Loops,
    Plans, Remedy, Signals, SurveyPlatform, SurveyPlatforms,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::standing::Standing;

/// How soon a replay comes back that found the response in another's hands, in seconds.
const AGAIN_SECONDS: u32 = 5;
/// How long a change of a case that cxloop may have opened waits for the case to be tied to its response.
const UNTIED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How soon it comes back meanwhile, in seconds.
const UNTIED_AGAIN_SECONDS: u32 = 60;
/// How many requests to the platform a write-back is: one read and two writes.
const PLATFORM_REQUESTS: u32 = 3;
/// How often a message that lost a race looks at what is stored anew before it comes back later.
const RACES: usize = 8;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// What flows back.
    pub configurations: Arc<dyn Configurations>,
    /// What was written, and what is being written.
    pub plans: Arc<dyn Plans>,
    /// One worker at a time for each response.
    pub claims: Arc<dyn Claims>,
    /// Which response a case belongs to; the record for people.
    pub loops: Arc<dyn Loops>,
    /// Which connections are closed.
    pub gates: Arc<dyn Gates>,
    /// The CRM.
    pub records: Arc<dyn CaseRecordDesks>,
    /// The survey platforms.
    pub platforms: Arc<dyn SurveyPlatforms>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts what is written back and what is put aside.
    pub signals: Arc<dyn Signals>,
    /// This worker's name for leases, unlike that of any other.
    pub worker: String,
}

/// One message and one response at work: what all parts look at.
struct Work<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    settings: &'w WriteBack,
    records: &'w dyn CaseRecords,
    /// The connection of the CRM.
    crm: &'w ConnectionName,
    platform: Arc<dyn SurveyPlatform>,
    event: &'w RecordChanged,
    response: ResponseKey,
    /// The case by the id under which the response knows it.
    case: Uuid,
}

/// Reads the case that a change is about and writes what is new of it to its response.
pub async fn handle(deps: &Deps, event: RecordChanged) -> Result<(), Failure> {
    let applied = deps.configurations.current().await?;
    let Some(settings) = &applied.configuration.write_back else {
        return Ok(());
    };
    let (crm, records) = deps.records.records(&applied)?;
    if crm != event.connection {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::CONNECTION } = event.connection.as_str(),
            "the change came from a connection that is not the CRM"
        );
        return Ok(());
    }
    let Some(case) = case_of(&event, records.as_ref()).await? else {
        return Ok(());
    };
    let responses = following::responses_of(deps, case).await?;
    if responses.is_empty() && may_be_tied_soon(case, &event, deps.clock.now()) {
        return Err(Failure::come_back(
            UNTIED_AGAIN_SECONDS,
            "the case was opened just now and belongs to no response yet",
        ));
    }
    let mut worst: Option<Failure> = None;
    let mut quiet: Vec<ConnectionName> = Vec::new();
    for (response, case) in responses {
        // Whoever asked for quiet is not asked for the other responses either.
        if quiet.contains(&crm) || quiet.contains(&response.connection) {
            continue;
        }
        let platform = match deps.platforms.platform(&applied, &response.connection) {
            Ok(platform) => platform,
            // Its connection was taken out of the configuration: nobody can write there any more.
            Err(failure) => {
                tracing::warn!(
                    { fields::OUTCOME } = outcomes::GONE,
                    { fields::RESPONSE } = %response,
                    { fields::DETAIL } = failure.detail,
                    "the response's connection is not configured any more"
                );
                continue;
            }
        };
        let work = Work {
            deps,
            applied: &applied,
            settings,
            records: records.as_ref(),
            crm: &crm,
            platform,
            event: &event,
            response,
            case,
        };
        if let Err(failure) = Box::pin(work.run()).await {
            if let Remedy::WaitUntil { connection, until } = &failure.remedy {
                quiet.push(connection.clone());
                // The queue's worker closes the gate of the failure that it is told, which is one of several. That others learn
                // of it is a kindness: they would be told the same.
                let _ = deps.gates.close(connection, *until).await;
            }
            worst = Some(match worst.take() {
                Some(standing) if weight(&standing) >= weight(&failure) => standing,
                _ => failure,
            });
        }
    }
    worst.map_or(Ok(()), Err)
}

/// Which of several failures the queue is told: what others have to know goes before what only brings this message back.
fn weight(failure: &Failure) -> u8 {
    match failure.remedy {
        Remedy::WaitUntil { .. } => 4,
        Remedy::Mend => 3,
        Remedy::Retry => 2,
        Remedy::Park => 1,
        Remedy::ComeBack { .. } => 0,
    }
}

/// Whether a case looks like one that cxloop opens, whose tie to its response may still be on its way: between the two a
/// function may die or have to wait, while agents see the case already.
fn may_be_tied_soon(case: Uuid, event: &RecordChanged, now: Timestamp) -> bool {
    let is_derived = case.get_version_num() == 5;
    is_derived && now.duration_since(event.happened_at) < UNTIED_FOR
}

/// The case that a change is about, where it is about one.
async fn case_of(
    event: &RecordChanged,
    records: &dyn CaseRecords,
) -> Result<Option<Uuid>, Failure> {
    let is_case = |table: &str| table == "incident";
    if is_case(event.record.table.as_str()) {
        return Ok(Some(event.record.id));
    }
    if let Some(about) = &event.about {
        return Ok(is_case(about.table.as_str()).then_some(about.id));
    }
    records.case_of(&event.record).await
}

impl Work<'_> {
    /// Whether a person asked for what was refused to be tried again.
    fn again(&self) -> bool {
        self.event.operation == REPLAY
    }

    async fn run(&self) -> Result<(), Failure> {
        let loop_id = self.response.loop_id();
        let takes = self.platform.capabilities();
        if !takes.notes && !takes.fields {
            let step = not_supported_step(&self.response, self.deps.clock.now());
            let step = trace::traced(step);
            return self.deps.loops.record(&loop_id, &[step]).await;
        }
        let Err(failure) = self.take_turn().await else {
            return Ok(());
        };
        match failure.remedy {
            Remedy::Park => self.put_aside(&failure).await,
            Remedy::ComeBack { .. } => Err(failure),
            Remedy::WaitUntil { .. } | Remedy::Retry | Remedy::Mend => {
                let now = self.deps.clock.now();
                let step = waiting_step("case-write-back", &failure.message, now);
                let step = trace::traced_failure(step, &failure);
                // Only told: whether the telling works changes nothing about the message.
                let _ = self.deps.loops.record(&loop_id, &[step]).await;
                Err(failure)
            }
        }
    }

    /// Looks now, leaves it to another's follow-up, or takes the follow-up.
    async fn take_turn(&self) -> Result<(), Failure> {
        let every = self.settings.every_seconds;
        let id = self.event.id();
        let standing = self.standing().await?;
        if !self.again() && is_known(&standing.state, self.event) {
            return Ok(());
        }
        let standing = if self.again() {
            standing
        } else {
            let decide = |state: &WriteBackState, now| turn(state, id, every, now);
            match self.now(standing, decide).await? {
                Some(standing) => standing,
                None => return Ok(()),
            }
        };
        let deps = self.deps;
        deps.gates
            .pass(&self.response.connection, Lane::History, deps.clock.now())
            .await?;
        let now = deps.clock.now();
        let claims = deps.claims.as_ref();
        let Some(lease) = Lease::on_response(claims, &deps.worker, &self.response, now).await?
        else {
            if self.again() {
                let why = "another worker is at this response";
                return Err(Failure::come_back(AGAIN_SECONDS, why));
            }
            let decide = |state: &WriteBackState, now| busy(state, id, every, now);
            return self.now(standing, decide).await.map(drop);
        };
        let looked = self.look(standing).await;
        lease.give_back_after(looked).await
    }

    /// What stands, when this message is to look now. `None` when another's follow-up does; a failure that brings the message
    /// back when the follow-up is its own.
    async fn now(
        &self,
        mut standing: Standing,
        decide: impl Fn(&WriteBackState, Timestamp) -> Turn,
    ) -> Result<Option<Standing>, Failure> {
        for _ in 0..RACES {
            let now = self.deps.clock.now();
            match decide(&standing.state, now) {
                Turn::Now => return Ok(Some(standing)),
                Turn::Ends => return Ok(None),
                Turn::Waits(follow_up) => return Err(coming_back(follow_up, now)),
                Turn::Takes(follow_up) => {
                    let taken = WriteBackState {
                        follow_up: Some(follow_up),
                        ..standing.state.clone()
                    };
                    let (kept, is_ours) = self.replace(&standing, &taken).await?;
                    if is_ours {
                        return Err(coming_back(follow_up, now));
                    }
                    standing = kept;
                }
            }
        }
        Err(standing::contended())
    }

    /// Shows on the loop why nothing could be written back, with a replay.
    async fn put_aside(&self, failure: &Failure) -> Result<(), Failure> {
        tracing::error!(
            { fields::OUTCOME } = outcomes::PARKED,
            { fields::RESPONSE } = %self.response,
            { fields::CASE } = %self.case,
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } = failure.service_request_id.map(tracing::field::display),
            "what an agent did could not be written back and was put aside"
        );
        self.deps.signals.count(Signal::Parked {
            connection: Some(&self.response.connection),
        });
        let now = self.deps.clock.now();
        let standing = self.standing().await?;
        let written = &standing.state.written;
        let step = failed_step(self.case, self.crm, written, &failure.message, now);
        let step = trace::traced_failure(step, failure);
        let loop_id = self.response.loop_id();
        self.deps.loops.record(&loop_id, &[step]).await?;
        // What was intended is decided anew by the next look, for it may be what is refused.
        self.change(standing, |state| {
            state.written.refused.insert(WHOLE.to_owned());
            state.intended = None;
        })
        .await
        .map(|_| ())
    }
}

fn coming_back(follow_up: FollowUp, now: Timestamp) -> Failure {
    Failure::come_back(
        follow_up.seconds_from(now),
        "what changed meanwhile is written together",
    )
}

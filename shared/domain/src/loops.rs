//! A loop: what happened from a response over its case to the next response, step by step.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::{ResponseHinted, ResponseReceived};
use crate::identity;
use crate::names::{LoopId, ResponseKey};
use crate::record_changed::RecordChanged;
use crate::survey_trigger::InvitationDue;
use crate::trace::TraceId;

/// One thing that happened, or was decided not to happen, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Identity of the step within its loop, derived from what happened; a repeat keeps the first.
    pub key: String,
    /// What happened.
    pub what: StepKind,
    /// When.
    pub at: Timestamp,
    /// Who did it: a function of cxloop, the customer, or a system. Never a person's name.
    pub actor: Actor,
    /// A sentence for a person: which rule, which value, which ticket. No personal data.
    pub text: String,
    /// The address where the thing can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What a replay needs to run this again, on steps that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// Under which ids the logs tell more.
    #[serde(default, skip_serializing_if = "References::is_empty")]
    pub references: References,
}

/// The ids under which our logs and the CRM's own tell more of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// The trace of the webhook that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// The CRM's own id of the request that failed, which its support asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<Uuid>,
}

impl References {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The kinds of steps, in the usual course of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The platform told of a response.
    ResponseReceived,
    /// The response was fetched, or read from a signed body, and stored.
    ResponseTaken,
    /// Something has to wait, for the reason given; it goes on by itself.
    Waiting,
    /// The rules were held against it: the why and why not of each.
    RulesDecided,
    /// A contact was created for the customer.
    ContactCreated,
    /// A case was opened.
    CaseOpened,
    /// A note was added to a case that the customer already had.
    CaseAttached,
    /// The response on the platform got its note.
    ResponseNoted,
    /// The case was resolved by its agent, as the CRM tells.
    CaseResolved,
    /// The customer answered about the case.
    FollowUpAnswered,
    /// The case was made active again.
    CaseReopened,
    /// A note was left on the case without changing its state.
    CaseNoted,
    /// What the agent did stands on the response.
    WrittenBack,
    /// A new case was opened in place of one that cannot be reopened.
    FollowUpOpened,
    /// A survey about the case is to be sent later, for the reason given.
    InvitationWaits,
    /// A survey about the case was sent.
    InvitationSent,
    /// No survey about the case was sent, or it did not arrive, for the reason given.
    InvitationNotSent,
    /// Nothing was done, for the reason given.
    NothingDone,
    /// Something was refused for good and waits for a person.
    Failed,
    /// A person had it run again.
    Replayed,
}

/// Who acted. In JSON one word: `customer`, `agent`, `operator`, or the function's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// The customer.
    Customer,
    /// An agent in the CRM.
    Agent,
    /// A person at the console or command line.
    Operator,
    /// One of cxloop's functions, by name.
    Function(String),
}

impl Actor {
    /// One of cxloop's functions.
    pub fn function(name: &str) -> Self {
        Self::Function(name.to_owned())
    }
}

impl From<String> for Actor {
    fn from(word: String) -> Self {
        match word.as_str() {
            "customer" => Self::Customer,
            "agent" => Self::Agent,
            "operator" => Self::Operator,
            _ => Self::Function(word),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Customer => "customer".to_owned(),
            Actor::Agent => "agent".to_owned(),
            Actor::Operator => "operator".to_owned(),
            Actor::Function(name) => name,
        }
    }
}

/// What is run again by a replay: the event that led to the failure. Ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// The response is fetched again.
    Hinted(ResponseHinted),
    /// The rules are held against it again, and what was not done is planned anew.
    Received(ResponseReceived),
    /// The row is read again, and what was refused is tried anew.
    Changed(RecordChanged),
    /// The invitation is decided on anew.
    Invitation(InvitationDue),
}

/// The step that says what a function waits for. One for each reason; a repeat keeps the first.
pub fn waiting_step(function: &str, reason: &str, at: Timestamp) -> Step {
    Step {
        key: format!(
            "waiting/{function}/{}",
            identity::derive("waiting", &[reason])
        ),
        what: StepKind::Waiting,
        at,
        actor: Actor::function(function),
        text: format!("{reason} It is tried again."),
        link: None,
        replay: None,
        references: References::default(),
    }
}

/// The head of a loop: what the list shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loop {
    /// Its id.
    pub id: LoopId,
    /// The response that began it.
    pub response: ResponseKey,
    /// The questionnaire.
    pub survey: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When its last step happened.
    pub changed_at: Timestamp,
    /// Where it stands.
    pub state: LoopState,
    /// The case, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Uuid>,
    /// The case's ticket number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The deciding score in words, such as `NPS 3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

/// Where a loop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopState {
    /// Taken in, not yet decided.
    Received,
    /// No rule asked for anything.
    NoAction,
    /// A case is open.
    Open,
    /// The case was resolved, as far as was seen.
    Resolved,
    /// The case was opened again.
    Reopened,
    /// Something failed and waits for a person.
    Failed,
}

impl LoopState {
    /// The state after a further step. Deciding to do nothing changes nothing about a case that is there.
    fn after(self, step: StepKind) -> Self {
        match step {
            StepKind::CaseOpened | StepKind::CaseAttached | StepKind::FollowUpOpened => Self::Open,
            StepKind::CaseReopened => Self::Reopened,
            StepKind::CaseResolved => Self::Resolved,
            StepKind::CaseNoted if matches!(self, Self::Received | Self::NoAction) => Self::Open,
            StepKind::NothingDone if self == Self::Received => Self::NoAction,
            StepKind::ResponseReceived
            | StepKind::ResponseTaken
            | StepKind::Waiting
            | StepKind::RulesDecided
            | StepKind::ContactCreated
            | StepKind::ResponseNoted
            | StepKind::FollowUpAnswered
            | StepKind::CaseNoted
            | StepKind::WrittenBack
            | StepKind::InvitationWaits
            | StepKind::InvitationSent
            | StepKind::InvitationNotSent
            | StepKind::NothingDone
            | StepKind::Failed
            | StepKind::Replayed => self,
        }
    }
}

/// A loop with its history, oldest step first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopHistory {
    /// The head.
    #[serde(flatten)]
    pub head: Loop,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Step {
    /// How two steps of one loop follow each other: by time; at one and the same time by their place in the
    /// usual course of a loop, then by key, so that every reader tells one story.
    pub fn follows(&self, earlier: &Self) -> Ordering {
        (self.at, self.what as u8, &self.key).cmp(&(earlier.at, earlier.what as u8, &earlier.key))
    }
}

/// The state that a history amounts to, in the order of [`Step::follows`]. A failure that nothing has taken the place
/// of stands out whatever else went well.
pub fn state_of(steps: &[Step]) -> LoopState {
    if steps.iter().any(|step| step.what == StepKind::Failed) {
        return LoopState::Failed;
    }
    let mut ordered: Vec<&Step> = steps.iter().collect();
    ordered.sort_by(|a, b| a.follows(b));
    ordered
        .iter()
        .fold(LoopState::Received, |state, step| state.after(step.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(kinds: &[StepKind]) -> LoopState {
        let begin: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let steps: Vec<Step> = kinds
            .iter()
            .zip(0i64..)
            .map(|(what, seconds)| Step {
                key: format!("{seconds}"),
                what: *what,
                at: begin + jiff::SignedDuration::from_secs(seconds),
                actor: Actor::Customer,
                text: String::new(),
                link: None,
                replay: None,
                references: References::default(),
            })
            .collect();
        state_of(&steps)
    }

    #[test]
    fn a_loop_stands_where_its_whole_history_leads() {
        use StepKind as K;
        for (kinds, state) in [
            (&[K::ResponseReceived][..], LoopState::Received),
            (&[K::ResponseReceived, K::NothingDone], LoopState::NoAction),
            (
                &[K::ResponseReceived, K::NothingDone, K::CaseOpened],
                LoopState::Open,
            ),
            (
                &[K::ResponseReceived, K::CaseOpened, K::NothingDone],
                LoopState::Open,
            ),
            (
                &[
                    K::CaseOpened,
                    K::CaseResolved,
                    K::FollowUpAnswered,
                    K::NothingDone,
                ],
                LoopState::Resolved,
            ),
            (
                &[K::CaseOpened, K::CaseResolved, K::CaseReopened],
                LoopState::Reopened,
            ),
            (
                &[K::CaseReopened, K::CaseResolved, K::FollowUpOpened],
                LoopState::Open,
            ),
            (&[K::FollowUpAnswered, K::CaseNoted], LoopState::Open),
            (&[K::CaseResolved, K::CaseNoted], LoopState::Resolved),
            (&[K::Failed, K::CaseOpened], LoopState::Failed),
            (
                &[K::CaseOpened, K::ResponseNoted, K::Failed],
                LoopState::Failed,
            ),
        ] {
            assert_eq!(history(kinds), state, "{kinds:?}");
        }
    }
}

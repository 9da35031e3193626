//! An invitation, from the change that asked for it to its end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reasons::NotSent;
use super::{DeliveryOutcome, InvitationDue, watching::Pending};
use crate::names::{ConnectionName, ResponseKey, RuleName};
use crate::record_changed::Record;

/// The most entries that an invitation's trail keeps.
const TRAIL: usize = 40;

/// One invitation to one survey: kept for whatever becomes of it, and shown. It holds no name and no address, unless a
/// far side's words about a refusal do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id, derived from the rule, the row and how often the row has reached the rule's state.
    pub id: Uuid,
    /// The connection of the CRM.
    pub connection: ConnectionName,
    /// The rule.
    pub rule: RuleName,
    /// The row.
    pub record: Record,
    /// How often the row has reached the rule's state, from 1.
    pub occurrence: u32,
    /// When the row reached the state, by the clock of the CRM.
    pub began_at: Timestamp,
    /// When anything last became of it.
    pub changed_at: Timestamp,
    /// Where it stands.
    pub state: InvitationState,
    /// How often a person has had it decided anew.
    #[serde(default)]
    pub round: u32,
    /// Its survey, once there is one: kept before anybody is told of it, so that a repeat tells of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<OpenSurvey>,
    /// The key under which the person's place is taken, to be given back when nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// Whether it was sent once more after a lost answer. That is done once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resent: bool,
    /// What happened, oldest first, for people.
    #[serde(default)]
    pub trail: Vec<Moment>,
}

/// A survey that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSurvey {
    /// The platform's name for it.
    pub token: String,
    /// Where the person answers.
    pub url: String,
    /// Until when.
    pub valid_until: Timestamp,
}

/// Where an invitation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum InvitationState {
    /// It has to be decided on now.
    Due,
    /// It is looked at again at a moment.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// It is being sent. Found so by another worker, nobody knows whether it went out.
    Sending,
    /// The service took it.
    Sent,
    /// The service says that it arrived.
    Delivered,
    /// The service says that it did not arrive.
    Bounced,
    /// The person called it unwanted.
    Complained,
    /// The person answered.
    Answered {
        /// The response.
        response: ResponseKey,
    },
    /// It was decided not to send it.
    NotSent {
        /// Why.
        reason: NotSent,
    },
    /// Nobody knows whether it went out, and it is not sent again.
    Unknown,
    /// It was refused for good.
    Failed,
}

impl InvitationState {
    /// The word for it in listings and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Waiting { .. } => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Answered { .. } => "answered",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more is done by itself.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Due | Self::Waiting { .. } | Self::Sending)
    }
}

/// One thing that happened to an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// A sentence for a person. Of a refusal it may quote the far side's words, which may hold a row's values.
    pub text: String,
}

impl Invitation {
    /// The invitation of an occurrence, still to be decided on.
    pub fn begun(
        connection: &ConnectionName,
        record: &Record,
        of: &Pending,
        now: Timestamp,
    ) -> Self {
        Self {
            id: of.invitation(connection, record),
            connection: connection.clone(),
            rule: of.rule.clone(),
            record: record.clone(),
            occurrence: of.occurrence,
            began_at: of.at,
            changed_at: now,
            state: InvitationState::Due,
            round: 0,
            survey: None,
            reserved: None,
            resent: false,
            trail: vec![Moment {
                at: of.at,
                text: format!(
                    "The {} reached the state of rule {}.",
                    record.table, of.rule
                ),
            }],
        }
    }

    /// The same invitation in another state, with a sentence about how it came there.
    #[must_use]
    pub fn moved(&self, state: InvitationState, text: impl Into<String>, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.state = state;
        next.changed_at = now;
        next.trail.push(Moment {
            at: now,
            text: text.into(),
        });
        if next.trail.len() > TRAIL {
            // The first sentence says why there is an invitation at all.
            next.trail.remove(1);
        }
        next
    }

    /// What has it looked at again, when it still waits for a moment that has passed; `None` when it went on since.
    pub fn overslept(&self, awaited: Timestamp) -> Option<InvitationDue> {
        let still = matches!(self.state, InvitationState::Waiting { until } if until == awaited);
        still.then(|| InvitationDue {
            connection: self.connection.clone(),
            invitation: self.id,
            replay: None,
        })
    }

    /// The invitation to be decided on anew, because a person asks for it. `None` when it went out, or is on its way anyway.
    pub fn again(&self, now: Timestamp) -> Option<Self> {
        match self.state {
            InvitationState::NotSent { .. }
            | InvitationState::Unknown
            | InvitationState::Failed => {
                let text = "A person had it decided anew.";
                let mut next = self.moved(InvitationState::Due, text, now);
                next.round += 1;
                next.resent = false;
                Some(next)
            }
            _ => None,
        }
    }

    /// What a service's report makes of it; `None` when it says nothing new. A report that comes late takes nothing back: who
    /// has answered was reached.
    pub fn after_report(&self, outcome: &DeliveryOutcome, now: Timestamp) -> Option<Self> {
        use InvitationState as State;
        match (&self.state, outcome) {
            // Such as an answer by a machine that somebody is away: the message is there all the same.
            (State::Delivered, DeliveryOutcome::Bounced(why)) if why.starts_with("Transient") => {
                None
            }
            (State::Sent | State::Sending | State::Unknown, DeliveryOutcome::Delivered) => {
                Some(self.moved(State::Delivered, "It arrived.", now))
            }
            (
                State::Sent | State::Sending | State::Unknown | State::Delivered,
                DeliveryOutcome::Bounced(why),
            ) => {
                let text = format!("It did not arrive: {why}.");
                Some(self.moved(State::Bounced, text, now))
            }
            (
                State::Sent | State::Sending | State::Unknown | State::Delivered,
                DeliveryOutcome::Complained,
            ) => Some(self.moved(State::Complained, "The person called it unwanted.", now)),
            _ => None,
        }
    }

    /// The invitation with its answer; `None` when it has one already.
    pub fn answered(&self, response: &ResponseKey, now: Timestamp) -> Option<Self> {
        if let InvitationState::Answered { .. } = self.state {
            return None;
        }
        let state = InvitationState::Answered {
            response: response.clone(),
        };
        Some(self.moved(state, format!("It was answered: response {response}."), now))
    }
}

/// The key of the one wake-up of an invitation at a moment: letters, digits and hyphens, up to 64 of them.
pub fn key_of_wake_up(invitation: Uuid, at: Timestamp) -> String {
    format!("{}-{}", invitation.simple(), at.as_second())
}

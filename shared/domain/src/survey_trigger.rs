//! Decisions about surveys that a change of a row in the CRM sends: whether a row reached the state of a rule, whom it asks,
//! when, and why not.
//!
//! What was last seen of a row is kept ([`Watched`]), so that an event that comes late or twice is no second change. Each time a
//! row reaches the state of a rule is an occurrence, and each occurrence has one [`Invitation`], whose every end is kept with its
//! reason.

mod arriving;
mod caps;
mod consent;
mod deciding;
mod invitation;
mod person;
mod quiet;
mod reasons;
mod reports;
mod row;
mod steps;
#[cfg(test)]
mod tests;
mod watching;
mod writing;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::Event;
use crate::identity;
use crate::names::ConnectionName;

pub use arriving::Arrival;
pub use caps::{Asked, cap_key, released, reserved};
pub use consent::{Consent, ConsentAsked, consent_needed};
pub use deciding::{Chosen, Draft, Verdict, address_of, of_person, of_row};
pub use invitation::{Invitation, InvitationState, Moment, OpenSurvey, key_of_wake_up};
pub use person::{Address, DoNot, Person, PersonAsked, person_of, phone_number};
pub use quiet::quiet_until;
pub use reasons::NotSent;
pub use reports::{INVITATION_TAG, reported};
pub use row::{SeenRow, columns_of, holds, problem_of_condition, problem_of_template, tables};
pub use steps::{again_step, invitation_step, is_told};
pub use watching::{Observed, Pending, Watched, observe, watch_key};
pub use writing::{Prefilled, Words, prefills, words};

/// The function's name.
pub const FUNCTION: &str = "survey-trigger";

/// The time has come to look at an invitation again: its delay is over, or the quiet hours are. Ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationDue {
    /// The connection of the CRM.
    pub connection: ConnectionName,
    /// Which invitation.
    pub invitation: Uuid,
    /// A person asked for it in this round of the invitation: what was refused, not sent or lost is decided anew. A redelivery
    /// finds the next round and asks for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<u32>,
}

impl Event for InvitationDue {
    const NAME: &'static str = "InvitationDue";

    fn id(&self) -> Uuid {
        identity::event(
            Self::NAME,
            &[self.connection.as_str(), &self.invitation.to_string()],
        )
    }

    fn connection(&self) -> &ConnectionName {
        &self.connection
    }
}

/// What a service tells of a message that it took before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReported {
    /// The invitation, as the message was tagged.
    pub invitation: Uuid,
    /// What became of the message.
    pub outcome: DeliveryOutcome,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// It reached the person's mailbox or phone.
    Delivered,
    /// It could not be delivered, in the service's word for why: `Permanent/General`, `TEXT_BLOCKED`.
    Bounced(String),
    /// The person called it unwanted.
    Complained,
}

//! What comes to the function's queue.

use serde_json::Value;

use super::reports::{SERVICES, reported};
use super::{DeliveryReported, InvitationDue};
use crate::events::{Arriving, Event, NOT_FOR_THIS_QUEUE};
use crate::names::ConnectionName;
use crate::record_changed::RecordChanged;

/// What comes to the function's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// A row of the CRM changed.
    Changed(RecordChanged),
    /// An invitation is to be looked at again.
    Due(InvitationDue),
    /// A service tells of a message.
    Reported(DeliveryReported),
}

impl Arriving for Arrival {
    fn arrived(source: &str, name: &str, detail: Value) -> Result<Option<Self>, &'static str> {
        if SERVICES.contains(&source) {
            return Ok(reported(source, &detail).map(Self::Reported));
        }
        match name {
            RecordChanged::NAME => {
                let changed = RecordChanged::arrived(source, name, detail)?;
                Ok(changed.map(Self::Changed))
            }
            InvitationDue::NAME => {
                let due = InvitationDue::arrived(source, name, detail)?;
                Ok(due.map(Self::Due))
            }
            _ => Err(NOT_FOR_THIS_QUEUE),
        }
    }

    /// What a service reports names no connection.
    fn known_connection(&self) -> Option<&ConnectionName> {
        match self {
            Self::Changed(changed) => Some(changed.connection()),
            Self::Due(due) => Some(Event::connection(due)),
            Self::Reported(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::events::{SOURCE, UNREADABLE_DETAIL};
    use crate::survey_trigger::DeliveryOutcome;

    #[test]
    fn each_arrival_is_told_from_the_others_by_who_sent_it_and_its_name() {
        let invitation = Uuid::from_u128(7);
        let due = json!({ "connection": "dynamics", "invitation": invitation, "event_id": "e" });
        let arrived = Arrival::arrived(SOURCE, "InvitationDue", due.clone()).unwrap();
        let arrived = arrived.unwrap();
        assert_eq!(arrived.known_connection().unwrap().as_str(), "dynamics");
        assert!(matches!(arrived, Arrival::Due(due) if due.invitation == invitation));

        let report =
            json!({ "eventType": "TEXT_BLOCKED", "context": { "cxloop-invitation": invitation } });
        let name = "Text Message Delivery Status Updated";
        let arrived = Arrival::arrived("aws.sms-voice", name, report).unwrap();
        let expected = DeliveryReported {
            invitation,
            outcome: DeliveryOutcome::Bounced("TEXT_BLOCKED".to_owned()),
        };
        assert_eq!(arrived, Some(Arrival::Reported(expected)));

        let asks_for_nothing = Arrival::arrived("aws.ses", "Email Opened", json!({}));
        assert_eq!(asks_for_nothing, Ok(None));
        for (source, name) in [("aws.ec2", "InvitationDue"), (SOURCE, "ResponseHinted")] {
            let refused = Arrival::arrived(source, name, due.clone());
            assert_eq!(refused, Err(NOT_FOR_THIS_QUEUE), "{source} {name}");
        }
        for name in ["InvitationDue", "RecordChanged"] {
            let refused = Arrival::arrived(SOURCE, name, json!({ "invitation": 7 }));
            assert_eq!(refused, Err(UNREADABLE_DETAIL), "{name}");
        }
    }
}

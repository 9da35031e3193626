//! What services tell of messages that they took.

use serde_json::Value;

use super::{DeliveryOutcome, DeliveryReported};

/// The tag of a message that holds the id of its invitation.
pub const INVITATION_TAG: &str = "cxloop-invitation";

const SES: &str = "aws.ses";
const SMS: &str = "aws.sms-voice";

/// Who reports, as the bus's `source`.
pub(super) const SERVICES: [&str; 2] = [SES, SMS];

/// What a service's event tells of an invitation; `None` for events of other messages, and for those that tell of no end.
///
/// Sources: Amazon SES Developer Guide, "Monitoring events" (EventBridge) and "Contents of event data";
/// AWS End User Messaging SMS User Guide, "Monitoring with EventBridge" and "Event types for SMS, MMS, and voice".
pub fn reported(source: &str, detail: &Value) -> Option<DeliveryReported> {
    let (tag, outcome) = match source {
        SES => (
            &detail["mail"]["tags"][INVITATION_TAG][0],
            of_email(detail)?,
        ),
        SMS => (
            &detail["context"][INVITATION_TAG],
            of_text(detail["eventType"].as_str()?)?,
        ),
        _ => return None,
    };
    Some(DeliveryReported {
        invitation: tag.as_str()?.parse().ok()?,
        outcome,
    })
}

fn of_email(detail: &Value) -> Option<DeliveryOutcome> {
    let bounced = |words: String| Some(DeliveryOutcome::Bounced(words));
    match detail["eventType"].as_str()? {
        "Delivery" => Some(DeliveryOutcome::Delivered),
        "Bounce" => {
            let bounce = &detail["bounce"];
            let kind = word(&bounce["bounceType"]).unwrap_or("Undetermined");
            bounced(match word(&bounce["bounceSubType"]) {
                Some(subtype) => format!("{kind}/{subtype}"),
                None => kind.to_owned(),
            })
        }
        // An address on the account's suppression list: nobody complained now, and nothing was sent.
        "Complaint" => {
            match word(&detail["complaint"]["complaintSubType"]).filter(|w| *w != "null") {
                Some(subtype) => bounced(format!("Complaint/{subtype}")),
                None => Some(DeliveryOutcome::Complained),
            }
        }
        kind @ ("Reject" | "Rendering Failure") => bounced(kind.to_owned()),
        _ => None,
    }
}

/// `TEXT_SUCCESSFUL` is the carrier's word where the country's phones give none. `TEXT_UNKNOWN` says that nobody heard of the
/// message again, which is no end; `TEXT_QUEUED` and `TEXT_PENDING` are on the way.
fn of_text(kind: &str) -> Option<DeliveryOutcome> {
    match kind {
        "TEXT_DELIVERED" | "TEXT_SUCCESSFUL" => Some(DeliveryOutcome::Delivered),
        "TEXT_BLOCKED"
        | "TEXT_CARRIER_BLOCKED"
        | "TEXT_CARRIER_UNREACHABLE"
        | "TEXT_INVALID"
        | "TEXT_INVALID_MESSAGE"
        | "TEXT_PROTECT_BLOCKED"
        | "TEXT_SPAM"
        | "TEXT_TTL_EXPIRED"
        | "TEXT_UNREACHABLE" => Some(DeliveryOutcome::Bounced(kind.to_owned())),
        _ => None,
    }
}

/// A word of the service's own: it is shown and stored, so that anything longer or stranger is left out.
fn word(value: &Value) -> Option<&str> {
    let fits = |word: &&str| {
        let letters = word.bytes().all(|b| b.is_ascii_alphanumeric());
        letters && (1..=40).contains(&word.len())
    };
    value.as_str().filter(fits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn told(source: &str, detail: Value) -> Option<DeliveryOutcome> {
        let reported = reported(source, &detail)?;
        assert_eq!(reported.invitation, Uuid::from_u128(7));
        Some(reported.outcome)
    }

    fn bounced(why: &str) -> Option<DeliveryOutcome> {
        Some(DeliveryOutcome::Bounced(why.to_owned()))
    }

    #[test]
    fn what_becomes_of_an_e_mail_is_read_from_its_events() {
        let tags = json!({ "tags": { "cxloop-invitation": [Uuid::from_u128(7)], "ses:from-domain": ["example.com"] } });
        let event = |kind: &str, key: &str, more: Value| json!({ "eventType": kind, "mail": tags, key: more });
        for (detail, outcome) in [
            (
                event(
                    "Delivery",
                    "delivery",
                    json!({ "recipients": ["antia@example.com"] }),
                ),
                Some(DeliveryOutcome::Delivered),
            ),
            (
                event(
                    "Bounce",
                    "bounce",
                    json!({ "bounceType": "Permanent", "bounceSubType": "NoEmail" }),
                ),
                bounced("Permanent/NoEmail"),
            ),
            (
                event(
                    "Bounce",
                    "bounce",
                    json!({ "bounceType": "Transient", "bounceSubType": "" }),
                ),
                bounced("Transient"),
            ),
            (
                event(
                    "Bounce",
                    "bounce",
                    json!({ "bounceType": "antia@example.com" }),
                ),
                bounced("Undetermined"),
            ),
            (
                event(
                    "Complaint",
                    "complaint",
                    json!({ "complaintSubType": null }),
                ),
                Some(DeliveryOutcome::Complained),
            ),
            (
                event(
                    "Complaint",
                    "complaint",
                    json!({ "complaintSubType": "OnAccountSuppressionList" }),
                ),
                bounced("Complaint/OnAccountSuppressionList"),
            ),
            (
                event("Reject", "reject", json!({ "reason": "Bad content" })),
                bounced("Reject"),
            ),
            (event("Send", "send", json!({})), None),
            (event("DeliveryDelay", "deliveryDelay", json!({})), None),
            (event("Open", "open", json!({})), None),
        ] {
            let described = detail.to_string();
            assert_eq!(told("aws.ses", detail), outcome, "{described}");
        }
    }

    #[test]
    fn what_becomes_of_a_text_message_is_read_from_its_events() {
        for (kind, outcome) in [
            ("TEXT_DELIVERED", Some(DeliveryOutcome::Delivered)),
            ("TEXT_SUCCESSFUL", Some(DeliveryOutcome::Delivered)),
            ("TEXT_BLOCKED", bounced("TEXT_BLOCKED")),
            (
                "TEXT_CARRIER_UNREACHABLE",
                bounced("TEXT_CARRIER_UNREACHABLE"),
            ),
            ("TEXT_TTL_EXPIRED", bounced("TEXT_TTL_EXPIRED")),
            ("TEXT_UNKNOWN", None),
            ("TEXT_QUEUED", None),
            ("VOICE_ANSWERED", None),
        ] {
            let context = json!({ "cxloop-invitation": Uuid::from_u128(7) });
            let detail = json!({ "eventType": kind, "context": context, "destinationPhoneNumber": "+34600000000" });
            assert_eq!(told("aws.sms-voice", detail), outcome, "{kind}");
        }
    }

    /// A rule of the bus that takes an event apart leaves an empty text where there was nothing.
    #[test]
    fn an_event_without_what_names_the_person_is_read_the_same() {
        let invitation = Uuid::from_u128(7);
        let nothing = json!({ "bounceType": "", "bounceSubType": "" });
        for (kind, outcome) in [
            ("Delivery", DeliveryOutcome::Delivered),
            ("Complaint", DeliveryOutcome::Complained),
            (
                "Bounce",
                DeliveryOutcome::Bounced("Undetermined".to_owned()),
            ),
        ] {
            let mail = json!({ "tags": { "cxloop-invitation": [invitation] } });
            let complaint = json!({ "complaintSubType": "" });
            let detail = json!({ "eventType": kind, "mail": mail, "bounce": nothing, "complaint": complaint });
            assert_eq!(told("aws.ses", detail), Some(outcome), "{kind}");
        }
    }

    #[test]
    fn messages_that_are_not_ours_tell_nothing() {
        for tags in [
            json!({}),
            json!({ "cxloop-invitation": [] }),
            json!({ "cxloop-invitation": ["avaría"] }),
        ] {
            let detail = json!({ "eventType": "Delivery", "mail": { "tags": tags } });
            assert_eq!(reported("aws.ses", &detail), None, "{detail}");
        }
        let detail = json!({ "eventType": "TEXT_DELIVERED", "context": { "account": "avaría" } });
        assert_eq!(reported("aws.sms-voice", &detail), None);
        assert_eq!(reported("aws.ses", &detail), None);
        assert_eq!(reported("aws.ec2", &detail), None);
    }
}

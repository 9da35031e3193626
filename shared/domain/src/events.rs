//! The facts that travel on the bus: ids only, in the past tense, never a person's data.
//!
//! An event's id is derived from what happened, so that a redelivery carries the same id.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::identity;
use crate::names::{ConnectionName, InboxId, ResponseKey};
use crate::response::Kind;
use crate::trace::TraceId;

/// The `source` of all events on the bus.
pub const SOURCE: &str = "cxloop";

/// The field of a detail that holds the trace. Events of before there were traces lack it.
pub const TRACE: &str = "trace";

/// A webhook was accepted and kept; what it hints at is still to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseHinted {
    /// The connection it came through.
    pub connection: ConnectionName,
    /// The kept body.
    pub inbox_id: InboxId,
}

/// A response was taken into the store in normal form, or an already taken one was notified under a further name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseReceived {
    /// Version of this event's shape.
    pub version: u32,
    /// Which response.
    pub response: ResponseKey,
    /// The platform's notification name that announced it; empty where a platform has none.
    #[serde(default)]
    pub notification: String,
    /// New, or about a case.
    pub kind: Kind,
    /// The kept body it came from, so that a failure can be shown and replayed there.
    pub inbox_id: InboxId,
    /// A person asked for it to be run again: what is not done yet is decided anew, by the rules of now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
}

/// Anything that is published.
pub trait Event: Serialize {
    /// The bus's `detail-type`.
    const NAME: &'static str;

    /// The id derived from what happened.
    fn id(&self) -> Uuid;

    /// The connection that the response came through.
    fn connection(&self) -> &ConnectionName;
}

/// What a queue is for: it reads itself from what a bus tells. Every [`Event`] is one by itself; a queue that takes several
/// has a type of its own.
pub trait Arriving: Sized {
    /// Reads what arrived, by the bus's `source`, `detail-type` and `detail`. `None` for what may come and asks for nothing. The
    /// error says what is wrong without the content.
    ///
    /// # Errors
    /// For what does not belong into the queue, and for what cannot be read.
    fn arrived(source: &str, name: &str, detail: Value) -> Result<Option<Self>, &'static str>;

    /// The connection that it came through, where it tells.
    fn known_connection(&self) -> Option<&ConnectionName>;
}

/// What is said of an event that does not belong into a queue.
pub const NOT_FOR_THIS_QUEUE: &str = "the event is not the one that this queue is for";

/// What is said of an event whose detail cannot be read.
pub const UNREADABLE_DETAIL: &str = "the event's detail has another shape than expected";

impl<E: Event + DeserializeOwned> Arriving for E {
    fn arrived(source: &str, name: &str, detail: Value) -> Result<Option<Self>, &'static str> {
        if source != SOURCE || name != E::NAME {
            return Err(NOT_FOR_THIS_QUEUE);
        }
        let event = serde_json::from_value(detail).map_err(|_| UNREADABLE_DETAIL)?;
        Ok(Some(event))
    }

    fn known_connection(&self) -> Option<&ConnectionName> {
        Some(self.connection())
    }
}

impl Event for ResponseHinted {
    const NAME: &'static str = "ResponseHinted";

    fn id(&self) -> Uuid {
        identity::event(
            Self::NAME,
            &[self.connection.as_str(), self.inbox_id.as_str()],
        )
    }

    fn connection(&self) -> &ConnectionName {
        &self.connection
    }
}

impl Event for ResponseReceived {
    const NAME: &'static str = "ResponseReceived";

    fn id(&self) -> Uuid {
        identity::event(
            Self::NAME,
            &[&self.response.to_string(), &self.notification],
        )
    }

    fn connection(&self) -> &ConnectionName {
        &self.response.connection
    }
}

/// An event on its way: its name, id and ids-only detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The bus's `detail-type`.
    pub name: &'static str,
    /// The derived id; travels inside the detail as `event_id`.
    pub id: Uuid,
    /// The detail as JSON text.
    pub detail: String,
}

impl Outgoing {
    /// Packs an event.
    pub fn of<E: Event>(event: &E) -> Self {
        Self::traced(event, None)
    }

    /// Packs an event with the trace that it belongs to, which travels inside the detail as [`TRACE`]. The trace is no
    /// part of what happened: a redelivery has another one and the same id.
    pub fn traced<E: Event>(event: &E, trace: Option<TraceId>) -> Self {
        let mut detail = serde_json::to_value(event).expect("events are plain data");
        if let Some(fields) = detail.as_object_mut() {
            fields.insert("event_id".into(), event.id().to_string().into());
            if let Some(trace) = trace {
                fields.insert(TRACE.into(), trace.to_string().into());
            }
        }
        Self {
            name: E::NAME,
            id: event.id(),
            detail: detail.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redelivered_fact_has_the_same_event_id_and_names_its_kind() {
        let event = ResponseReceived {
            version: 1,
            response: "wxm/52c7d343".parse().unwrap(),
            notification: "Detractors".into(),
            kind: Kind::AboutCase,
            inbox_id: "i-1".parse().unwrap(),
            replay: false,
        };
        let trace: TraceId = "1-5759e988-bd862e3fe1be46a994272793".parse().unwrap();
        let sent = Outgoing::traced(&event, Some(trace));
        assert_eq!(sent.id, Outgoing::of(&event.clone()).id);
        let detail: serde_json::Value = serde_json::from_str(&sent.detail).unwrap();
        assert_eq!(detail["kind"], "about_case");
        assert_eq!(detail["response"], "wxm/52c7d343");
        assert_eq!(detail["trace"], "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(
            serde_json::from_str::<ResponseReceived>(&sent.detail).unwrap(),
            event
        );
    }
}

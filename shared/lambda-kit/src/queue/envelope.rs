//! The event as the bus puts it into a queue.
//!
//! Source: Amazon EventBridge User Guide, "AWS service event structure".

use cxloop_domain::events::{Event, SOURCE, TRACE};
use cxloop_domain::trace::TraceId;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "detail-type")]
    name: String,
    source: String,
    time: Option<String>,
    detail: Value,
}

/// An event that a queue is for.
pub(super) struct Opened<E> {
    pub(super) event: E,
    /// When it happened; not known when the bus's time is missing or unreadable, which makes no event worse.
    pub(super) happened_at: Option<Timestamp>,
    /// The trace that it belongs to; events of before there were traces have none.
    pub(super) trace: Option<TraceId>,
}

/// The one event that the queue is for. The error says what is wrong without the content.
pub(super) fn open<E: Event + DeserializeOwned>(body: &str) -> Result<Opened<E>, &'static str> {
    let envelope: Envelope = serde_json::from_str(body)
        .map_err(|_| "the body is no event with id, detail-type, source and detail")?;
    if envelope.id.is_empty() {
        return Err("the event has no id");
    }
    if envelope.source != SOURCE || envelope.name != E::NAME {
        return Err("the event is not the one that this queue is for");
    }
    let trace = envelope.detail.get(TRACE).and_then(Value::as_str);
    let trace = trace.and_then(|trace| trace.parse().ok());
    let event = serde_json::from_value(envelope.detail)
        .map_err(|_| "the event's detail has another shape than expected")?;
    Ok(Opened {
        event,
        happened_at: envelope.time.and_then(|time| time.parse().ok()),
        trace,
    })
}

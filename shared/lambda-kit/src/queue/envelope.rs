//! The event as the bus puts it into a queue.
//!
//! Source: Amazon EventBridge User Guide, "AWS service event structure".

use cxloop_domain::events::{Arriving, Outgoing, SOURCE, TRACE};
use cxloop_domain::trace::TraceId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "detail-type")]
    name: String,
    source: String,
    time: Option<String>,
    detail: Value,
}

/// What a message holds.
pub(crate) struct Opened<E> {
    /// What the queue is for; `None` for what may come and asks for nothing.
    pub(crate) event: Option<E>,
    /// When it happened; not known when the bus's time is missing or unreadable, which makes no event worse.
    pub(crate) happened_at: Option<Timestamp>,
    /// The trace that it belongs to; events of before there were traces have none.
    pub(crate) trace: Option<TraceId>,
}

/// What the queue is for. The error says what is wrong without the content.
pub(crate) fn open<E: Arriving>(body: &str) -> Result<Opened<E>, &'static str> {
    let envelope: Envelope = serde_json::from_str(body)
        .map_err(|_| "the body is no event with id, detail-type, source and detail")?;
    if envelope.id.is_empty() {
        return Err("the event has no id");
    }
    let trace = envelope.detail.get(TRACE).and_then(Value::as_str);
    let trace = trace.and_then(|trace| trace.parse().ok());
    Ok(Opened {
        event: E::arrived(&envelope.source, &envelope.name, envelope.detail)?,
        happened_at: envelope.time.and_then(|time| time.parse().ok()),
        trace,
    })
}

/// An event as the bus would put it into a queue: for what goes there without a bus. Its age counts from `at`.
pub(crate) fn sealed(event: &Outgoing, id: &str, at: Timestamp) -> String {
    let detail: Value = serde_json::from_str(&event.detail).expect("an event's detail is JSON");
    let envelope = json!({
        "version": "0", "id": id, "detail-type": event.name, "source": SOURCE, "time": format!("{at:.0}"), "detail": detail,
    });
    envelope.to_string()
}

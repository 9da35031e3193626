//! The event as the bus puts it into a queue.
//!
//! Source: Amazon EventBridge User Guide, "AWS service event structure".

use cxloop_domain::events::{Event, SOURCE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "detail-type")]
    name: String,
    source: String,
    detail: Value,
}

/// The detail of the one event that the queue is for. The error says what is wrong without the content.
pub(super) fn open<E: Event + DeserializeOwned>(body: &str) -> Result<E, &'static str> {
    let envelope: Envelope = serde_json::from_str(body)
        .map_err(|_| "the body is no event with id, detail-type, source and detail")?;
    if envelope.id.is_empty() {
        return Err("the event has no id");
    }
    if envelope.source != SOURCE || envelope.name != E::NAME {
        return Err("the event is not the one that this queue is for");
    }
    serde_json::from_value(envelope.detail)
        .map_err(|_| "the event's detail has another shape than expected")
}

//! The bus on Amazon EventBridge.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use cxloop_domain::events::{Outgoing, SOURCE};
use cxloop_ports::{Bus, Clock, Failure};

use super::failure;

/// A bus.
pub struct EventBridge {
    client: Client,
    bus: String,
    clock: Arc<dyn Clock>,
}

impl EventBridge {
    /// The bus of a name or ARN.
    pub fn new(config: &SdkConfig, bus: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(config),
            bus: bus.into(),
            clock,
        }
    }
}

#[async_trait]
impl Bus for EventBridge {
    /// The service answers 200 also when it took nothing; each entry says for itself.
    /// Source: Amazon EventBridge API Reference, "PutEvents".
    async fn publish(&self, event: &Outgoing) -> Result<(), Failure> {
        let nanoseconds = self.clock.now().as_nanosecond();
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(event.name)
            .detail(&event.detail)
            .time(DateTime::from_nanos(nanoseconds).unwrap_or_else(|_| DateTime::from(UNIX_EPOCH)))
            .build();
        let answer = self.client.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| failure::of("The event bus", "PutEvents", &error))?;
        if answer.failed_entry_count() == 0 {
            return Ok(());
        }
        let code = answer
            .entries()
            .iter()
            .find_map(|entry| entry.error_code())
            .unwrap_or("no code");
        let detail = format!("PutEvents, {} failed, {code}", answer.failed_entry_count());
        if failure::is_passing(code) {
            Err(Failure::retry(
                "The event bus did not take an event.",
                detail,
            ))
        } else {
            Err(Failure::mend(
                format!("The event bus refuses an event: {code}."),
                detail,
            ))
        }
    }
}

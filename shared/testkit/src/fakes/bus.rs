//! A bus that remembers what was published.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_domain::events::Outgoing;
use cxloop_ports::{Bus, Failure};
use serde_json::{Value, json};

use super::Faults;

/// Remembers published events.
#[derive(Debug, Default)]
pub struct FakeBus {
    events: Mutex<Vec<Outgoing>>,
    faults: Faults,
}

impl FakeBus {
    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Everything published, in order, repeats included.
    pub fn published(&self) -> Vec<Outgoing> {
        self.events.lock().expect(LOCK).clone()
    }

    /// The different events, by name and id: publishing one twice is allowed and changes nothing here.
    pub fn snapshot(&self) -> Value {
        let events = self.published();
        let different: BTreeSet<(&str, &str)> = events
            .iter()
            .map(|event| (event.name, event.detail.as_str()))
            .collect();
        different
            .into_iter()
            .map(|(name, detail)| {
                let detail: Value =
                    serde_json::from_str(detail).expect("an event's detail is JSON");
                json!({ "name": name, "detail": detail })
            })
            .collect()
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn publish(&self, event: &Outgoing) -> Result<(), Failure> {
        self.faults.check()?;
        self.events.lock().expect(LOCK).push(event.clone());
        Ok(())
    }
}

const LOCK: &str = "nobody panics while publishing";

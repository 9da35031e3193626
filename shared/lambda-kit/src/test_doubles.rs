//! A clock, gates, a queue to send to and secrets, all in memory, for this crate's own tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_ports::{Clock, Failure, Gates, Lane, Postpone, Secrets, Signals};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().unwrap())))
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Remembers what was closed; can be down.
#[derive(Default)]
pub(crate) struct RecordedGates {
    pub(crate) closed: Mutex<Vec<(ConnectionName, Timestamp)>>,
    pub(crate) down: bool,
}

#[async_trait]
impl Gates for RecordedGates {
    async fn closed_until(
        &self,
        _: &ConnectionName,
        _: Lane,
        _: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        Ok(None)
    }

    async fn hold_back_history(&self, _: &ConnectionName, _: Timestamp) -> Result<(), Failure> {
        Ok(())
    }

    async fn take(&self, _: &ConnectionName, _: u32, _: u32, _: Timestamp) -> Result<(), Failure> {
        Ok(())
    }

    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure> {
        if self.down {
            return Err(Failure::retry("the table is down", ""));
        }
        self.closed
            .lock()
            .unwrap()
            .push((connection.clone(), until));
        Ok(())
    }
}

/// Remembers what was sent again; can be down.
#[derive(Default)]
pub(crate) struct RecordedPostpone {
    pub(crate) sent: Mutex<Vec<(String, u32)>>,
    pub(crate) down: bool,
}

#[async_trait]
impl Postpone for RecordedPostpone {
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure> {
        if self.down {
            return Err(Failure::retry("the queue is down", ""));
        }
        self.sent
            .lock()
            .unwrap()
            .push((body.to_owned(), delay_seconds));
        Ok(())
    }
}

pub(crate) struct FixedSecrets(BTreeMap<(String, String), String>);

impl FixedSecrets {
    pub(crate) fn of(fields: &[(&str, &str, &str)]) -> Self {
        Self(
            fields
                .iter()
                .map(|(s, f, v)| (((*s).to_owned(), (*f).to_owned()), (*v).to_owned()))
                .collect(),
        )
    }
}

#[async_trait]
impl Secrets for FixedSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        let value = self.0.get(&(secret.to_owned(), field.to_owned())).cloned();
        value.map(SecretString::from).ok_or_else(|| {
            Failure::mend(
                format!("Secret {secret}: the field {field} is missing."),
                "",
            )
        })
    }

    async fn forget(&self, _secret: &str) {}
}

/// Remembers what was counted, as the metric's name and the connection.
#[derive(Default)]
pub(crate) struct RecordedSignals(pub(crate) Mutex<Vec<(&'static str, Option<ConnectionName>)>>);

impl Signals for RecordedSignals {
    fn count(&self, signal: Signal<'_>) {
        let counted = (signal.name(), signal.connection().cloned());
        self.0.lock().unwrap().push(counted);
    }
}

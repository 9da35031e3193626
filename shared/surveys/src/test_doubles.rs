//! A clock turned by hand and secrets held in memory, for this crate's own tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_ports::{Clock, Failure, Secrets};
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

#[derive(Default)]
pub(crate) struct FixedSecrets {
    fields: Mutex<BTreeMap<String, String>>,
    pub(crate) forgotten: Mutex<u32>,
}

impl FixedSecrets {
    pub(crate) fn wxm() -> Arc<Self> {
        let secrets = Self::default();
        secrets.set("username", "sandbox");
        secrets.set("password", "contrasinal");
        Arc::new(secrets)
    }

    pub(crate) fn set(&self, field: &str, value: &str) {
        self.fields
            .lock()
            .unwrap()
            .insert(field.to_owned(), value.to_owned());
    }
}

#[async_trait]
impl Secrets for FixedSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        let value = self.fields.lock().unwrap().get(field).cloned();
        value
            .map(SecretString::from)
            .ok_or_else(|| Failure::mend(format!("Secret {secret} has no field {field}."), ""))
    }

    async fn forget(&self, _secret: &str) {
        *self.forgotten.lock().unwrap() += 1;
    }
}

//! Secrets that a test hands out.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_ports::{Failure, Secrets};
use secrecy::SecretString;

use super::Faults;

/// Secrets by name and field.
#[derive(Debug, Default)]
pub struct FakeSecrets {
    fields: Mutex<BTreeMap<(String, String), String>>,
    forgotten: Mutex<Vec<String>>,
    faults: Faults,
}

impl FakeSecrets {
    /// The same with a further field.
    #[must_use]
    pub fn with(self, secret: &str, field: &str, value: &str) -> Self {
        self.set(secret, field, value);
        self
    }

    /// Sets a field, as when a person rotates the secret.
    pub fn set(&self, secret: &str, field: &str, value: &str) {
        self.fields
            .lock()
            .expect(LOCK)
            .insert((secret.to_owned(), field.to_owned()), value.to_owned());
    }

    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The names that callers asked to forget, in order.
    pub fn forgotten(&self) -> Vec<String> {
        self.forgotten.lock().expect(LOCK).clone()
    }
}

#[async_trait]
impl Secrets for FakeSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        self.faults.check()?;
        let fields = self.fields.lock().expect(LOCK);
        match fields.get(&(secret.to_owned(), field.to_owned())) {
            Some(value) => Ok(SecretString::from(value.clone())),
            None => Err(Failure::mend(
                format!("the secret {secret} has no field {field}"),
                "",
            )),
        }
    }

    async fn forget(&self, secret: &str) {
        self.forgotten.lock().expect(LOCK).push(secret.to_owned());
    }
}

const LOCK: &str = "nobody panics while reading secrets";

//! The versions of the configuration and the one in force.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use cxloop_domain::configuration::{Applied, Configuration};
use cxloop_ports::{Configurations, Failure};
use jiff::{SignedDuration, Timestamp};

use crate::error::{classify, outrun};
use crate::item::{Attributes, Key, number, packed, text, written};
use crate::{Store, StoreError};

const WHAT: &str = "configuration";
const TRIES: u32 = 5;

/// How long the configuration in force may be answered from memory.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// The configuration as read last, and when.
#[derive(Default)]
pub(crate) struct Cached(Mutex<Option<(Timestamp, Arc<Applied>)>>);

impl Cached {
    fn slot(&self) -> MutexGuard<'_, Option<(Timestamp, Arc<Applied>)>> {
        // The slot is only ever replaced whole, so a panic elsewhere cannot have left it half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Applied>> {
        let slot = self.slot();
        let (read_at, applied) = slot.as_ref()?;
        let age = now.duration_since(*read_at);
        (!age.is_negative() && age < FRESH).then(|| Arc::clone(applied))
    }
}

fn current_key() -> Key {
    Key::new("CONFIG", "CURRENT")
}

fn version_key(version: u64) -> Key {
    Key::new("CONFIG", format!("V#{version:06}"))
}

impl Store {
    async fn read_current(&self) -> Result<Option<Applied>, StoreError> {
        let Some(item) = self.get(WHAT, &current_key()).await? else {
            return Ok(None);
        };
        Ok(Some(Applied {
            version: item.number("version")?,
            configuration: item.json("configuration")?,
        }))
    }

    /// Writes the version and makes it the current one together, if `from` still is. `false` when it is not.
    async fn put_in_force(&self, from: Option<u64>, next: &Applied) -> Result<bool, StoreError> {
        let attributes = |key: Key| -> Result<Attributes, StoreError> {
            Ok(key.with([
                ("version", number(next.version)),
                ("configuration", packed(WHAT, &next.configuration)?),
                ("applied_at", text(written(self.clock.now()))),
            ]))
        };
        let new_version = Put::builder()
            .table_name(&self.table)
            .set_item(Some(attributes(version_key(next.version))?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", "pk");
        let mut current = Put::builder()
            .table_name(&self.table)
            .set_item(Some(attributes(current_key())?));
        current = match from {
            None => current
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", "pk"),
            Some(version) => current
                .condition_expression("#version = :from")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":from", number(version)),
        };
        let puts = [new_version, current].map(|put| {
            TransactWriteItem::builder()
                .put(put.build().expect("table and item are set"))
                .build()
        });
        let written = self
            .client
            .transact_write_items()
            .set_transact_items(Some(puts.into()))
            .send()
            .await;
        match written {
            Ok(_) => Ok(true),
            Err(error) if outrun(&error) => Ok(false),
            Err(error) => Err(classify("TransactWriteItems", &error)),
        }
    }
}

#[async_trait]
impl Configurations for Store {
    async fn current(&self) -> Result<Arc<Applied>, Failure> {
        let now = self.clock.now();
        if let Some(applied) = self.cached.fresh(now) {
            return Ok(applied);
        }
        let applied = Arc::new(
            self.read_current()
                .await?
                .ok_or(StoreError::NoConfiguration)?,
        );
        *self.cached.slot() = Some((now, Arc::clone(&applied)));
        Ok(applied)
    }

    async fn apply(&self, configuration: &Configuration) -> Result<Applied, Failure> {
        for _ in 0..TRIES {
            let standing = self.read_current().await?;
            if let Some(standing) = &standing
                && standing.configuration == *configuration
            {
                return Ok(standing.clone());
            }
            let from = standing.map(|applied| applied.version);
            let next = Applied {
                version: from.unwrap_or(0) + 1,
                configuration: configuration.clone(),
            };
            if self.put_in_force(from, &next).await? {
                *self.cached.slot() = Some((self.clock.now(), Arc::new(next.clone())));
                return Ok(next);
            }
        }
        Err(StoreError::Contended { what: WHAT }.into())
    }
}

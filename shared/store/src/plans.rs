//! Plans under their business keys, each replaced only by whoever knows its version.

use async_trait::async_trait;
use cxloop_ports::{Failure, Kept, KeptFirst, Plans};
use serde_json::Value;

use crate::item::{Key, Over, Stored, expiry, number, packed};
use crate::retention::{LOOPS_DAYS, PLANS_DAYS, WATCHED_DAYS};
use crate::{Store, StoreError};

const WHAT: &str = "plan";

fn key(key: &str) -> Key {
    Key::new(format!("PLAN#{key}"), "PLAN")
}

/// What a response holds of its case is digests, needed for as long as the case's tie to its loop.
fn days(name: &str) -> u32 {
    if name.starts_with("write-back/") {
        LOOPS_DAYS
    } else if name.starts_with("watched/") || name.starts_with("asked/") {
        WATCHED_DAYS
    } else {
        PLANS_DAYS
    }
}

fn read(item: &Stored) -> Result<Kept, StoreError> {
    Ok(Kept {
        plan: item.json("plan")?,
        version: item.number("version")?,
    })
}

#[async_trait]
impl Plans for Store {
    async fn load(&self, name: &str) -> Result<Option<Kept>, Failure> {
        let item = self.get(WHAT, &key(name)).await?;
        Ok(item.as_ref().map(read).transpose()?)
    }

    async fn keep_first(&self, name: &str, plan: &Value) -> Result<KeptFirst, Failure> {
        let item = key(name).with([
            ("plan", packed(WHAT, plan)?),
            ("version", number(1)),
            ("expires_at", expiry(self.clock.now(), days(name))),
        ]);
        match self.put_unless_there(WHAT, item).await? {
            None => Ok(KeptFirst {
                kept: Kept {
                    plan: plan.clone(),
                    version: 1,
                },
                new: true,
            }),
            Some(standing) => Ok(KeptFirst {
                kept: read(&standing)?,
                new: false,
            }),
        }
    }

    async fn replace(&self, name: &str, version: u64, plan: &Value) -> Result<Kept, Failure> {
        let now = self.clock.now();
        let item = key(name).with([
            ("plan", packed(WHAT, plan)?),
            ("version", number(version + 1)),
            ("expires_at", expiry(now, days(name))),
        ]);
        match self.put_over(WHAT, item, version).await? {
            Over::Replaced => Ok(Kept {
                plan: plan.clone(),
                version: version + 1,
            }),
            // Expired and removed since it was read: whoever comes first decides anew.
            Over::Gone => Ok(self.keep_first(name, plan).await?.kept),
            Over::Standing(standing) => Ok(read(&standing)?),
        }
    }
}

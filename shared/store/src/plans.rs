//! Plans under their business keys, each replaced only by whoever knows its version.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use cxloop_ports::{Failure, Kept, KeptFirst, Plans};
use serde_json::Value;

use crate::error::classify;
use crate::item::{Key, Stored, expiry, failed_put, number, packed};
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
        let replaced = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(version))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = replaced else {
            return Ok(Kept {
                plan: plan.clone(),
                version: version + 1,
            });
        };
        match failed_put(&error) {
            None => Err(classify("PutItem", &error).into()),
            // Expired and removed since it was read: whoever comes first decides anew.
            Some(standing) if standing.is_empty() => Ok(self.keep_first(name, plan).await?.kept),
            Some(standing) => Ok(read(&Stored::new(WHAT, standing))?),
        }
    }
}

//! Checkpoints: how far the changes of a table are known, moved on only by whoever knows their version.

use async_trait::async_trait;
use cxloop_domain::changed_records::Checkpoint;
use cxloop_ports::{Checkpoints, Failure};

use crate::Store;
use crate::error::classify;
use crate::item::{Key, expiry, failed_put, number, packed};
use crate::retention::LOOPS_DAYS;

const WHAT: &str = "checkpoint";

fn key(name: &str) -> Key {
    Key::new(format!("CHECKPOINT#{name}"), "CHECKPOINT")
}

#[async_trait]
impl Checkpoints for Store {
    async fn load(&self, name: &str) -> Result<(Checkpoint, u64), Failure> {
        match self.get(WHAT, &key(name)).await? {
            Some(item) => Ok((item.json("checkpoint")?, item.number("version")?)),
            None => Ok((Checkpoint::default(), 0)),
        }
    }

    async fn keep(
        &self,
        name: &str,
        version: u64,
        checkpoint: &Checkpoint,
    ) -> Result<bool, Failure> {
        let now = self.clock.now();
        let item = key(name).with([
            ("checkpoint", packed(WHAT, checkpoint)?),
            ("version", number(version + 1)),
            ("expires_at", expiry(now, LOOPS_DAYS)),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .expression_attribute_names("#version", "version");
        // One that has expired and is still there counts as none, as it does for `load`.
        let put = if version == 0 {
            put.condition_expression("attribute_not_exists(#version) OR #expires <= :now")
                .expression_attribute_names("#expires", "expires_at")
                .expression_attribute_values(":now", number(now.as_second()))
        } else {
            put.condition_expression("#version = :version")
                .expression_attribute_values(":version", number(version))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if failed_put(&error).is_some() => Ok(false),
            Err(error) => Err(classify("PutItem", &error).into()),
        }
    }
}

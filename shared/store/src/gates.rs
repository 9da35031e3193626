//! Gates: one item per connection, open unless it says otherwise.

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Gates};
use jiff::Timestamp;

use crate::Store;
use crate::error::classify;
use crate::item::{Key, expiry_at, failed_put, text, written};

fn key(connection: &ConnectionName) -> Key {
    Key::new(format!("GATE#{connection}"), "CLOSED")
}

#[async_trait]
impl Gates for Store {
    async fn closed_until(
        &self,
        connection: &ConnectionName,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let Some(item) = self.get("gate", &key(connection)).await? else {
            return Ok(None);
        };
        let until: Timestamp = item.parsed("until")?;
        Ok((until > now).then_some(until))
    }

    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure> {
        let closed = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(connection).with([
                ("until", text(written(until))),
                ("expires_at", expiry_at(until)),
            ])))
            .condition_expression("attribute_not_exists(#until) OR #until < :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", text(written(until)))
            .send()
            .await;
        match closed {
            Err(error) if failed_put(&error).is_none() => Err(classify("PutItem", &error).into()),
            // Closed now, or closed for longer already.
            _ => Ok(()),
        }
    }
}

//! The list of the moments that invitations wait for.
//!
//! An invitation stands on the list of its month, and an item stands on one list only: each moment has an item of its own beside
//! it. It is written before the invitation that waits, so that none waits unlisted, and stays until somebody looked whether the
//! invitation was brought back.

use aws_sdk_dynamodb::types::AttributeValue;
use cxloop_domain::survey_trigger::{Invitation, InvitationState};
use cxloop_ports::Awaited;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use crate::error::classify;
use crate::item::{Key, Stored, expiry_at, failed_update, text, written};
use crate::listed::Wanted;
use crate::shard::{SHARDS, shard_of};
use crate::{Store, StoreError};

const WHAT: &str = "awaited moment";
/// How long a moment is kept once it is past: while it is there, a repeat does not list it again.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

fn key(awaited: &Awaited) -> Key {
    let partition = super::key(awaited.invitation).pk;
    Key::new(partition, format!("AWAITED#{}", written(awaited.at)))
}

fn list(shard: u32) -> AttributeValue {
    text(format!("AWAITED#{shard}"))
}

fn read(item: &Stored) -> Result<Awaited, StoreError> {
    Ok(Awaited {
        invitation: item.parsed("id")?,
        at: item.parsed("awaited_at")?,
    })
}

impl Store {
    /// Lists the moment that an invitation waits for, if it does; once, also when it was looked after.
    pub(super) async fn await_moment(&self, invitation: &Invitation) -> Result<(), StoreError> {
        let InvitationState::Waiting { until } = invitation.state else {
            return Ok(());
        };
        let awaited = Awaited {
            invitation: invitation.id,
            at: until,
        };
        let id = invitation.id.to_string();
        let item = key(&awaited).with([
            ("gsi1pk", list(shard_of(&id))),
            ("gsi1sk", text(format!("{}#{id}", written(until)))),
            ("id", text(id)),
            ("awaited_at", text(until)),
            (
                "expires_at",
                expiry_at(until.checked_add(KEPT_FOR).unwrap_or(until)),
            ),
        ]);
        self.put_unless_there(WHAT, item).await?;
        Ok(())
    }

    /// What is on the list before a moment, the oldest first.
    pub(super) async fn list_awaited(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Awaited>, StoreError> {
        let shards = (0..SHARDS).map(|shard| {
            let wanted = Wanted::OldestBefore(written(before));
            self.index_list(WHAT, list(shard), wanted, limit)
        });
        let found = try_join_all(shards).await?;
        let mut awaited: Vec<Awaited> = found
            .iter()
            .flatten()
            .map(read)
            .collect::<Result<_, StoreError>>()?;
        awaited.sort_by_key(|awaited| (awaited.at, awaited.invitation));
        awaited.truncate(limit);
        Ok(awaited)
    }

    /// Takes a moment off the list. What is left expires; no function needs the right to delete for that.
    pub(super) async fn not_awaited(&self, awaited: &Awaited) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(awaited).attributes()))
            .update_expression("REMOVE #list, #place")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#place", "gsi1sk")
            .send()
            .await;
        match update {
            // Expired and removed, which is as good.
            Err(error) if failed_update(&error).is_none() => Err(classify("UpdateItem", &error)),
            _ => Ok(()),
        }
    }
}

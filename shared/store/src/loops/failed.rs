//! The list of loops in which something failed.
//!
//! A head stands on the list of its day, and an item stands on one list only: whatever failed has an item of its own
//! beside the head, which is taken off its list once the loop has not failed any more.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use cxloop_domain::loops::{Loop, LoopState};
use cxloop_domain::names::LoopId;
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::head::{WHAT, place, read};
use super::{head_key, partition};
use crate::error::{classify, outrun};
use crate::item::{Key, expiry, text};
use crate::listed::Wanted;
use crate::retention::LOOPS_DAYS;
use crate::shard::{SHARDS, shard_of};
use crate::{Store, StoreError};

/// Where the item stands beside the head.
pub(super) const SORT_KEY: &str = "FAILED";

/// How many heads are read at once.
const HEADS_AT_ONCE: usize = 10;

fn key(id: &LoopId) -> Key {
    Key::new(partition(id), SORT_KEY)
}

fn list(shard: u32) -> AttributeValue {
    text(format!("FAILED#{shard}"))
}

impl Store {
    /// Puts a loop on the list, or moves it to its new place there.
    pub(super) fn listed_as_failed(&self, id: &LoopId, changed_at: Timestamp) -> Update {
        self.listing(id)
            .update_expression("SET #list = :list, #place = :place, #id = :id, #expires = :expires")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":list", list(shard_of(id.as_str())))
            .expression_attribute_values(":place", place(changed_at, id))
            .expression_attribute_values(":id", text(id))
            .expression_attribute_values(":expires", expiry(self.clock.now(), LOOPS_DAYS))
            .build()
            .expect("table, key and expression are set")
    }

    /// Takes a loop off the list. What is left beside the head is a key without content, which expires with it; no
    /// function needs the right to delete for that.
    pub(super) fn not_listed(&self, id: &LoopId) -> Update {
        self.listing(id)
            .update_expression("REMOVE #list, #place, #id")
            .expression_attribute_names("#id", "id")
            .build()
            .expect("table, key and expression are set")
    }

    fn listing(&self, id: &LoopId) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(id).attributes()))
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#place", "gsi1sk")
    }

    /// Changes head and list, both or neither; `false` when somebody else changed the head first.
    pub(super) async fn write_both(
        &self,
        head: Update,
        listing: Update,
    ) -> Result<bool, StoreError> {
        let both =
            [head, listing].map(|update| TransactWriteItem::builder().update(update).build());
        let written = self
            .client
            .transact_write_items()
            .set_transact_items(Some(both.into()))
            .send()
            .await;
        match written {
            Ok(_) => Ok(true),
            Err(error) if outrun(&error) => Ok(false),
            Err(error) => Err(classify("TransactWriteItems", &error)),
        }
    }

    /// The heads of the loops on the list, newest first.
    pub(super) async fn list_failed(&self, limit: usize) -> Result<Vec<Loop>, StoreError> {
        let shards =
            (0..SHARDS).map(|shard| self.index_list(WHAT, list(shard), Wanted::Latest, limit));
        let mut listed: Vec<(String, LoopId)> = Vec::new();
        for item in try_join_all(shards).await?.into_iter().flatten() {
            listed.push((item.text("gsi1sk")?.to_owned(), item.parsed("id")?));
        }
        listed.sort_by(|a, b| b.cmp(a));
        listed.truncate(limit);
        let heads: Vec<Option<Loop>> = stream::iter(listed)
            .map(|(_, id)| async move {
                let item = self.get(WHAT, &head_key(&id)).await?;
                item.as_ref().map(read).transpose()
            })
            .buffered(HEADS_AT_ONCE)
            .try_collect()
            .await?;
        // The index follows the table after a moment: only what the head says counts.
        let mut failed: Vec<Loop> = heads
            .into_iter()
            .flatten()
            .filter(|head| head.state == LoopState::Failed)
            .collect();
        failed.sort_by(|a, b| (b.changed_at, &b.id).cmp(&(a.changed_at, &a.id)));
        Ok(failed)
    }
}

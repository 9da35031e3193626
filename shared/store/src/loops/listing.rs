//! The list of the loops that changed last, read day by day.

use std::collections::HashSet;

use cxloop_domain::loops::Loop;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use super::head::{WHAT, day_list, read};
use crate::listed::Wanted;
use crate::shard::SHARDS;
use crate::{Store, StoreError};

/// How many days the list goes back.
const DAYS: i64 = 30;

/// How many days are asked at once.
const DAYS_AT_ONCE: i64 = 5;

impl Store {
    /// Walks back from tomorrow, because a platform's clock may run before ours.
    pub(super) async fn list_newest(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Loop>, StoreError> {
        let mut found: Vec<Loop> = Vec::new();
        let mut known = HashSet::new();
        let mut ago = -1;
        while ago <= DAYS && known.len() < limit {
            let days = (ago..(ago + DAYS_AT_ONCE).min(DAYS + 1))
                .filter_map(|days| now.checked_sub(SignedDuration::from_hours(24 * days)).ok());
            let mut heads: Vec<Loop> =
                try_join_all(days.flat_map(|day| {
                    (0..SHARDS).map(move |shard| self.list_day(day, shard, limit))
                }))
                .await?
                .into_iter()
                .flatten()
                .collect();
            heads.sort_by(|a, b| (b.changed_at, &b.id).cmp(&(a.changed_at, &a.id)));
            // The index follows the table after a moment, in which a moved head may stand on two days.
            found.extend(
                heads
                    .into_iter()
                    .filter(|head| known.insert(head.id.clone())),
            );
            ago += DAYS_AT_ONCE;
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn list_day(
        &self,
        day: Timestamp,
        shard: u32,
        limit: usize,
    ) -> Result<Vec<Loop>, StoreError> {
        let items = self
            .index_list(WHAT, day_list(day, shard), Wanted::Latest, limit)
            .await?;
        items.iter().map(read).collect()
    }
}

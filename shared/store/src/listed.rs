//! Lists of the index.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::classify;
use crate::item::{Stored, text};
use crate::{Store, StoreError};

/// Which part of a list is wanted, and in which order. A place is the list's sort key.
pub(crate) enum Wanted {
    /// The latest first.
    Latest,
    /// What stands before a place, the latest first.
    LatestBefore(String),
    /// What stands before a place, the oldest first.
    OldestBefore(String),
}

impl Store {
    /// What stands on a list of the index and has not expired.
    pub(crate) async fn index_list(
        &self,
        what: &'static str,
        list: AttributeValue,
        wanted: Wanted,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let now = self.clock.now();
        let mut found = Vec::new();
        let mut start = None;
        while found.len() < limit {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("gsi1")
                .expression_attribute_names("#list", "gsi1pk")
                .expression_attribute_values(":list", list.clone())
                .scan_index_forward(matches!(wanted, Wanted::OldestBefore(_)))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let query = match &wanted {
                Wanted::Latest => query.key_condition_expression("#list = :list"),
                Wanted::LatestBefore(before) | Wanted::OldestBefore(before) => query
                    .key_condition_expression("#list = :list AND #place < :before")
                    .expression_attribute_names("#place", "gsi1sk")
                    .expression_attribute_values(":before", text(before)),
            };
            let page = query.send().await;
            let page = page.map_err(|error| classify("Query", &error))?;
            let items = page.items.unwrap_or_default().into_iter();
            found.extend(
                items
                    .map(|item| Stored::new(what, item))
                    .filter(|item| !item.expired(now)),
            );
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

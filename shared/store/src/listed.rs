//! Lists of the index.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::classify;
use crate::item::{Stored, text};
use crate::{Store, StoreError};

impl Store {
    /// What stands on a list of the index and has not expired, the latest first; only what stands before a place, where one is
    /// given.
    pub(crate) async fn index_list(
        &self,
        what: &'static str,
        list: AttributeValue,
        before: Option<String>,
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
                .scan_index_forward(false)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let query = match &before {
                None => query.key_condition_expression("#list = :list"),
                Some(before) => query
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

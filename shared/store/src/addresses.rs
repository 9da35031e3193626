//! The index of hashed e-mail addresses: an item for each hash and contact, and one for how far the reading is.
//!
//! Entries expire when no reading has seen them for long: of a contact that is gone nothing stays for ever.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use cxloop_domain::address_index::{ENTRY_DAYS, IndexName, Progress};
use cxloop_domain::customers::MOST_CONTACTS;
use cxloop_ports::{AddressIndex, Failure};
use uuid::Uuid;

use crate::error::classify;
use crate::item::{Key, Stored, expiry, packed, text};
use crate::{Store, StoreError};

const WHAT: &str = "address index";
/// Source: Amazon DynamoDB API Reference, "BatchWriteItem".
const MOST_IN_A_BATCH: usize = 25;
/// How often a batch is sent at once. What DynamoDB leaves over of it says that the table is busy: then the page waits.
const TRIES: u32 = 2;
/// How soon the page comes back then, in seconds.
const AGAIN_SECONDS: u32 = 5;

fn entries_of(index: &IndexName, hash: &str) -> String {
    format!("ADDRESS#{index}#{hash}")
}

fn progress_key(index: &IndexName, algorithm: &str) -> Key {
    Key::new(format!("ADDRESSES#{index}"), algorithm)
}

impl Store {
    async fn put_all(&self, mut requests: Vec<WriteRequest>) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, requests)
                .send()
                .await
                .map_err(|error| classify("BatchWriteItem", &error))?;
            let mut left = answer.unprocessed_items.unwrap_or_default();
            match left.remove(&self.table).filter(|left| !left.is_empty()) {
                None => return Ok(()),
                Some(left) => requests = left,
            }
        }
        Err(Failure::come_back(
            AGAIN_SECONDS,
            "the table has no room for more writes now",
        ))
    }
}

#[async_trait]
impl AddressIndex for Store {
    async fn contacts(&self, index: &IndexName, hash: &str) -> Result<Vec<Uuid>, Failure> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":pk", text(entries_of(index, hash)))
            .limit(i32::try_from(2 * MOST_CONTACTS).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| classify("Query", &error))?;
        let now = self.clock.now();
        let living = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| Stored::new(WHAT, item))
            .filter(|item| !item.expired(now));
        let contacts: Result<Vec<Uuid>, StoreError> = living
            .take(MOST_CONTACTS)
            .map(|item| item.parsed("sk"))
            .collect();
        Ok(contacts?)
    }

    async fn add(&self, index: &IndexName, entries: &[(String, Uuid)]) -> Result<(), Failure> {
        let expires_at = expiry(self.clock.now(), ENTRY_DAYS);
        // A batch must not name an item twice.
        let mut distinct: Vec<&(String, Uuid)> = entries.iter().collect();
        distinct.sort();
        distinct.dedup();
        for batch in distinct.chunks(MOST_IN_A_BATCH) {
            let requests = batch.iter().map(|(hash, contact)| {
                let item = Key::new(entries_of(index, hash), contact.to_string())
                    .with([("expires_at", expires_at.clone())]);
                let put = PutRequest::builder().set_item(Some(item)).build();
                let put = put.expect("an item is all that a put needs");
                WriteRequest::builder().put_request(put).build()
            });
            self.put_all(requests.collect()).await?;
        }
        Ok(())
    }

    async fn progress(&self, index: &IndexName, algorithm: &str) -> Result<Progress, Failure> {
        match self.get(WHAT, &progress_key(index, algorithm)).await? {
            Some(item) => Ok(item.json("progress")?),
            None => Ok(Progress::default()),
        }
    }

    async fn keep_progress(
        &self,
        index: &IndexName,
        algorithm: &str,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let item = progress_key(index, algorithm).with([
            ("progress", packed(WHAT, progress)?),
            // As long as its entries: progress without them would say that nobody has an address.
            ("expires_at", expiry(self.clock.now(), ENTRY_DAYS)),
        ]);
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .send()
            .await
            .map_err(|error| classify("PutItem", &error))?;
        Ok(())
    }
}

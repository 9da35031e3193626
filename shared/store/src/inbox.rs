//! The inbox: raw bodies, compressed, found by id and, while unpublished, unfinished or parked, by the sweep and by people.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use cxloop_domain::names::InboxId;
use cxloop_ports::{BodyKind, Failure, Inbox, InboxItem, InboxState, Overdue, ParkedBody};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::error::classify;
use crate::item::{
    Key, LARGEST_PACKED_BYTES, Stored, compress, expiry, failed_update, text, written,
};
use crate::retention::INBOX_DAYS;
use crate::shard::{SHARDS, shard_of};
use crate::{Store, StoreError};

const WHAT: &str = "inbox item";

/// The largest body that is kept, in bytes after compression.
pub const LARGEST_BODY_BYTES: usize = LARGEST_PACKED_BYTES;

fn key(id: &InboxId) -> Key {
    Key::new(format!("INBOX#{id}"), "BODY")
}

fn waiting_list(id: &InboxId) -> AttributeValue {
    text(format!("UNPUBLISHED#{}", shard_of(id.as_str())))
}

fn told_list(id: &InboxId) -> AttributeValue {
    text(format!("TOLD#{}", shard_of(id.as_str())))
}

fn parked_list(id: &InboxId) -> AttributeValue {
    text(format!("PARKED#{}", shard_of(id.as_str())))
}

/// Which part of a list is wanted.
#[derive(Clone, Copy)]
enum Wanted {
    OldestBefore(Timestamp),
    Newest,
}

impl Store {
    /// What stands on a sharded list of the index, in the order wanted.
    async fn inbox_list(
        &self,
        list: &str,
        wanted: Wanted,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let shards =
            (0..SHARDS).map(|shard| self.inbox_shard(format!("{list}#{shard}"), wanted, limit));
        let mut found: Vec<(String, Stored)> = Vec::new();
        for item in try_join_all(shards).await?.into_iter().flatten() {
            found.push((
                format!("{}#{}", item.text("gsi1sk")?, item.text("id")?),
                item,
            ));
        }
        found.sort_by(|(a, _), (b, _)| match wanted {
            Wanted::OldestBefore(_) => a.cmp(b),
            Wanted::Newest => b.cmp(a),
        });
        Ok(found
            .into_iter()
            .take(limit)
            .map(|(_, item)| item)
            .collect())
    }

    async fn inbox_shard(
        &self,
        partition: String,
        wanted: Wanted,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let now = self.clock.now();
        let mut found = Vec::new();
        let mut start = None;
        // A page ends at 1 MB, which a few large bodies fill: go on until there are enough or none left.
        while found.len() < limit {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("gsi1")
                .projection_expression(
                    "#id, #connection, #kind, #accepted, #reason, #trace, #when, #expires",
                )
                .expression_attribute_names("#list", "gsi1pk")
                .expression_attribute_names("#when", "gsi1sk")
                .expression_attribute_names("#id", "id")
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_names("#accepted", "accepted_at")
                .expression_attribute_names("#reason", "reason")
                .expression_attribute_names("#trace", "trace")
                .expression_attribute_names("#expires", "expires_at")
                .expression_attribute_values(":list", text(&partition))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let query = match wanted {
                Wanted::OldestBefore(before) => query
                    .key_condition_expression("#list = :list AND #when < :before")
                    .expression_attribute_values(":before", text(written(before))),
                Wanted::Newest => query
                    .key_condition_expression("#list = :list")
                    .scan_index_forward(false),
            };
            let page = query
                .send()
                .await
                .map_err(|error| classify("Query", &error))?;
            let living = page
                .items
                .unwrap_or_default()
                .into_iter()
                .map(|item| Stored::new(WHAT, item));
            found.extend(living.filter(|item| !item.expired(now)));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

impl Store {
    /// The oldest items on a list that have been on it since before a moment.
    async fn overdue(
        &self,
        list: &str,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, StoreError> {
        let found = self
            .inbox_list(list, Wanted::OldestBefore(before), limit)
            .await?;
        let overdue = found.iter().map(|item| {
            Ok(Overdue {
                id: item.parsed("id")?,
                connection: item.parsed("connection")?,
                kind: kind(item)?,
                trace: item.parsed_if_there("trace")?,
            })
        });
        overdue.collect()
    }
}

/// Items of before there were kinds have none.
fn kind(item: &Stored) -> Result<BodyKind, StoreError> {
    let Some(word) = item.parsed_if_there::<String>("kind")? else {
        return Ok(BodyKind::default());
    };
    let known = BodyKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| StoreError::Unreadable {
        what: WHAT,
        attribute: "kind",
        problem: "not a known name".to_owned(),
    })
}

fn read(item: &Stored) -> Result<InboxItem, StoreError> {
    let state = match item.text("state")? {
        "unpublished" => InboxState::Unpublished,
        "published" => InboxState::Published,
        "parked" => InboxState::Parked {
            reason: item.text("reason")?.to_owned(),
        },
        _ => {
            let problem = "not a known name".to_owned();
            return Err(StoreError::Unreadable {
                what: WHAT,
                attribute: "state",
                problem,
            });
        }
    };
    Ok(InboxItem {
        id: item.parsed("id")?,
        connection: item.parsed("connection")?,
        kind: kind(item)?,
        accepted_at: item.parsed("accepted_at")?,
        body: item.unpacked("body")?,
        state,
        trace: item.parsed_if_there("trace")?,
    })
}

/// An update whose condition did not hold leaves the item as it is, which is what its caller wants.
fn done_or_unchanged(
    update: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<(), Failure> {
    match update {
        Err(error) if failed_update(&error).is_none() => Err(classify("UpdateItem", &error).into()),
        _ => Ok(()),
    }
}

#[async_trait]
impl Inbox for Store {
    async fn keep(&self, item: &InboxItem) -> Result<(), Failure> {
        let body = compress(&item.body);
        if body.len() > LARGEST_BODY_BYTES {
            return Err(StoreError::TooLarge { what: "body" }.into());
        }
        let accepted_at = written(item.accepted_at);
        let mut attributes = key(&item.id).with([
            ("id", text(&item.id)),
            ("connection", text(&item.connection)),
            ("kind", text(item.kind.as_str())),
            ("accepted_at", text(&accepted_at)),
            ("body", AttributeValue::B(Blob::new(body))),
            ("expires_at", expiry(self.clock.now(), INBOX_DAYS)),
        ]);
        let mut set = |name: &str, value| attributes.insert(name.to_owned(), value);
        if let Some(trace) = item.trace {
            set("trace", text(trace));
        }
        match &item.state {
            InboxState::Unpublished => {
                set("state", text("unpublished"));
                set("gsi1pk", waiting_list(&item.id));
                set("gsi1sk", text(accepted_at));
            }
            InboxState::Published => {
                set("state", text("published"));
            }
            InboxState::Parked { reason } => {
                set("state", text("parked"));
                set("reason", text(reason));
                set("gsi1pk", parked_list(&item.id));
                set("gsi1sk", text(accepted_at));
            }
        }
        self.put_unless_there(WHAT, attributes).await?;
        Ok(())
    }

    async fn load(&self, id: &InboxId) -> Result<Option<InboxItem>, Failure> {
        let item = self.get(WHAT, &key(id)).await?;
        Ok(item.as_ref().map(read).transpose()?)
    }

    async fn published(&self, id: &InboxId, kind: BodyKind, at: Timestamp) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id).attributes()))
            .condition_expression("#state = :unpublished")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#when", "gsi1sk")
            .expression_attribute_values(":published", text("published"))
            .expression_attribute_values(":unpublished", text("unpublished"));
        let update = match kind {
            BodyKind::Response => update
                .update_expression("SET #state = :published, #list = :told, #when = :at")
                .expression_attribute_values(":told", told_list(id))
                .expression_attribute_values(":at", text(written(at))),
            BodyKind::Change => {
                update.update_expression("SET #state = :published REMOVE #list, #when")
            }
        };
        // Published before, parked, or not there: none of them changes.
        done_or_unchanged(update.send().await)
    }

    async fn park(&self, id: &InboxId, reason: &str) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id).attributes()))
            .update_expression(
                "SET #state = :parked, #reason = :reason, #list = :list, #when = #accepted",
            )
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#when", "gsi1sk")
            .expression_attribute_names("#accepted", "accepted_at")
            .expression_attribute_values(":parked", text("parked"))
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":list", parked_list(id))
            .send()
            .await;
        // Nothing to put aside when it expired.
        done_or_unchanged(update)
    }

    async fn unpark(&self, id: &InboxId) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id).attributes()))
            .update_expression("SET #state = :published REMOVE #reason, #list, #when")
            .condition_expression("#state = :parked")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#when", "gsi1sk")
            .expression_attribute_values(":published", text("published"))
            .expression_attribute_values(":parked", text("parked"))
            .send()
            .await;
        // Not put aside, or not there: neither changes.
        done_or_unchanged(update)
    }

    async fn unpublished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure> {
        Ok(self.overdue("UNPUBLISHED", before, limit).await?)
    }

    async fn unfinished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure> {
        Ok(self.overdue("TOLD", before, limit).await?)
    }

    async fn finished(&self, id: &InboxId) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id).attributes()))
            .update_expression("REMOVE #list, #when")
            .condition_expression("#state = :published")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#when", "gsi1sk")
            .expression_attribute_values(":published", text("published"))
            .send()
            .await;
        // Put aside meanwhile, or expired.
        done_or_unchanged(update)
    }

    async fn parked(&self, limit: usize) -> Result<Vec<ParkedBody>, Failure> {
        let found = self.inbox_list("PARKED", Wanted::Newest, limit).await?;
        let parked = found.iter().map(|item| {
            Ok(ParkedBody {
                id: item.parsed("id")?,
                connection: item.parsed("connection")?,
                kind: kind(item)?,
                accepted_at: item.parsed("accepted_at")?,
                reason: item.text("reason")?.to_owned(),
            })
        });
        Ok(parked.collect::<Result<_, StoreError>>()?)
    }
}

//! Items of the table: building, reading and writing them. Errors name the item's kind and the attribute, never content.

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Write};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::classify;
use crate::{Store, StoreError};

/// The attributes of an item.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The largest compressed value that is kept, in bytes: an item may have 400 KB with all its names.
/// Source: Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB" (item size).
pub(crate) const LARGEST_PACKED_BYTES: usize = 300 * 1024;

/// The primary key of an item.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    pub(crate) fn attributes(&self) -> Attributes {
        [
            ("pk".to_owned(), text(&self.pk)),
            ("sk".to_owned(), text(&self.sk)),
        ]
        .into()
    }

    /// A new item under this key.
    pub(crate) fn with<const N: usize>(
        &self,
        attributes: [(&str, AttributeValue); N],
    ) -> Attributes {
        let mut all = self.attributes();
        all.extend(
            attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        all
    }
}

pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// A time as text whose order is the order of time.
pub(crate) fn written(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// A moment some days after `now`, as the whole seconds that time to live reads.
pub(crate) fn expiry(now: Timestamp, days: u32) -> AttributeValue {
    number(now.as_second() + i64::from(days) * 86_400)
}

/// The first whole second at or after a moment.
pub(crate) fn expiry_at(until: Timestamp) -> AttributeValue {
    number(
        until
            .checked_add(SignedDuration::from_secs(1))
            .unwrap_or(until)
            .as_second(),
    )
}

/// Gzip of a value's bytes. Source: RFC 1952.
pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(bytes)
        .expect("writing into memory cannot fail");
    encoder.finish().expect("writing into memory cannot fail")
}

/// A value as compressed JSON, refused when it would not fit into an item.
pub(crate) fn packed(
    what: &'static str,
    value: &impl Serialize,
) -> Result<AttributeValue, StoreError> {
    let json = serde_json::to_vec(value).expect("plain data always has a JSON form");
    let packed = compress(&json);
    if packed.len() > LARGEST_PACKED_BYTES {
        return Err(StoreError::TooLarge { what });
    }
    Ok(AttributeValue::B(Blob::new(packed)))
}

/// An item as read.
#[derive(Debug)]
pub(crate) struct Stored {
    what: &'static str,
    attributes: Attributes,
}

impl Stored {
    pub(crate) fn new(what: &'static str, attributes: Attributes) -> Self {
        Self { what, attributes }
    }

    fn unreadable(&self, attribute: &'static str, problem: impl ToString) -> StoreError {
        StoreError::Unreadable {
            what: self.what,
            attribute,
            problem: problem.to_string(),
        }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, StoreError> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(value)) => Ok(Some(value)),
            Some(_) => Err(self.unreadable(name, "not a text")),
        }
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&str, StoreError> {
        self.optional_text(name)?
            .ok_or_else(|| self.unreadable(name, "missing"))
    }

    /// A text read into what it stands for.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StoreError> {
        self.text(name)?
            .parse()
            .map_err(|_| self.unreadable(name, "not in the expected form"))
    }

    /// As [`Stored::parsed`], for an attribute that older items lack.
    pub(crate) fn parsed_if_there<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        if self.attributes.contains_key(name) {
            self.parsed(name).map(Some)
        } else {
            Ok(None)
        }
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<u64, StoreError> {
        let value = self
            .attributes
            .get(name)
            .ok_or_else(|| self.unreadable(name, "missing"))?;
        let digits = value
            .as_n()
            .map_err(|_| self.unreadable(name, "not a number"))?;
        digits
            .parse()
            .map_err(|_| self.unreadable(name, "not a whole number from 0"))
    }

    pub(crate) fn texts(&self, name: &'static str) -> Result<BTreeSet<String>, StoreError> {
        match self.attributes.get(name) {
            None => Ok(BTreeSet::new()),
            Some(AttributeValue::Ss(values)) => Ok(values.iter().cloned().collect()),
            Some(_) => Err(self.unreadable(name, "not a set of texts")),
        }
    }

    /// Compressed bytes, opened.
    pub(crate) fn unpacked(&self, name: &'static str) -> Result<Vec<u8>, StoreError> {
        let value = self
            .attributes
            .get(name)
            .ok_or_else(|| self.unreadable(name, "missing"))?;
        let blob = value
            .as_b()
            .map_err(|_| self.unreadable(name, "not binary"))?;
        let mut bytes = Vec::new();
        GzDecoder::new(blob.as_ref())
            .read_to_end(&mut bytes)
            .map_err(|_| self.unreadable(name, "not gzip"))?;
        Ok(bytes)
    }

    /// Compressed JSON, opened and read.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, StoreError> {
        let bytes = self.unpacked(name)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // The error's own words may quote the content; its place and class do not.
            self.unreadable(
                name,
                format!("{:?} error at column {}", error.classify(), error.column()),
            )
        })
    }

    /// A plain name such as `open`, read into the enum whose JSON form it is.
    pub(crate) fn named<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, StoreError> {
        serde_json::from_value(self.text(name)?.into())
            .map_err(|_| self.unreadable(name, "not a known name"))
    }

    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.number("expires_at")
            .is_ok_and(|seconds| i64::try_from(seconds).is_ok_and(|s| s <= now.as_second()))
    }
}

/// The JSON name of a unit variant, such as `open`.
pub(crate) fn name_of(variant: &impl Serialize) -> AttributeValue {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => text(name),
        other => unreachable!("only unit variants are written by name, not {other:?}"),
    }
}

impl Store {
    /// Reads an item that has not expired, with the writes of a moment ago.
    pub(crate) async fn get(
        &self,
        what: &'static str,
        key: &Key,
    ) -> Result<Option<Stored>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("GetItem", &error))?;
        let now = self.clock.now();
        Ok(answer
            .item
            .map(|item| Stored::new(what, item))
            .filter(|item| !item.expired(now)))
    }

    /// Writes an item unless a living one is there; returns the one that is there instead.
    pub(crate) async fn put_unless_there(
        &self,
        what: &'static str,
        item: Attributes,
    ) -> Result<Option<Stored>, StoreError> {
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk) OR #expires <= :now")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":now", number(self.clock.now().as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match written {
            Ok(_) => Ok(None),
            Err(error) => match failed_put(&error) {
                Some(item) => Ok(Some(Stored::new(what, item))),
                None => Err(classify("PutItem", &error)),
            },
        }
    }

    /// Writes an item over one that still has a version.
    pub(crate) async fn put_over(
        &self,
        what: &'static str,
        item: Attributes,
        version: u64,
    ) -> Result<Over, StoreError> {
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
            return Ok(Over::Replaced);
        };
        match failed_put(&error) {
            None => Err(classify("PutItem", &error)),
            Some(standing) if standing.is_empty() => Ok(Over::Gone),
            Some(standing) => Ok(Over::Standing(Stored::new(what, standing))),
        }
    }
}

/// What came of writing over a version.
pub(crate) enum Over {
    /// It is written.
    Replaced,
    /// Nothing is there any more: it expired and was removed.
    Gone,
    /// Another version is there.
    Standing(Stored),
}

/// The item on which a conditional put failed, if that is why it failed.
pub(crate) fn failed_put<R>(error: &SdkError<PutItemError, R>) -> Option<Attributes> {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Some(failed.item.clone().unwrap_or_default())
        }
        _ => None,
    }
}

/// The item on which a conditional update failed, if that is why it failed.
pub(crate) fn failed_update<R>(error: &SdkError<UpdateItemError, R>) -> Option<Attributes> {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Some(failed.item.clone().unwrap_or_default())
        }
        _ => None,
    }
}

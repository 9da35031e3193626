//! Gates: items for each connection, open unless they say otherwise.
//!
//! A closing is believed from memory while it lasts, so that a backlog that waits costs no reads. That a connection is
//! open is never believed from memory: another function may have closed it a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Gates, HEAD_START, Lane, fits, paced};
use futures::future::try_join;
use jiff::{SignedDuration, Timestamp};

use crate::error::classify;
use crate::item::{Key, Stored, expiry_at, failed_put, number, text, written};
use crate::{Store, StoreError};

const WHAT: &str = "gate";

/// How long a closing is believed without asking again, so that one that a person takes away by hand ends soon.
const BELIEVED: SignedDuration = SignedDuration::from_secs(60);

/// How long the count of a second is kept, in seconds.
const PACE_SECONDS: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Closing {
    /// For everybody.
    All,
    /// For history alone.
    History,
}

/// The closings that this process knows of: until when, and when that was read.
#[derive(Default)]
pub(crate) struct KnownClosings(Mutex<HashMap<(String, Closing), (Timestamp, Timestamp)>>);

impl KnownClosings {
    fn known(&self) -> MutexGuard<'_, HashMap<(String, Closing), (Timestamp, Timestamp)>> {
        // Each entry is only ever replaced whole, so a panic elsewhere cannot have left one half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(
        &self,
        connection: &ConnectionName,
        closing: Closing,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let known = self.known();
        let (until, read_at) = known.get(&(connection.to_string(), closing)).copied()?;
        let age = now.duration_since(read_at);
        (until > now && !age.is_negative() && age < BELIEVED).then_some(until)
    }

    fn remember(
        &self,
        connection: &ConnectionName,
        closing: Closing,
        until: Timestamp,
        now: Timestamp,
    ) {
        let key = (connection.to_string(), closing);
        self.known().insert(key, (until, now));
    }
}

fn key(connection: &ConnectionName, closing: Closing) -> Key {
    let sk = match closing {
        Closing::All => "CLOSED",
        Closing::History => "HISTORY",
    };
    Key::new(format!("GATE#{connection}"), sk)
}

impl Store {
    /// The last moment of a closing, also when it is over by less than a head start.
    async fn closing(
        &self,
        connection: &ConnectionName,
        closing: Closing,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if let Some(until) = self.closings.until(connection, closing, now) {
            return Ok(Some(until));
        }
        let Some(item) = self.get(WHAT, &key(connection, closing)).await? else {
            return Ok(None);
        };
        let until: Timestamp = item.parsed("until")?;
        if until > now {
            self.closings.remember(connection, closing, until, now);
        }
        Ok(Some(until))
    }

    async fn close_to(
        &self,
        connection: &ConnectionName,
        closing: Closing,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let known = self.closings.until(connection, closing, now);
        if known.is_some_and(|known| known >= until) {
            return Ok(());
        }
        // Readable for a head start longer, because that is counted from its end.
        let expiry = expiry_at(until.checked_add(HEAD_START).unwrap_or(until));
        let closed = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(
                key(connection, closing)
                    .with([("until", text(written(until))), ("expires_at", expiry)]),
            ))
            .condition_expression("attribute_not_exists(#until) OR #until < :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", text(written(until)))
            .send()
            .await;
        match closed {
            Ok(_) => self.closings.remember(connection, closing, until, now),
            Err(error) if failed_put(&error).is_none() => {
                return Err(classify("PutItem", &error).into());
            }
            // Closed for longer already.
            Err(_) => {}
        }
        Ok(())
    }
}

#[async_trait]
impl Gates for Store {
    async fn closed_until(
        &self,
        connection: &ConnectionName,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let until = match lane {
            Lane::Cases => self.closing(connection, Closing::All, now).await?,
            Lane::History => {
                let (all, history) = try_join(
                    self.closing(connection, Closing::All, now),
                    self.closing(connection, Closing::History, now),
                )
                .await?;
                let first_served = all.map(|all| all.checked_add(HEAD_START).unwrap_or(all));
                first_served.max(history)
            }
        };
        Ok(until.filter(|until| *until > now))
    }

    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure> {
        self.close_to(connection, Closing::All, until).await
    }

    async fn hold_back_history(
        &self,
        connection: &ConnectionName,
        until: Timestamp,
    ) -> Result<(), Failure> {
        self.close_to(connection, Closing::History, until).await
    }

    async fn take(
        &self,
        connection: &ConnectionName,
        requests: u32,
        per_second: u32,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let second = now.as_second();
        let key = Key::new(format!("GATE#{connection}"), format!("PACE#{second}"));
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD #taken :requests SET #expires = :expires")
            .expression_attribute_names("#taken", "taken")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":requests", number(requests))
            .expression_attribute_values(":expires", number(second + PACE_SECONDS))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| classify("UpdateItem", &error))?;
        let taken = taken(answer.attributes.unwrap_or_default())?;
        if fits(taken, requests, per_second) {
            Ok(())
        } else {
            Err(paced(connection, taken, per_second))
        }
    }
}

fn taken(attributes: HashMap<String, AttributeValue>) -> Result<u64, StoreError> {
    Stored::new(WHAT, attributes).number("taken")
}

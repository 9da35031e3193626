//! Many rows in one request, all or none.
//!
//! On standard tables each of these is one transaction: an error means that nothing was written,
//! and it does not say which row was at fault. [`advice()`] tells what to do then. For service
//! protection such a request counts once.
//!
//! Source: Microsoft Learn, "Use bulk operation messages".

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    call::Call,
    classify::{Action, classify},
    client::Client,
    error::Error,
    key::Key,
    request::{Request, row_path},
    row::Row,
};

/// A set, the table that its rows are of, and the table's primary key: `accounts`, `account` and
/// `accountid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<'n> {
    /// The name in addresses.
    pub set: &'n str,
    /// The logical name.
    pub name: &'n str,
    /// The column of the primary key.
    pub primary_key: &'n str,
}

/// What to do after a bulk request failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The rows are not at fault: send the same request again when [`classify()`] says so. Rows
    /// that were created under ids of our choosing may then turn out to be there:
    /// [`Advice::RowByRow`].
    Repeat,
    /// Send half of the rows at a time: the request was too large.
    Halve,
    /// Send each row alone, which gives each its own outcome. Source: the advice of Microsoft Learn,
    /// "Use bulk operation messages", where failures are likely.
    RowByRow,
    /// The request could not be expressed; sending it again changes nothing.
    Stop,
}

/// What to do after a bulk request failed with `error`.
#[must_use]
pub fn advice(error: &Error) -> Advice {
    match (error, classify(error).action) {
        (Error::NotSendable { .. }, _) => Advice::Stop,
        (Error::Oversized { .. }, _) => Advice::Halve,
        (Error::Refused(detail), _) if detail.status == 413 => Advice::Halve,
        (_, Action::RetryLater | Action::WaitUntil { .. } | Action::RefreshToken) => Advice::Repeat,
        (_, Action::LookForOurRow | Action::DecideAgain | Action::Park) => Advice::RowByRow,
    }
}

impl Request {
    /// Creates rows; the answer names their ids in order. A row may carry its id in the column of
    /// the primary key, which makes a repeat harmless.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when there are no rows.
    pub fn create_multiple(table: Table<'_>, rows: Vec<Row>) -> Result<Self, Error> {
        multiple(table, "CreateMultiple", rows)
    }

    /// Changes rows, each named by its id.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when there are no rows.
    pub fn update_multiple(table: Table<'_>, rows: Vec<(Uuid, Row)>) -> Result<Self, Error> {
        let rows = rows
            .into_iter()
            .map(|(id, row)| row.set(table.primary_key, id.hyphenated().to_string()))
            .collect();
        multiple(table, "UpdateMultiple", rows)
    }

    /// Creates rows or changes them, whichever is needed; the answer does not say which.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when there are no rows, or when two have the same key, which the
    /// service refuses.
    pub fn upsert_multiple(table: Table<'_>, rows: Vec<(Key, Row)>) -> Result<Self, Error> {
        let mut keys = BTreeSet::new();
        let mut targets = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            if !keys.insert(key.to_string()) {
                return Err(Error::not_sendable("two rows have the same key"));
            }
            targets.push(match key {
                Key::Id(id) => row.set(table.primary_key, id.hyphenated().to_string()),
                key @ Key::Alternate(_) => row.set("@odata.id", row_path(table.set, key)),
            });
        }
        multiple(table, "UpsertMultiple", targets)
    }
}

impl Client {
    /// Creates rows and gives their ids, in order.
    ///
    /// # Errors
    /// Any [`Error`], of which [`advice()`] knows the next step.
    pub async fn create_multiple(
        &self,
        table: Table<'_>,
        rows: Vec<Row>,
    ) -> Result<Vec<Uuid>, Error> {
        let asked = rows.len();
        let answer = self.send(&Request::create_multiple(table, rows)?).await?;
        let ids: Option<Vec<Uuid>> = answer
            .body
            .as_ref()
            .and_then(|body| body["Ids"].as_array())
            .and_then(|ids| ids.iter().map(id).collect());
        ids.filter(|ids| ids.len() == asked)
            .ok_or_else(|| Error::unavailable("the answer does not name every row"))
    }
}

fn id(value: &Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}

fn multiple(table: Table<'_>, action: &str, rows: Vec<Row>) -> Result<Request, Error> {
    if rows.is_empty() {
        return Err(Error::not_sendable("there are no rows"));
    }
    let targets: Vec<Value> = rows
        .into_iter()
        .map(|row| row.of_table(table.name).into())
        .collect();
    let parameters = Row::new().set("Targets", targets);
    Ok(Request::execute(Call::bound_to_set(
        table.set, action, parameters,
    )))
}

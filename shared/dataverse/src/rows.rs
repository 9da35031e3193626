//! Single rows: read, created, changed, deleted; actions and functions.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    answer::Answer,
    call::{Call, Function},
    client::Client,
    error::Error,
    key::Key,
    query::Query,
    record::{Etag, Record},
    request::{Condition, Request},
    row::Row,
};

/// Who the application user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhoAmI {
    /// The row of `systemusers` that the requests run as.
    pub user: Uuid,
    /// Its business unit.
    pub business_unit: Uuid,
    /// The organisation.
    pub organization: Uuid,
}

impl Client {
    /// Reads one row. A row that is not there is [`Error::NotFound`].
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn get(
        &self,
        set: &str,
        key: impl Into<Key>,
        query: &Query,
    ) -> Result<Record, Error> {
        let answer = self.send(&Request::get(set, key, query)).await?;
        answer.record().ok_or_else(no_row)
    }

    /// Reads one row unless it still is of the version `known`; `None` when it is. See
    /// [`Request::get_if_changed`] for when the service answers the row all the same.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn get_if_changed(
        &self,
        set: &str,
        key: impl Into<Key>,
        known: &Etag,
        query: &Query,
    ) -> Result<Option<Record>, Error> {
        let request = Request::get_if_changed(set, key, known, query);
        match self.send(&request).await {
            Ok(answer) => answer.record().map(Some).ok_or_else(no_row),
            Err(Error::Unexpected(detail)) if detail.status == 304 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a row under an id of the service's choosing and gives that id.
    ///
    /// # Errors
    /// Any [`Error`]; after [`Error::Unavailable`] the row may be there, and nothing tells.
    pub async fn create(&self, set: &str, row: Row) -> Result<Uuid, Error> {
        let answer = self.send(&Request::create(set, row)).await?;
        answer
            .row_id()
            .ok_or_else(|| Error::unavailable("the answer names no row"))
    }

    /// Creates the row `key` and never changes one that is there.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when a row with this key is there, which may or may not be ours;
    /// otherwise any [`Error`].
    pub async fn create_with_id(
        &self,
        set: &str,
        key: impl Into<Key>,
        row: Row,
    ) -> Result<Answer, Error> {
        self.send(&Request::create_with_id(set, key, row)).await
    }

    /// Creates the row `key` or changes it. To learn which of the two it was, send
    /// [`Request::upsert`] with [`Request::returning`].
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn upsert(&self, set: &str, key: impl Into<Key>, row: Row) -> Result<Answer, Error> {
        self.send(&Request::upsert(set, key, row)).await
    }

    /// Changes columns of a row.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when the row changed; otherwise any [`Error`].
    pub async fn update(
        &self,
        set: &str,
        key: impl Into<Key>,
        condition: &Condition,
        row: Row,
    ) -> Result<Answer, Error> {
        self.send(&Request::update(set, key, condition, row)).await
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there; otherwise any [`Error`].
    pub async fn delete(
        &self,
        set: &str,
        key: impl Into<Key>,
        condition: &Condition,
    ) -> Result<(), Error> {
        self.send(&Request::delete(set, key, condition))
            .await
            .map(drop)
    }

    /// Runs an action and gives its result, where it has one.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn execute(&self, call: Call) -> Result<Option<Value>, Error> {
        Ok(self.send(&Request::execute(call)).await?.body)
    }

    /// Asks for the result of a function.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn evaluate(&self, function: &Function) -> Result<Record, Error> {
        let answer = self.send(&Request::evaluate(function)).await?;
        answer
            .record()
            .ok_or_else(|| Error::unavailable("the answer holds no result"))
    }

    /// Who the application user is: the smallest request there is, good for trying a connection.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn who_am_i(&self) -> Result<WhoAmI, Error> {
        let found = self.evaluate(&Function::unbound("WhoAmI")).await?;
        let id = |column: &str| {
            found
                .id(column)
                .ok_or_else(|| Error::unavailable("the answer names no user"))
        };
        Ok(WhoAmI {
            user: id("UserId")?,
            business_unit: id("BusinessUnitId")?,
            organization: id("OrganizationId")?,
        })
    }
}

pub(crate) fn no_row() -> Error {
    Error::unavailable("the answer holds no row")
}

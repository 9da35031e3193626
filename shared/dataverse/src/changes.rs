//! What changed since the last look.
//!
//! A table must have change tracking switched on. The first run reads every row, page by page, and
//! ends with a delta link; the next run goes on from that link.
//!
//! Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".

use serde_json::Value;
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::Client,
    error::Error,
    pages::{At, link, rows_of},
    query::Query,
    record::Record,
    request::Request,
    rows::no_row,
};

/// One change of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The row was created or changed; it is given as it is now.
    Saved(Record),
    /// The row with this id was deleted. It may be one that no run has ever given.
    Deleted(Uuid),
}

/// The changes of a table, of which no more than one page is held in memory.
///
/// After an error the same page is asked for again by the next call.
#[derive(Debug)]
pub struct Changes {
    client: Client,
    preferences: Vec<String>,
    at: At,
    delta_link: Option<String>,
}

impl Changes {
    /// The next page of changes; `None` after the last. Changed rows come before deleted ones.
    ///
    /// # Errors
    /// [`Error::DeltaExpired`] when the service does not remember that far back (7 days unless the
    /// organisation says otherwise): then [`Client::changes`] starts anew. Otherwise any [`Error`].
    pub async fn next(&mut self) -> Result<Option<Vec<Change>>, Error> {
        let answer = match &self.at {
            At::Start(request) => self.client.send(request).await,
            At::Link(link) => self.client.follow(link, &self.preferences).await,
            At::End => return Ok(None),
        };
        let answer: Answer = answer.map_err(expired)?;
        let (rows, beside) = rows_of(answer)?;
        let changes = rows
            .into_iter()
            .map(|row| Record::from_value(row).map_or_else(|| Err(no_row()), change))
            .collect::<Result<Vec<_>, _>>()?;
        let next = link(&beside, "@odata.nextLink");
        match (next, &self.at) {
            (Some(next), At::Link(link)) if next == *link => {
                return Err(Error::unavailable("a page leads to itself"));
            }
            (Some(next), _) => self.at = At::Link(next),
            (None, _) => {
                self.delta_link = link(&beside, "@odata.deltaLink");
                self.at = At::End;
            }
        }
        Ok(Some(changes))
    }

    /// The address of the next page, known after a page that has one; to be kept unchanged by whoever goes on later,
    /// with [`Client::changes_since`].
    #[must_use]
    pub fn next_link(&self) -> Option<&str> {
        match &self.at {
            At::Link(link) => Some(link),
            At::Start(_) | At::End => None,
        }
    }

    /// Where the next run goes on, known after the last page; to be kept unchanged. `None` before,
    /// and when the table does not track changes.
    #[must_use]
    pub fn delta_link(&self) -> Option<&str> {
        self.delta_link.as_deref()
    }
}

impl Client {
    /// Every row of `set`, and from then on its changes. `query` may select columns, set the page
    /// size and ask for annotations.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when `query` filters, expands, orders or cuts, which the service
    /// refuses here.
    pub fn changes(&self, set: &str, query: &Query) -> Result<Changes, Error> {
        Ok(Changes {
            client: self.clone(),
            // That changes are tracked stands in the links themselves.
            preferences: query.preferences(),
            at: At::Start(Request::list(set, &query.tracking()?)),
            delta_link: None,
        })
    }

    /// The changes since a run that ended with `delta_link`, or from the page on whose address an unfinished run gave
    /// ([`Changes::next_link`]). The `query` of that run is repeated here for its page size and annotations.
    ///
    /// # Errors
    /// As for [`Client::changes`].
    pub fn changes_since(&self, delta_link: &str, query: &Query) -> Result<Changes, Error> {
        query.tracking()?;
        Ok(Changes {
            client: self.clone(),
            preferences: query.preferences(),
            at: At::Link(delta_link.to_owned()),
            delta_link: None,
        })
    }
}

/// OData lets a service answer 410 for a link that it has forgotten; Dataverse documents a code.
/// Source: OData Version 4.0 Part 1, section 11.3, "Requesting Changes".
fn expired(error: Error) -> Error {
    match error {
        Error::Unexpected(detail) if detail.status == 410 => Error::DeltaExpired(detail),
        other => other,
    }
}

fn change(row: Record) -> Result<Change, Error> {
    let deleted = row
        .text("@odata.context")
        .is_some_and(|context| context.ends_with("/$deletedEntity"));
    if !deleted {
        return Ok(Change::Saved(row));
    }
    row.value("id")
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok())
        .map(Change::Deleted)
        .ok_or_else(|| Error::unavailable("a deleted row has no id"))
}

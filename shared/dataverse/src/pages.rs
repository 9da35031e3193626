//! Many rows, a page at a time.
//!
//! Source: Microsoft Learn, "Page results using OData".

use serde_json::{Map, Value};

use crate::{
    answer::Answer, client::Client, error::Error, query::Query, record::Record, request::Request,
    rows::no_row,
};

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows of this page.
    pub rows: Vec<Record>,
    /// The address of the next page, to be followed unchanged; `None` on the last one.
    pub next_link: Option<String>,
    /// How many rows match, when [`Query::count`] asked; the service counts to 5,000.
    pub count: Option<u64>,
}

/// The pages of a query, of which no more than one is held in memory.
///
/// After an error the same page is asked for again by the next call, so the caller may wait and go
/// on.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    query: Query,
    at: At,
}

#[derive(Debug)]
pub(crate) enum At {
    Start(Request),
    Link(String),
    End,
}

impl Pages {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        let page = match &self.at {
            At::Start(request) => page(self.client.send(request).await?)?,
            At::Link(link) => {
                let page = self.client.next_page(link, &self.query).await?;
                if page.next_link.as_deref() == Some(link) {
                    return Err(Error::unavailable("a page leads to itself"));
                }
                page
            }
            At::End => return Ok(None),
        };
        self.at = match &page.next_link {
            Some(link) => At::Link(link.clone()),
            None => At::End,
        };
        Ok(Some(page))
    }
}

impl Client {
    /// Reads the first page of rows.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn list(&self, set: &str, query: &Query) -> Result<Page, Error> {
        page(self.send(&Request::list(set, query)).await?)
    }

    /// Reads a following page; `query` is the one of the first page, whose preferences (page size,
    /// annotations) the service wants repeated.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotSendable`] when the link leads out of the organisation's Web
    /// API, where our token must not go.
    pub async fn next_page(&self, next_link: &str, query: &Query) -> Result<Page, Error> {
        page(self.follow(next_link, &query.preferences()).await?)
    }

    /// All rows of a query, page by page. [`Query::page_size`] bounds what is held at once.
    #[must_use]
    pub fn pages(&self, set: &str, query: Query) -> Pages {
        Pages {
            client: self.clone(),
            at: At::Start(Request::list(set, &query)),
            query,
        }
    }
}

fn page(answer: Answer) -> Result<Page, Error> {
    let (rows, rest) = rows_of(answer)?;
    Ok(Page {
        rows: rows
            .into_iter()
            .map(|row| Record::from_value(row).ok_or_else(no_row))
            .collect::<Result<_, _>>()?,
        next_link: link(&rest, "@odata.nextLink"),
        count: rest.get("@odata.count").and_then(Value::as_u64),
    })
}

/// The rows of an answer and what stands beside them.
pub(crate) fn rows_of(answer: Answer) -> Result<(Vec<Value>, Map<String, Value>), Error> {
    let none = || Error::unavailable("the answer holds no rows");
    let Some(Value::Object(mut body)) = answer.body else {
        return Err(none());
    };
    match body.remove("value") {
        Some(Value::Array(rows)) => Ok((rows, body)),
        _ => Err(none()),
    }
}

pub(crate) fn link(beside: &Map<String, Value>, name: &str) -> Option<String> {
    beside.get(name).and_then(Value::as_str).map(str::to_owned)
}

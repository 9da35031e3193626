//! Answers, alone or as parts of a batch, judged by one function.

use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG},
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    error::Error,
    meaning::request_id,
    record::{Etag, Record},
    transport,
};

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// 200 read or changed with a body, 201 created with a body, 204 done without a body.
    pub status: u16,
    /// The row's version after the request, where the service tells.
    pub etag: Option<Etag>,
    /// The full URL of the written row (`OData-EntityId`). After an upsert by alternate key it
    /// holds the key and not the id.
    pub entity_id: Option<String>,
    /// The service's id of the request, by which Microsoft's support finds it.
    pub request_id: Option<String>,
    /// The body, where there is one.
    pub body: Option<Value>,
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was no such row; now there is.
    Created,
    /// The row was there and has changed.
    Updated,
    /// One of the two: the service tells only where the row was asked for with
    /// [`crate::Request::returning`].
    Unknown,
}

impl Answer {
    /// The row in the body.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        Record::from_value(self.body.clone()?)
    }

    /// The id at the end of `OData-EntityId`, `…/incidents(<id>)`; `None` after an upsert by
    /// alternate key, whose address holds no id.
    #[must_use]
    pub fn row_id(&self) -> Option<Uuid> {
        let url = self.entity_id.as_deref()?.strip_suffix(')')?;
        url[url.rfind('(')? + 1..].parse().ok()
    }

    /// What an upsert did, read from the status.
    ///
    /// Source: Microsoft Learn, "Use Upsert to create or update a record".
    #[must_use]
    pub fn written(&self) -> Written {
        match self.status {
            201 => Written::Created,
            200 => Written::Updated,
            _ => Written::Unknown,
        }
    }
}

/// Judges an answer. Nothing but 200, 201 and 204 is a success, and a success with a body must be
/// whole JSON of the Web API that holds no error: gateways answer 200 with pages of their own.
pub(crate) fn judge(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Answer, Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let failed = || Error::from_whole_answer(status, headers, body, now);
    if !matches!(status, 200 | 201 | 204) {
        return Err(failed());
    }
    let body = match body.trim_ascii() {
        [] if status == 204 => None,
        // A success without the body that belongs to it may be a cut answer.
        [] => {
            return Err(Error::unavailable(format!(
                "the answer is {status} without a body"
            )));
        }
        // Nothing here asks for compression, and unpacking would have to be bounded too.
        _ if text(CONTENT_ENCODING.as_str()).is_some_and(|encoding| encoding != "identity") => {
            return Err(Error::unavailable("the answer is packed unasked"));
        }
        _ if !transport::is_json(headers.get(CONTENT_TYPE)) => {
            return Err(Error::unavailable("the answer is not JSON"));
        }
        bytes => Some(
            serde_json::from_slice::<Value>(bytes)
                .map_err(|_| Error::unavailable("the answer is not complete JSON"))?,
        ),
    };
    if body.as_ref().is_some_and(is_error) {
        return Err(failed());
    }
    let etag = text(ETAG.as_str())
        .or_else(|| body.as_ref()?["@odata.etag"].as_str())
        .and_then(|etag| Etag::new(etag).ok());
    Ok(Answer {
        status,
        etag,
        entity_id: text("OData-EntityId").map(str::to_owned),
        request_id: request_id(headers),
        body,
    })
}

/// Whether the body is an error in spite of its status. A row could have a column called `error`,
/// but not one that is an object with a code and a message.
fn is_error(body: &Value) -> bool {
    let error = &body["error"];
    error["message"].is_string() && !error["code"].is_null()
}

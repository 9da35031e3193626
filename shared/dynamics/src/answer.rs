//! Answers, alone or as parts of a batch, judged by one function.

use http::{
    HeaderMap,
    header::{CONTENT_TYPE, ETAG, RETRY_AFTER},
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    error::{Error, retry_after_seconds},
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
    /// The body, where there is one.
    pub body: Option<Value>,
}

impl Answer {
    /// The row in the body.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        Record::from_value(self.body.clone()?)
    }

    /// The id at the end of `OData-EntityId`, `…/incidents(<id>)`.
    #[must_use]
    pub fn row_id(&self) -> Option<Uuid> {
        let url = self.entity_id.as_deref()?.strip_suffix(')')?;
        url[url.rfind('(')? + 1..].parse().ok()
    }
}

/// The service's own id of a request, for its support. Only a GUID is taken for one.
pub(crate) fn service_request_id(headers: &HeaderMap) -> Option<Uuid> {
    ["x-ms-service-request-id", "req_id", "x-ms-request-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok())
}

/// Judges an answer. Nothing but 200, 201 and 204 is a success, and a success with a body must be
/// whole JSON of the Web API: gateways answer 200 with pages of their own.
pub(crate) fn judge(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Answer, Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !matches!(status, 200 | 201 | 204) {
        let retry_after =
            text(RETRY_AFTER.as_str()).and_then(|value| retry_after_seconds(value, now));
        return Err(Error::from_answer(status, body, retry_after)
            .answered_under(service_request_id(headers)));
    }
    let body = match body.trim_ascii() {
        [] if status == 204 => None,
        // A success without the body that belongs to it may be a cut answer.
        [] => {
            return Err(Error::unavailable(format!(
                "the answer is {status} without a body"
            )));
        }
        _ if !transport::is_json(headers.get(CONTENT_TYPE)) => {
            return Err(Error::unavailable("the answer is not JSON"));
        }
        bytes => Some(
            serde_json::from_slice::<Value>(bytes)
                .map_err(|_| Error::unavailable("the answer is not complete JSON"))?,
        ),
    };
    let etag = text(ETAG.as_str())
        .or_else(|| body.as_ref()?["@odata.etag"].as_str())
        .and_then(|etag| Etag::new(etag).ok());
    Ok(Answer {
        status,
        etag,
        entity_id: text("OData-EntityId").map(str::to_owned),
        body,
    })
}

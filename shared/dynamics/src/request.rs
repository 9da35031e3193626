//! One request, described but not sent: the same description goes out alone or inside a batch.

use http::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::{literal::encode, query::Query, record::Etag, row::Row};

/// Under which condition a write happens.
///
/// Source: Microsoft Learn, "Perform conditional operations using the Web API".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The row must exist (`If-Match: *`); without it a PATCH would create the row.
    Exists,
    /// The row must still have this version (`If-Match`).
    Unchanged(Etag),
}

/// An action of the service and its parameters.
///
/// Source: Microsoft Learn, "Use Web API actions".
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    path: String,
    parameters: Row,
}

impl Call {
    /// An unbound action, such as `CloseIncident`.
    #[must_use]
    pub fn unbound(action: &str, parameters: Row) -> Self {
        Self {
            path: action.to_owned(),
            parameters,
        }
    }

    /// An action bound to a row, such as `AddToQueue` of a queue; its name is given without the
    /// `Microsoft.Dynamics.CRM` that bound actions are written with.
    #[must_use]
    pub fn bound(set: &str, id: Uuid, action: &str, parameters: Row) -> Self {
        Self {
            path: format!("{}/Microsoft.Dynamics.CRM.{action}", row_path(set, id)),
            parameters,
        }
    }
}

/// A request to the Web API.
///
/// Requests that write carry `?tag=<the connection's tag>` when they are sent, alone or in a
/// batch: the tag comes back in the `SharedVariables` of the webhook that the write causes, and
/// lets the receiver tell our own writes from those of people. Source: Microsoft Learn, "Use
/// optional parameters".
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub(crate) method: Method,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Request {
    /// Reads the row `id` of `set`.
    #[must_use]
    pub fn get(set: &str, id: Uuid, query: &Query) -> Self {
        Self::read(row_path(set, id), query)
    }

    /// Reads rows of `set`.
    #[must_use]
    pub fn list(set: &str, query: &Query) -> Self {
        Self::read(set.to_owned(), query)
    }

    /// Creates the row `id` of `set`, and never changes one that is there: a repeat answers 412.
    ///
    /// Source: Microsoft Learn, "Upsert a table row using the Web API" (`If-None-Match: *`).
    #[must_use]
    pub fn create_with_id(set: &str, id: Uuid, row: Row) -> Self {
        Self::write(Method::PATCH, row_path(set, id), Some(row.into()))
            .with_header("If-None-Match", "*")
    }

    /// Changes columns of the row `id` of `set`.
    ///
    /// Source: Microsoft Learn, "Update and delete table rows using the Web API".
    #[must_use]
    pub fn update(set: &str, id: Uuid, condition: &Condition, row: Row) -> Self {
        Self::write(Method::PATCH, row_path(set, id), Some(row.into())).on(condition)
    }

    /// Deletes the row `id` of `set`.
    #[must_use]
    pub fn delete(set: &str, id: Uuid, condition: &Condition) -> Self {
        Self::write(Method::DELETE, row_path(set, id), None).on(condition)
    }

    /// Runs an action.
    #[must_use]
    pub fn execute(call: Call) -> Self {
        Self::write(Method::POST, call.path, Some(call.parameters.into()))
    }

    /// Asks for these columns of the written row in the answer, which costs the service a read.
    ///
    /// Source: Microsoft Learn, "Create a table row using the Web API"
    /// (`Prefer: return=representation`).
    #[must_use]
    pub fn returning<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.query = Query::new().select(columns).encoded();
        self.with_header("Prefer", "return=representation")
    }

    /// Turns the organisation's duplicate detection rules on for this write; they are off
    /// otherwise.
    ///
    /// Source: Microsoft Learn, "Manage duplicate detection during create and update".
    #[must_use]
    pub fn detecting_duplicates(self) -> Self {
        self.with_header("MSCRM.SuppressDuplicateDetection", "false")
    }

    /// Whether the request changes anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.method != Method::GET
    }

    /// Path and query relative to the API's root, encoded, with the tag of own writes.
    pub(crate) fn resource(&self, tag: &str) -> String {
        let tag = (self.is_write() && !tag.is_empty()).then(|| format!("tag={}", encode(tag)));
        let query: Vec<&str> = [Some(self.query.as_str()), tag.as_deref()]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        if query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, query.join("&"))
        }
    }

    /// The headers that belong to this request alone, in the order they were asked for.
    pub(crate) fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    fn read(path: String, query: &Query) -> Self {
        let mut request = Self {
            method: Method::GET,
            path,
            query: query.encoded(),
            headers: Vec::new(),
            body: None,
        }
        // The documented way to keep caches out; the service ignores the literal "null".
        .with_header("If-None-Match", "null");
        let preferences = query.preferences();
        if !preferences.is_empty() {
            request = request.with_header("Prefer", &preferences.join(","));
        }
        request
    }

    fn write(method: Method, path: String, body: Option<Value>) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            headers: Vec::new(),
            body,
        }
    }

    fn on(self, condition: &Condition) -> Self {
        match condition {
            Condition::Exists => self.with_header("If-Match", "*"),
            Condition::Unchanged(etag) => self.with_header("If-Match", etag.as_str()),
        }
    }

    fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

fn row_path(set: &str, id: Uuid) -> String {
    format!("{set}({})", id.hyphenated())
}

//! One request, described but not sent: the same description goes out alone or inside a batch.

use http::Method;
use serde_json::{Value, json};

use crate::{
    call::{Call, Function},
    key::Key,
    literal::encode,
    query::Query,
    record::Etag,
    row::Row,
};

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

/// A request to the Web API.
///
/// Requests that write rows carry `?tag=<the connection's tag>` when they are sent, alone or in a
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
    tagged: bool,
}

impl Request {
    /// Reads a row of `set`.
    #[must_use]
    pub fn get(set: &str, key: impl Into<Key>, query: &Query) -> Self {
        Self::read(row_path(set, key), query)
    }

    /// Reads a row of `set` if it is not of the version `known` any more; otherwise the answer is
    /// 304. The service compares only without expansions and annotations, and only for tables with
    /// optimistic concurrency; else it answers the row.
    ///
    /// Source: Microsoft Learn, "Perform conditional operations using the Web API".
    #[must_use]
    pub fn get_if_changed(set: &str, key: impl Into<Key>, known: &Etag, query: &Query) -> Self {
        let mut request = Self::read(row_path(set, key), query);
        request.headers.retain(|(name, _)| *name != "If-None-Match");
        request.with_header("If-None-Match", known.as_str())
    }

    /// Reads rows of `set`.
    #[must_use]
    pub fn list(set: &str, query: &Query) -> Self {
        Self::read(set.to_owned(), query)
    }

    /// Asks for the result of a function.
    #[must_use]
    pub fn evaluate(function: &Function) -> Self {
        Self {
            query: function.query(),
            ..Self::read(function.path(), &Query::new())
        }
    }

    /// Creates a row under an id of the service's choosing, which the answer names. A repeat
    /// creates a second row; where that matters, choose the id and use [`Request::create_with_id`].
    ///
    /// Source: Microsoft Learn, "Create a table row using the Web API".
    #[must_use]
    pub fn create(set: &str, row: Row) -> Self {
        Self::write(Method::POST, set.to_owned(), Some(row.into()))
    }

    /// Creates the row `key` of `set`, and never changes one that is there: a repeat answers 412.
    ///
    /// Source: Microsoft Learn, "Upsert a table row using the Web API" (`If-None-Match: *`).
    #[must_use]
    pub fn create_with_id(set: &str, key: impl Into<Key>, row: Row) -> Self {
        Self::write(Method::PATCH, row_path(set, key), Some(row.into()))
            .with_header("If-None-Match", "*")
    }

    /// Creates the row or changes it, whichever is needed. Which of the two it was is known only
    /// with [`Request::returning`], see [`crate::Answer::written`].
    ///
    /// On a row addressed by alternate key, key columns in `row` are dropped when it is changed,
    /// and win over the address when it is created: leave them out.
    ///
    /// Source: Microsoft Learn, "Use Upsert to create or update a record".
    #[must_use]
    pub fn upsert(set: &str, key: impl Into<Key>, row: Row) -> Self {
        Self::write(Method::PATCH, row_path(set, key), Some(row.into()))
    }

    /// Changes columns of a row.
    ///
    /// Source: Microsoft Learn, "Update and delete table rows using the Web API".
    #[must_use]
    pub fn update(set: &str, key: impl Into<Key>, condition: &Condition, row: Row) -> Self {
        Self::upsert(set, key, row).on(condition)
    }

    /// Deletes a row.
    #[must_use]
    pub fn delete(set: &str, key: impl Into<Key>, condition: &Condition) -> Self {
        Self::write(Method::DELETE, row_path(set, key), None).on(condition)
    }

    /// Adds the row `related` of `related_set` to a collection-valued navigation property.
    ///
    /// Source, here and for the next two: Microsoft Learn, "Associate and disassociate table rows
    /// using the Web API".
    #[must_use]
    pub fn associate(
        set: &str,
        key: impl Into<Key>,
        navigation: &str,
        related_set: &str,
        related: impl Into<Key>,
    ) -> Self {
        let path = format!("{}/{navigation}/$ref", row_path(set, key));
        let body = json!({"@odata.id": format!("/{}", row_path(related_set, related))});
        Self::write(Method::POST, path, Some(body))
    }

    /// Takes the row `related` out of a collection-valued navigation property.
    #[must_use]
    pub fn disassociate(
        set: &str,
        key: impl Into<Key>,
        navigation: &str,
        related: impl Into<Key>,
    ) -> Self {
        let path = format!(
            "{}/{navigation}({})/$ref",
            row_path(set, key),
            related.into()
        );
        Self::write(Method::DELETE, path, None)
    }

    /// Empties a single-valued navigation property. To fill it, write [`Row::bind`].
    #[must_use]
    pub fn clear_reference(set: &str, key: impl Into<Key>, navigation: &str) -> Self {
        let path = format!("{}/{navigation}/$ref", row_path(set, key));
        Self::write(Method::DELETE, path, None)
    }

    /// Runs an action.
    #[must_use]
    pub fn execute(call: Call) -> Self {
        Self::write(Method::POST, call.path, Some(call.parameters.into()))
    }

    /// Whether the request changes anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.method != Method::GET
    }

    /// Path and query relative to the API's root, encoded, with the tag of own writes.
    pub(crate) fn resource(&self, tag: &str) -> String {
        let tagged = self.tagged && self.is_write() && !tag.is_empty();
        let tag = tagged.then(|| format!("tag={}", encode(tag)));
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

    pub(crate) fn read(path: String, query: &Query) -> Self {
        let request = Self {
            method: Method::GET,
            path,
            query: query.encoded(),
            headers: Vec::new(),
            body: None,
            tagged: true,
        }
        // The documented way to keep caches out; the service ignores the literal "null".
        .with_header("If-None-Match", "null");
        query
            .preferences()
            .iter()
            .fold(request, |request, preference| {
                request.with_preference(preference)
            })
    }

    pub(crate) fn write(method: Method, path: String, body: Option<Value>) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            headers: Vec::new(),
            body,
            tagged: true,
        }
    }

    /// Without the tag, which is documented for rows only.
    pub(crate) fn untagged(mut self) -> Self {
        self.tagged = false;
        self
    }

    pub(crate) fn with_query(mut self, query: &Query) -> Self {
        self.query = query.encoded();
        self
    }

    fn on(self, condition: &Condition) -> Self {
        match condition {
            Condition::Exists => self.with_header("If-Match", "*"),
            Condition::Unchanged(etag) => self.with_header("If-Match", etag.as_str()),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Several preferences share one header line.
    pub(crate) fn with_preference(mut self, preference: &str) -> Self {
        match self.headers.iter_mut().find(|(name, _)| *name == "Prefer") {
            Some((_, preferences)) => {
                preferences.push(',');
                preferences.push_str(preference);
                self
            }
            None => self.with_header("Prefer", preference),
        }
    }
}

pub(crate) fn row_path(set: &str, key: impl Into<Key>) -> String {
    format!("{set}({})", key.into())
}

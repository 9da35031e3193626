//! A request as the stand-in reads it, and a refusal as it words it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::key_case::fold_keys;

/// A request taken apart.
pub(super) struct Asked {
    /// The path's parts, percent-decoded, in the caller's case: ids keep theirs.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The fields of a form body; empty for other bodies.
    pub(super) form: Vec<(String, String)>,
}

impl Asked {
    /// The body as JSON.
    pub(super) fn value(&self) -> Result<Value, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refused::bad(format!("the body is not JSON: {error}")))
    }

    /// The body as a known shape, its keys in any case.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        read(self.value()?)
    }

    /// The value of a form field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Reads a value as a known shape, its keys in any case.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(fold_keys(value)).map_err(|error| Refused::bad(error.to_string()))
}

/// A refused request. Only the body of a 401 is documented; the others say in `message` what was wrong.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({"message": message.into()}),
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn unknown(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} does not exist"))
    }

    pub(super) fn unauthorized(error: &str, description: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            body: json!({"error": error, "error_description": description}),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

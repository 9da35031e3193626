//! One request to the Web API and its answer, free of the HTTP server: requests inside a batch take the same form.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use super::access::Bypass;
use super::preferences::{Condition, Preferences};
use super::refusal::Refusal;

/// A request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub(crate) method: String,
    /// The path below the service root, percent-encoded.
    pub(crate) path: String,
    /// What follows the question mark.
    pub(crate) query: String,
    pub(crate) if_match: Option<Condition>,
    pub(crate) if_none_match: Option<Condition>,
    pub(crate) preferences: Preferences,
    pub(crate) detect_duplicates: bool,
    pub(crate) bypass: Bypass,
    /// The solution that new components go into. Source: Microsoft Learn, "Use optional parameters".
    pub(crate) solution: Option<String>,
    pub(crate) body: Bytes,
}

impl Request {
    /// Takes in one header; names are compared without case, unknown ones are left alone.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let name = name.to_ascii_lowercase();
        self.bypass.header(&name, value);
        match name.as_str() {
            "prefer" => self.preferences.add(value),
            "if-match" => self.if_match = Condition::read(Some(value)),
            "if-none-match" => self.if_none_match = Condition::read(Some(value)),
            // Duplicate detection is off unless it is asked for.
            // Source: Microsoft Learn, "Manage duplicate detection during create and update".
            "mscrm.suppressduplicatedetection" => {
                self.detect_duplicates = value.trim().eq_ignore_ascii_case("false")
            }
            "mscrm.solutionuniquename" => self.solution = Some(value.trim().to_owned()),
            _ => {}
        }
    }

    /// The JSON object in the body. `set` names the resource in the refusal.
    pub(crate) fn object(&self, set: &str) -> Result<Map<String, Json>, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal::payload(
                set,
                "System.ArgumentException: Stream was not readable.",
            ));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Json::Object(object)) => Ok(object),
            Ok(_) => Err(Refusal::payload(set, "The body is no JSON object.")),
            Err(error) => Err(Refusal::payload(
                set,
                &format!(
                    "Invalid JSON at line {}, position {}.",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Headers beside the type of the body.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: Option<String>,
    /// The row that a write made or changed, as a path: `incidents(…)`.
    pub(crate) row: Option<String>,
}

/// The type of JSON answers.
const JSON: &str = "application/json; odata.metadata=minimal";

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn json(status: u16, body: &Json) -> Self {
        Self {
            status,
            body: body.to_string().into_bytes(),
            content_type: Some(JSON.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn text(body: String) -> Self {
        Self {
            status: 200,
            body: body.into_bytes(),
            content_type: Some("text/plain".to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Names the row that the answer is about.
    pub(crate) fn about(mut self, path: String) -> Self {
        self.row = Some(path);
        self
    }

    /// The header that lists the preferences that were honoured.
    pub(crate) fn applying(self, preferences: &Preferences) -> Self {
        match preferences.applied() {
            Some(applied) => self.with("Preference-Applied", applied),
            None => self,
        }
    }

    /// The answer to a request that is refused, with the annotations that it prefers.
    pub(crate) fn refused(refusal: &Refusal, preferences: &Preferences) -> Self {
        Self::json(refusal.status, &error_body(refusal, preferences))
    }

    /// Writes the answer as a part of a batch answer: status line, headers, blank line, body, all with CRLF.
    pub(crate) fn write_part(&self, to: &mut Vec<u8>) {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        if let Some(kind) = &self.content_type {
            let streaming = if kind == JSON && self.status < 300 {
                "; odata.streaming=true"
            } else {
                ""
            };
            let _ = write!(head, "Content-Type: {kind}{streaming}\r\n");
        }
        head.push_str("OData-Version: 4.0\r\n");
        for (name, value) in &self.headers {
            // Only parts of a batch give the address of a row twice.
            if *name == "OData-EntityId" {
                let _ = write!(head, "Location: {value}\r\n");
            }
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        to.extend_from_slice(head.as_bytes());
        to.extend_from_slice(&self.body);
        to.extend_from_slice(b"\r\n");
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::refused(&refusal, &Preferences::default())
    }
}

/// The error body: `{"error":{"code","message"}}`, and the details that the request prefers as annotations.
/// Source: Microsoft Learn, "Compose HTTP requests and handle errors" (include more details with errors).
fn error_body(refusal: &Refusal, preferences: &Preferences) -> Json {
    let mut error = Map::new();
    error.insert("code".to_owned(), refusal.code.into());
    error.insert("message".to_owned(), refusal.message.clone().into());
    let help = format!(
        "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a{}&client=platform",
        refusal.code.trim_start_matches("0x")
    );
    for (name, text) in [
        ("ErrorDetails.OperationStatus", "0"),
        ("ErrorDetails.SubErrorCode", "-2146233088"),
        ("HelpLink", help.as_str()),
        ("TraceText", ""),
        ("InnerError.Message", refusal.message.as_str()),
    ] {
        let name = format!("Microsoft.PowerApps.CDS.{name}");
        if preferences.wants(&name) {
            error.insert(format!("@{name}"), text.into());
        }
    }
    serde_json::json!({ "error": error })
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}

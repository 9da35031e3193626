//! The kinds of event files that can be sent.
//!
//! Sources: Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" (payload format
//! version 2.0); AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" (example event).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;

/// An event that comes from outside, or that a queue hands on.
#[derive(Debug)]
pub(super) enum Sendable {
    /// An HTTP request as API Gateway hands it to a function.
    Webhook(Box<Envelope>),
    /// The bodies of queue messages.
    Messages(Vec<String>),
}

/// An HTTP request as API Gateway hands it to a function; what is not needed here is kept as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) raw_path: String,
    #[serde(default)]
    pub(super) raw_query_string: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) cookies: Vec<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path_parameters: Option<BTreeMap<String, String>>,
    pub(super) request_context: RequestContext,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) is_base64_encoded: bool,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// The part of the envelope that tells method and path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RequestContext {
    pub(super) http: Http,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Method and path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Envelope {
    /// A header, whatever the case of its name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a header in place of one of that name.
    pub(super) fn set_header(&mut self, name: &str, value: String) {
        self.headers
            .retain(|known, _| !known.eq_ignore_ascii_case(name));
        self.headers.insert(name.to_owned(), value);
    }

    /// The body's bytes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let body = self.body.as_deref().unwrap_or_default();
        if !self.is_base64_encoded {
            return Ok(body.as_bytes().to_vec());
        }
        STANDARD.decode(body).map_err(|error| {
            Error::unusable(
                "The event says that its body is base64, and it is not.",
                error,
            )
        })
    }

    /// Puts another connection in the place of the one in the path.
    pub(super) fn change_connection(&mut self, connection: &str) -> Result<(), Error> {
        let mut parts: Vec<&str> = self.raw_path.split('/').collect();
        let place = parts
            .iter()
            .position(|part| *part == "webhooks")
            .map(|at| at + 1);
        let Some(part) = place.and_then(|place| parts.get_mut(place)) else {
            let what = format!(
                "--connection is for webhooks: {} is no path of one.",
                self.raw_path
            );
            return Err(Error::Unusable { what, mend: None });
        };
        *part = connection;
        let path = parts.join("/");
        self.request_context.http.path.clone_from(&path);
        self.raw_path = path;
        if let Some(parameters) = &mut self.path_parameters {
            parameters.insert("connection".to_owned(), connection.to_owned());
        }
        Ok(())
    }
}

/// Reads an event file; `place` names it in errors.
pub(super) fn read(text: &str, place: &str) -> Result<Sendable, Error> {
    let value: Value = serde_json::from_str(text).map_err(|error| Error::Unusable {
        what: format!("{place}:{}:{}: no JSON", error.line(), error.column()),
        mend: None,
    })?;
    if let Some(records) = value["Records"].as_array() {
        return messages(records, place).map(Sendable::Messages);
    }
    if value["requestContext"]["http"].is_object() {
        let envelope = serde_json::from_value(value);
        let envelope = envelope.map_err(|error| {
            Error::unusable(&format!("{place} is no whole API Gateway event."), error)
        })?;
        return Ok(Sendable::Webhook(Box::new(envelope)));
    }
    Err(Error::with_mend(
        format!("{place} is neither an API Gateway event (payload 2.0) nor an SQS event."),
        "Hand other events to their function: cargo lambda invoke FUNCTION --data-file FILE",
    ))
}

fn messages(records: &[Value], place: &str) -> Result<Vec<String>, Error> {
    let bodies = records.iter().enumerate().map(|(at, record)| {
        let body = record["body"].as_str().filter(|body| !body.is_empty());
        let missing = || Error::Unusable {
            what: format!("{place}: Records[{at}].body: expected a text that is not empty"),
            mend: None,
        };
        body.map(str::to_owned).ok_or_else(missing)
    });
    bodies.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(path: &str) -> Envelope {
        let text = format!(
            r#"{{"version":"2.0","rawPath":"{path}","headers":{{"Webhook-Id":"m"}},"requestContext":{{"http":{{"method":"POST","path":"{path}","sourceIp":"192.0.2.1"}},"stage":"$default"}},"body":"w61udGltbw==","isBase64Encoded":true}}"#
        );
        match read(&text, "e.json").unwrap() {
            Sendable::Webhook(envelope) => *envelope,
            Sendable::Messages(_) => panic!("no webhook"),
        }
    }

    #[test]
    fn an_envelope_is_written_as_it_was_read() {
        let value = serde_json::to_value(envelope("/webhooks/wxm/sandbox")).unwrap();
        assert_eq!(value["requestContext"]["stage"], "$default");
        assert_eq!(value["requestContext"]["http"]["sourceIp"], "192.0.2.1");
        assert_eq!(value["version"], "2.0");
    }

    #[test]
    fn a_body_in_base64_is_sent_as_its_bytes() {
        assert_eq!(
            envelope("/webhooks/wxm").bytes().unwrap(),
            "íntimo".as_bytes()
        );
    }

    #[test]
    fn another_connection_takes_the_place_of_the_one_in_the_path() {
        let mut changed = envelope("/webhooks/wxm/sandbox");
        changed.change_connection("wxm-galicia").unwrap();
        assert_eq!(changed.raw_path, "/webhooks/wxm-galicia/sandbox");
        assert_eq!(changed.request_context.http.path, changed.raw_path);
        assert!(envelope("/loops").change_connection("wxm").is_err());
    }

    #[test]
    fn other_events_are_refused_with_what_to_do() {
        let error = read(r#"{"source":"aws.scheduler"}"#, "s.json").unwrap_err();
        assert!(error.mend().unwrap().contains("cargo lambda invoke"));
        assert!(
            read("{", "s.json")
                .unwrap_err()
                .to_string()
                .starts_with("s.json:1:")
        );
        assert!(
            read(r#"{"Records":[{"body":""}]}"#, "s.json")
                .unwrap_err()
                .to_string()
                .contains("Records[0].body")
        );
    }
}

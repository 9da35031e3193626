//! A survey platform in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_domain::names::{ConnectionName, ResponseId};
use cxloop_domain::response::Response;
use cxloop_ports::{Failure, Hint, Noted, SurveyPlatform, Unparsable};
use serde_json::{Value, json};

use super::Faults;

/// A survey platform with notes. Its webhook body is `{"response": "id", "notification": "name"}`.
#[derive(Debug)]
pub struct FakeSurveys {
    connection: ConnectionName,
    responses: Mutex<BTreeMap<ResponseId, Response>>,
    notes: Mutex<BTreeMap<ResponseId, Vec<String>>>,
    faults: Faults,
}

impl FakeSurveys {
    /// An empty platform behind a connection.
    pub fn new(connection: &str) -> Self {
        Self {
            connection: connection.parse().expect("a connection name"),
            responses: Mutex::default(),
            notes: Mutex::default(),
            faults: Faults::default(),
        }
    }

    /// The connection it stands behind.
    pub fn connection(&self) -> &ConnectionName {
        &self.connection
    }

    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Lets the customer submit a response, or the platform correct one.
    pub fn submit(&self, response: Response) {
        assert_eq!(
            response.key.connection, self.connection,
            "the response belongs to another connection"
        );
        self.responses
            .lock()
            .expect(LOCK)
            .insert(response.key.response.clone(), response);
    }

    /// The webhook body that announces a response.
    pub fn body(response: &ResponseId, notification: &str) -> Vec<u8> {
        json!({ "response": response.as_str(), "notification": notification })
            .to_string()
            .into_bytes()
    }

    /// The notes on a response, oldest first.
    pub fn notes(&self, response: &ResponseId) -> Vec<String> {
        self.notes
            .lock()
            .expect(LOCK)
            .get(response)
            .cloned()
            .unwrap_or_default()
    }

    /// The notes on all responses.
    pub fn snapshot(&self) -> Value {
        let notes = self.notes.lock().expect(LOCK);
        notes
            .iter()
            .map(|(response, texts)| (response.to_string(), json!(texts)))
            .collect()
    }
}

#[async_trait]
impl SurveyPlatform for FakeSurveys {
    fn parse(&self, body: &[u8]) -> Result<Hint, Unparsable> {
        let unparsable = |reason: &str| Unparsable {
            reason: reason.to_owned(),
        };
        let body: Value = serde_json::from_slice(body).map_err(|_| unparsable("expected JSON"))?;
        let response = body["response"].as_str().and_then(|text| text.parse().ok());
        Ok(Hint {
            response: response.ok_or_else(|| unparsable("expected a response id at response"))?,
            notification: body["notification"].as_str().unwrap_or_default().to_owned(),
            signed: None,
        })
    }

    async fn fetch(&self, response: &ResponseId) -> Result<Option<Response>, Failure> {
        self.faults.check()?;
        Ok(self.responses.lock().expect(LOCK).get(response).cloned())
    }

    async fn note(
        &self,
        response: &ResponseId,
        marker: &str,
        text: &str,
    ) -> Result<Noted, Failure> {
        self.faults.check()?;
        assert!(text.contains(marker), "a note contains its marker");
        let known: BTreeSet<ResponseId> =
            self.responses.lock().expect(LOCK).keys().cloned().collect();
        if !known.contains(response) {
            return Err(Failure::park("the platform does not know the response", ""));
        }
        let mut notes = self.notes.lock().expect(LOCK);
        let notes = notes.entry(response.clone()).or_default();
        if notes.iter().any(|note| note.contains(marker)) {
            return Ok(Noted::AlreadyThere);
        }
        notes.push(text.to_owned());
        Ok(Noted::Written)
    }
}

const LOCK: &str = "nobody panics while the platform works";

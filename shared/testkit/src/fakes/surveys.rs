//! A survey platform in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_domain::case_write_back::{Intended, Settled};
use cxloop_domain::names::{ConnectionName, ResponseId};
use cxloop_domain::response::Response;
use cxloop_ports::{Capabilities, Failure, Hint, Noted, SurveyPlatform, Unparsable};
use serde_json::{Value, json};

use super::Faults;

/// A survey platform with notes. Its webhook body is `{"response": "id", "notification": "name"}`.
#[derive(Debug)]
pub struct FakeSurveys {
    connection: ConnectionName,
    responses: Mutex<BTreeMap<ResponseId, Response>>,
    notes: Mutex<BTreeMap<ResponseId, Vec<String>>>,
    fields: Mutex<BTreeMap<ResponseId, BTreeMap<String, String>>>,
    refused: Mutex<BTreeSet<String>>,
    writes: Mutex<u64>,
    faults: Faults,
}

impl FakeSurveys {
    /// An empty platform behind a connection.
    pub fn new(connection: &str) -> Self {
        Self {
            connection: connection.parse().expect("a connection name"),
            responses: Mutex::default(),
            notes: Mutex::default(),
            fields: Mutex::default(),
            refused: Mutex::default(),
            writes: Mutex::default(),
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

    /// The fields of a response that hold something.
    pub fn fields(&self, response: &ResponseId) -> BTreeMap<String, String> {
        let fields = self.fields.lock().expect(LOCK);
        fields.get(response).cloned().unwrap_or_default()
    }

    /// Refuses what is written into a question, until [`FakeSurveys::accept_all_fields`].
    pub fn refuse_field(&self, question: &str) {
        self.refused.lock().expect(LOCK).insert(question.to_owned());
    }

    /// Takes every field again.
    pub fn accept_all_fields(&self) {
        self.refused.lock().expect(LOCK).clear();
    }

    /// How many write-backs changed something.
    pub fn writes(&self) -> u64 {
        *self.writes.lock().expect(LOCK)
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

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            notes: true,
            fields: true,
        }
    }

    async fn write_back(
        &self,
        response: &ResponseId,
        intended: &Intended,
    ) -> Result<Settled, Failure> {
        self.faults.check()?;
        if !self.responses.lock().expect(LOCK).contains_key(response) {
            return Err(Failure::park("the platform does not know the response", ""));
        }
        let refused = self.refused.lock().expect(LOCK);
        let mut settled = Settled::default();
        let mut all = self.fields.lock().expect(LOCK);
        let fields = all.entry(response.clone()).or_default();
        let before = fields.clone();
        for (question, text) in &intended.fields {
            match text {
                _ if refused.contains(question) => {
                    let reason = "the platform refuses it".to_owned();
                    settled.refused.insert(question.clone(), reason);
                }
                Some(text) => {
                    fields.insert(question.clone(), text.clone());
                }
                None => {
                    fields.remove(question);
                }
            }
        }
        let mut changed = *fields != before;
        if let Some(note) = &intended.note {
            let mut notes = self.notes.lock().expect(LOCK);
            let notes = notes.entry(response.clone()).or_default();
            if !notes.iter().any(|written| written.contains(&note.marker)) {
                notes.push(note.text.clone());
                changed = true;
            }
        }
        *self.writes.lock().expect(LOCK) += u64::from(changed);
        Ok(settled)
    }
}

const LOCK: &str = "nobody panics while the platform works";

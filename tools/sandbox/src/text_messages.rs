//! A stand-in of AWS End User Messaging SMS: it takes text messages, sends none, and keeps them to be looked at.
//! Source: AWS End User Messaging SMS API reference, "SendTextMessage" (JSON protocol, target prefix `PinpointSMSVoiceV2`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stand_in::Now;

/// The most messages kept; the oldest go first.
const KEPT: usize = 10_000;
/// The longest body, in letters.
const LONGEST: usize = 1600;
const SEND: &str = "PinpointSMSVoiceV2.SendTextMessage";
/// What the keys of messages are derived from.
const NAMESPACE: Uuid = Uuid::from_u128(0x5a4d_b0c5_0040_4000_8000_0000_0000_0001);

/// One message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMessage {
    /// The key that the sender was given.
    pub id: Uuid,
    /// The number of the receiver.
    pub to: String,
    /// The number, the name or the pool that it is sent from; empty when the sender named none.
    pub from: String,
    /// The words.
    pub text: String,
    /// What the sender wants to find again in what is told of the message.
    pub context: BTreeMap<String, String>,
    /// The configuration set that says where such things are told; empty when the sender named none.
    pub configuration_set: String,
    /// When it was taken.
    pub at: Timestamp,
}

/// The service. Clones share everything.
#[derive(Clone)]
pub struct TextMessages {
    now: Now,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    messages: VecDeque<TextMessage>,
    numbered: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    destination_phone_number: String,
    #[serde(default)]
    origination_identity: String,
    #[serde(default)]
    message_body: String,
    #[serde(default)]
    context: BTreeMap<String, String>,
    #[serde(default)]
    configuration_set_name: String,
    #[serde(default)]
    dry_run: bool,
}

impl TextMessages {
    /// A service that has taken nothing yet.
    pub fn new(now: Now) -> Self {
        Self {
            now,
            taken: Arc::default(),
        }
    }

    /// What was taken, oldest first.
    pub fn taken(&self) -> Vec<TextMessage> {
        self.state().messages.iter().cloned().collect()
    }

    /// The API, to be mounted at the root of a host.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", post(answer))
            .with_state(self.clone())
    }

    fn send(&self, body: &[u8]) -> Result<Uuid, String> {
        let request: Request = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let digits = request.destination_phone_number.trim_start_matches('+');
        let well_formed = (2..=19).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !well_formed {
            return Err("DestinationPhoneNumber is no number in E.164 format".to_owned());
        }
        let letters = request.message_body.chars().count();
        if request.message_body.trim().is_empty() || letters > LONGEST {
            return Err(format!("MessageBody needs 1 to {LONGEST} letters"));
        }
        let mut taken = self.state();
        taken.numbered += 1;
        let id = Uuid::new_v5(&NAMESPACE, &taken.numbered.to_be_bytes());
        if request.dry_run {
            return Ok(id);
        }
        if taken.messages.len() == KEPT {
            taken.messages.pop_front();
        }
        taken.messages.push_back(TextMessage {
            id,
            to: request.destination_phone_number,
            from: request.origination_identity,
            text: request.message_body,
            context: request.context,
            configuration_set: request.configuration_set_name,
            at: (self.now)(),
        });
        Ok(id)
    }

    fn state(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(service): State<TextMessages>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    if target != Some(SEND) {
        let body = json!({"__type": "UnknownOperationException"});
        return written(StatusCode::BAD_REQUEST, &body);
    }
    match service.send(&body) {
        Ok(id) => written(StatusCode::OK, &json!({"MessageId": id.to_string()})),
        Err(reason) => {
            let body = json!({"__type": "ValidationException", "Message": reason, "Reason": "FIELD_VALIDATION_FAILED"});
            written(StatusCode::BAD_REQUEST, &body)
        }
    }
}

fn written(status: StatusCode, body: &Value) -> Response {
    let kind = [(http::header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, kind, body.to_string()).into_response()
}

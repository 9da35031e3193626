//! The AWS services behind one address, as `AWS_ENDPOINT_URL` has it: DynamoDB, EventBridge, SQS, Secrets Manager and SES.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::dynamodb::{DynamoDb, Reply};
use super::meter::{Meter, Purpose, System};

/// An event that was put on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// `detail-type`.
    pub name: String,
    /// `source`.
    pub source: String,
    /// The detail, as JSON text.
    pub detail: String,
}

/// A message that a function put into a queue itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAgain {
    /// The queue's name in the template.
    pub queue: String,
    /// The message's body.
    pub body: String,
    /// When it is to be seen.
    pub after: Duration,
}

#[derive(Clone)]
pub(super) struct Aws {
    pub(super) dynamodb: DynamoDb,
    pub(super) meter: Meter,
    pub(super) secrets: Arc<BTreeMap<String, Value>>,
    pub(super) published: UnboundedSender<Published>,
    pub(super) sent_again: UnboundedSender<SentAgain>,
    pub(super) ids: Arc<AtomicU64>,
}

impl Aws {
    pub(super) fn router(self) -> Router {
        Router::new().fallback(answer).with_state(self)
    }

    fn id(&self) -> String {
        format!(
            "00000000-0000-4000-9000-{:012}",
            self.ids.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// Source: Amazon EventBridge API Reference, "PutEvents".
    fn put_events(&self, body: &Value) -> Reply {
        let entries = body["Entries"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        self.meter
            .count(System::EventBridge, Purpose::Write, "PutEvents", 0, 0);
        let mut answers = Vec::new();
        for entry in entries {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let event = Published {
                name: text("DetailType"),
                source: text("Source"),
                detail: text("Detail"),
            };
            // Nobody listens while a single function is measured without those behind it.
            let _ = self.published.send(event);
            answers.push(json!({"EventId": self.id()}));
        }
        good(&json!({"FailedEntryCount": 0, "Entries": answers}))
    }

    /// Source: Amazon SQS API Reference, "SendMessage".
    fn send_message(&self, body: &Value) -> Reply {
        self.meter
            .count(System::Sqs, Purpose::Write, "SendMessage", 0, 0);
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let queue = text("QueueUrl").rsplit('/').next().unwrap_or_default();
        let message = SentAgain {
            queue: queue.to_owned(),
            body: text("MessageBody").to_owned(),
            after: Duration::from_secs(body["DelaySeconds"].as_u64().unwrap_or(0)),
        };
        // Nobody listens while a single function is measured without its queue.
        let _ = self.sent_again.send(message);
        good(&json!({"MessageId": self.id()}))
    }

    /// Source: Amazon SES API v2 Reference, "SendEmail".
    fn send_email(&self) -> Reply {
        self.meter
            .count(System::Ses, Purpose::Write, "SendEmail", 0, 0);
        good(&json!({"MessageId": self.id()}))
    }

    /// Source: AWS Secrets Manager API Reference, "GetSecretValue".
    fn secret(&self, body: &Value) -> Reply {
        self.meter.count(
            System::SecretsManager,
            Purpose::Read,
            "GetSecretValue",
            0,
            0,
        );
        let name = body["SecretId"].as_str().unwrap_or_default();
        match self.secrets.get(name) {
            Some(value) => good(&json!({"Name": name, "SecretString": value.to_string()})),
            None => bad("ResourceNotFoundException", name),
        }
    }
}

async fn answer(State(aws): State<Aws>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let content = || serde_json::from_slice(&body).unwrap_or(Value::Null);
    let reply = match target.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => aws.dynamodb.answer(operation, &body),
        Some(("AWSEvents", "PutEvents")) => aws.put_events(&content()),
        Some(("AmazonSQS", "SendMessage")) => aws.send_message(&content()),
        Some(("secretsmanager", "GetSecretValue")) => aws.secret(&content()),
        None if uri.path() == "/v2/email/outbound-emails" => aws.send_email(),
        _ => bad("UnknownOperationException", target),
    };
    let content_type = if target.starts_with("DynamoDB") {
        "application/x-amz-json-1.0"
    } else {
        "application/x-amz-json-1.1"
    };
    Response::builder()
        .status(reply.status)
        .header("content-type", content_type)
        .header("x-amzn-requestid", aws.id())
        .body(Body::from(reply.body))
        .expect("a status and constant headers make an answer")
}

fn good(body: &Value) -> Reply {
    Reply {
        status: 200,
        body: body.to_string(),
    }
}

fn bad(code: &str, what: &str) -> Reply {
    Reply {
        status: 400,
        body: json!({"__type": code, "message": format!("{what} is not served here")}).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn what_is_published_or_put_into_a_queue_is_counted_and_handed_on() {
        let meter = Meter::default();
        let (published, mut told) = unbounded_channel();
        let (sent_again, mut waiting) = unbounded_channel();
        let aws = Aws {
            dynamodb: DynamoDb::new(meter.clone()).unwrap(),
            meter: meter.clone(),
            secrets: Arc::default(),
            published,
            sent_again,
            ids: Arc::default(),
        };
        let reply = aws.put_events(&json!({"Entries": [
            {"Source": "cxloop", "DetailType": "ResponseHinted", "Detail": "{\"inbox_id\":\"i-1\"}", "EventBusName": "b"},
        ]}));
        assert!(reply.body.contains("\"FailedEntryCount\":0"));
        let event = told.try_recv().unwrap();
        assert_eq!(
            (event.name.as_str(), event.source.as_str()),
            ("ResponseHinted", "cxloop")
        );
        assert_eq!(meter.read().of(System::EventBridge, None).requests, 1);
        assert_eq!(aws.secret(&json!({"SecretId": "cxloop/none"})).status, 400);
        aws.send_message(&json!({"QueueUrl": "http://127.0.0.1:1/000000000000/SurveyQueue", "MessageBody": "á", "DelaySeconds": 5}));
        let expected = SentAgain {
            queue: "SurveyQueue".to_owned(),
            body: "á".to_owned(),
            after: Duration::from_secs(5),
        };
        assert_eq!(waiting.try_recv().unwrap(), expected);
    }
}

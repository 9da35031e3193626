//! Raw events, in the form in which AWS hands them to a function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cxloop_sandbox::launch::WEBHOOK_SECRET;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::outside::{Published, email_of};

/// What a customer said, as a signed webhook of the generic kind.
#[must_use]
pub fn low_score(number: u64, now: Timestamp) -> Value {
    json!({
        "type": "response.submitted",
        "timestamp": now.to_string(),
        "data": {
            "id": format!("bench-{number}"),
            "survey": "visita-á-tenda",
            "submitted_at": now.to_string(),
            "language": "gl",
            "channel": "web",
            "location": "Vigo",
            "comment": "Non volverei: a atención foi pésima e ninguén respondeu ao teléfono en toda a semana.",
            "customer": {"name": "Uxía Bóveda", "email": email_of(number)},
            "answers": [
                {"question_id": "q1", "question": "Recomendaríanos?", "number": 3, "tags": ["NPS"]},
                {"question_id": "q2", "question": "Por que?", "text": "Non volverei: a atención foi pésima"},
            ],
            "metrics": {"nps": 3},
        },
    })
}

/// A bad rating of a case, as a signed webhook of the generic kind.
#[must_use]
pub fn bad_rating(number: u64, case: Uuid, now: Timestamp) -> Value {
    json!({
        "type": "response.submitted",
        "timestamp": now.to_string(),
        "data": {
            "id": format!("rating-{number}"),
            "survey": "após-o-caso",
            "submitted_at": now.to_string(),
            "comment": "Não resolveram a avaria",
            "customer": {"name": "Uxía Bóveda", "email": email_of(number)},
            "metrics": {"csat": {"score": 1, "lowest": 1, "highest": 5}},
            "case_id": case.to_string(),
        },
    })
}

/// A signed call of the connection `generic` through API Gateway.
///
/// Source: the Standard Webhooks specification, "Signature scheme".
#[must_use]
pub fn signed_call(body: &Value, number: u64, now: Timestamp) -> Bytes {
    let (id, seconds, body) = (format!("msg-{number}"), now.as_second(), body.to_string());
    let secret = WEBHOOK_SECRET.trim_start_matches("whsec_");
    let key = STANDARD
        .decode(secret)
        .expect("the sandbox's secret is base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = json!({
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": seconds.to_string(),
        "webhook-signature": signature,
    });
    http_call("POST", "/webhooks/generic", headers, Some(body), now)
}

/// An unsigned call of the connection `wxm`, whose path ends in its token.
#[must_use]
pub fn token_call(body: &Value, now: Timestamp) -> Bytes {
    let headers = json!({"content-type": "application/json; charset=utf-8"});
    http_call(
        "POST",
        "/webhooks/wxm/sandbox",
        headers,
        Some(body.to_string()),
        now,
    )
}

/// What Dynamics tells of a change, through the connection `dynamics`, whose secret comes in a header.
#[must_use]
pub fn change_call(body: &str, now: Timestamp) -> Bytes {
    let headers = json!({"content-type": "application/json", "x-cxloop-secret": "sandbox"});
    let body = Some(body.to_owned());
    http_call("POST", "/webhooks/dynamics", headers, body, now)
}

/// A person who looks at a page.
#[must_use]
pub fn page_call(path: &str, now: Timestamp) -> Bytes {
    http_call("GET", path, json!({"accept": "text/html"}), None, now)
}

/// Source: Amazon API Gateway Developer Guide, "Working with AWS Lambda proxy integrations for HTTP APIs" (payload 2.0).
fn http_call(
    method: &str,
    path: &str,
    headers: Value,
    body: Option<String>,
    now: Timestamp,
) -> Bytes {
    let mut headers = headers;
    headers["host"] = "api.example.com".into();
    headers["user-agent"] = "cxloop-bench/1.0".into();
    headers["x-forwarded-for"] = "192.0.2.10".into();
    headers["x-forwarded-port"] = "443".into();
    headers["x-forwarded-proto"] = "https".into();
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.10", "userAgent": "cxloop-bench/1.0",
            },
            "requestId": "bench",
            "routeKey": "$default",
            "stage": "$default",
            "time": "22/Nov/2026:10:00:00 +0000",
            "timeEpoch": now.as_millisecond(),
        },
        "body": body,
        "isBase64Encoded": false,
    });
    Bytes::from(event.to_string())
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, by which a function says that it failed.
    pub id: Uuid,
    /// Its body.
    pub body: String,
}

impl Message {
    /// What a queue is given of an event of the bus.
    ///
    /// Source: Amazon EventBridge User Guide, "AWS service event structure".
    #[must_use]
    pub fn of(event: &Published, now: Timestamp) -> Self {
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, event.detail.as_bytes());
        let envelope = json!({
            "version": "0",
            "id": id,
            "detail-type": event.name,
            "source": event.source,
            "account": "000000000000",
            "time": now.to_string(),
            "region": "eu-west-1",
            "resources": [],
            "detail": detail,
        });
        Self {
            id,
            body: envelope.to_string(),
        }
    }
}

/// A batch of a queue's messages.
///
/// Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
#[must_use]
pub fn batch<'m>(
    messages: impl IntoIterator<Item = &'m Message>,
    queue: &str,
    now: Timestamp,
) -> Bytes {
    let record = |message: &Message| {
        json!({
            "messageId": message.id,
            "receiptHandle": format!("receipt-{}", message.id),
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": now.as_millisecond().to_string(),
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": now.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:000000000000:{queue}"),
            "awsRegion": "eu-west-1",
        })
    };
    let records: Vec<Value> = messages.into_iter().map(record).collect();
    Bytes::from(json!({ "Records": records }).to_string())
}

/// What the schedule hands over. Source: Amazon EventBridge Scheduler User Guide, "What is EventBridge Scheduler?".
#[must_use]
pub fn tick() -> Bytes {
    Bytes::from_static(b"{}")
}

/// The queues that an event goes to, as the template's rules have it.
#[must_use]
pub fn queues_of(event: &Published) -> &'static [&'static str] {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
    match event.name.as_str() {
        "ResponseHinted" => &["IntakeQueue"],
        "ResponseReceived" => match detail["kind"].as_str() {
            Some("new") => &["CaseQueue"],
            Some("about_case") => &["ReopenQueue"],
            _ => &["UnroutedQueue"],
        },
        "RecordChanged" => match detail["record"]["table"].as_str() {
            Some("incident" | "annotation" | "email" | "phonecall" | "task") => {
                &["WriteBackQueue", "SurveyQueue"]
            }
            _ => &["SurveyQueue"],
        },
        "InvitationDue" => &["SurveyQueue"],
        _ => &["UnroutedQueue"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, detail: &str) -> Published {
        Published {
            name: name.to_owned(),
            source: "cxloop".to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn events_are_routed_as_the_rules_of_the_template_do() {
        let table = [
            ("ResponseHinted", "{}", vec!["IntakeQueue"]),
            ("ResponseReceived", r#"{"kind":"new"}"#, vec!["CaseQueue"]),
            (
                "ResponseReceived",
                r#"{"kind":"about_case"}"#,
                vec!["ReopenQueue"],
            ),
            (
                "ResponseReceived",
                r#"{"kind":"other"}"#,
                vec!["UnroutedQueue"],
            ),
            ("ResponseReceived", "no JSON", vec!["UnroutedQueue"]),
            (
                "RecordChanged",
                r#"{"record":{"table":"task"}}"#,
                vec!["WriteBackQueue", "SurveyQueue"],
            ),
            (
                "RecordChanged",
                r#"{"record":{"table":"lead"}}"#,
                vec!["SurveyQueue"],
            ),
            ("SomethingElse", "{}", vec!["UnroutedQueue"]),
        ];
        for (name, detail, queues) in table {
            assert_eq!(queues_of(&event(name, detail)), queues, "{name} {detail}");
        }
    }

    #[test]
    fn a_batch_carries_each_event_in_an_envelope_of_its_own() {
        let now = Timestamp::UNIX_EPOCH;
        let events = [
            event("ResponseHinted", r#"{"inbox_id":"a"}"#),
            event("ResponseHinted", r#"{"inbox_id":"b"}"#),
        ];
        let messages = events.map(|event| Message::of(&event, now));
        let batch: Value = serde_json::from_slice(&batch(&messages, "IntakeQueue", now)).unwrap();
        let bodies: Vec<Value> = batch["Records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| serde_json::from_str(record["body"].as_str().unwrap()).unwrap())
            .collect();
        assert_eq!(bodies[1]["detail"]["inbox_id"], "b");
        assert_eq!(bodies[0]["source"], "cxloop");
        assert_ne!(
            batch["Records"][0]["messageId"],
            batch["Records"][1]["messageId"]
        );
    }
}

//! Inputs full of planted values.

use cxloop_domain::names::ResponseKey;
use lambda_http::http::Method;
use lambda_http::{Body, Request};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

use super::detector::PHONE;
use crate::world::{Answered, CRM_SECRET, SIGNING_SECRET, WEBHOOK_TOKEN, World};

/// Rules whose names are ours and whose conditions and texts hold or fetch planted values.
pub(super) const RULES: &str = r#"
customers: { create: true }
case_rules:
  - { name: unreadable, when: "int(comment) > 3", continue: true, case: { title: "{{ comment }}" } }
  - name: detractor
    when: nps <= 6 && location == "qvzlocation" && comment != "qvzrule"
    case:
      title: "qvzrule {{ customer.name }} {{ nps }} {{ customer.phone }}"
      description: "{{ comment }} {{ customer.email }} {{ location }} {{ channel }} {{ language }}"
      queue: Recovery
reopen:
  - { name: not-solved, metric: csat, below: 3, when: "comment != \"qvzrule\"", within: 14d, otherwise: follow-up }
"#;

/// The same with a text that cannot be filled in from any response.
pub(super) const BROKEN_TEXT: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, case: { title: "qvzrule {{ comment.qvzrule.qvzrule }} {{ comment | qvzrule }}" } }
"#;

pub(super) fn visit() -> Answered {
    Answered::visit(3)
        .with("NAME", "qvzname Bóveda")
        .with("EMAIL", "qvzmail@example.com")
        .with("MOBILE", PHONE)
        .with("LOCATION", "qvzlocation")
        .with("Comments", "qvzcomment: non volverei")
}

pub(super) fn rating(case: Uuid) -> Answered {
    Answered::about(case, 1).with("Comments", "qvzcomment: não resolveram")
}

/// What the platform tells of an answer, with planted values in everything that it does not promise.
pub(super) fn notification(world: &World, key: &ResponseKey) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&world.notification_body(key, "Low")).unwrap();
    body["qvzkey"] = json!("qvzvalue");
    let answer = &mut body["answer"];
    answer["deviceId"] = json!("qvzdevice");
    answer["openTicket"] = json!({ "qvzticket": "qvzticket" });
    answer["notes"] = json!([{ "note": "qvznote", "user": "qvzuser", "authorName": "qvzauthor" }]);
    serde_json::to_vec(&body).unwrap()
}

/// A whole response of the generic kind; `case` makes it one about a case.
pub(super) fn response(id: &str, case: Option<Uuid>) -> Value {
    json!({
        "type": "response.submitted", "timestamp": "2026-11-22T10:00:00Z", "qvzkey": "qvzvalue",
        "data": {
            "id": id, "survey": "loja", "submitted_at": "2026-11-22T09:59:00Z", "language": "qvzlanguage",
            "channel": "qvzchannel", "location": "qvzlocation", "comment": "qvzcomment",
            "link": "https://surveys.example.com/qvzlink?q=qvzlink", "case_id": case,
            "customer": {
                "name": "qvzname", "email": "qvzmail@example.com", "phone": PHONE, "external_id": "qvzexternal",
            },
            "answers": [{
                "question_id": "qvzquestion", "question": "qvzquestion", "text": "qvzanswer", "tags": ["qvztag"],
            }],
            "metrics": { "nps": 2, "csat": { "score": 1, "lowest": 1, "highest": 5 } },
        },
    })
}

/// Bodies that a verified sender may send and nobody understands.
pub(super) fn malformed() -> Vec<String> {
    let changed = |pointer: &str, value: Value| {
        let mut body = response("r-9", None);
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    vec![
        "qvzbody is no JSON".to_owned(),
        "\"qvzbody\"".to_owned(),
        "{\"qvzkey\": \"qvzvalue\", ".to_owned(),
        r#"{"notification":"x","answer":{"id":"qvz id with spaces"}}"#.to_owned(),
        r#"{"notification":["qvznotification"],"answer":"qvzanswer"}"#.to_owned(),
        changed("/type", json!("qvztype")),
        changed("/data", json!("qvzdata")),
        changed("/data/id", json!("qvz id with spaces")),
        changed("/data/id", json!(["qvzid"])),
        changed("/data/submitted_at", json!("qvztime")),
        changed("/data/case_id", json!("qvzcase")),
        changed("/data/link", json!("javascript:qvzlink")),
        changed("/data/customer", json!("qvzcustomer")),
        changed("/data/customer/email", json!({ "qvzmail": "qvzmail" })),
        changed("/data/customer/email", json!("sha256:qvzhash")),
        changed("/data/answers", json!({ "qvzanswers": 1 })),
        changed("/data/answers/0", json!("qvzanswer")),
        changed("/data/answers/0/tags", json!("qvztag")),
        changed("/data/metrics/nps", json!("qvznps")),
        changed("/data/metrics/csat", json!({ "score": "qvzscore" })),
    ]
}

pub(super) fn post(path: &str, body: impl Into<Body>) -> Request {
    lambda_http::http::Request::builder()
        .method(Method::POST)
        .uri(format!("https://api.example.com{path}?qvzquery=qvzquery"))
        .header("User-Agent", "qvzagent")
        .header("X-Amzn-Trace-Id", "Root=qvztrace;Parent=qvztrace")
        .header("X-Forwarded-For", "qvzforwarded")
        .body(body.into())
        .unwrap()
}

pub(super) fn to_wxm(body: impl Into<Body>) -> Request {
    post(&format!("/webhooks/wxm/{WEBHOOK_TOKEN}"), body)
}

/// A webhook of the CRM with the secret that is right.
pub(super) fn to_dynamics(body: impl Into<Body>) -> Request {
    let mut request = post("/webhooks/dynamics", body);
    let secret = CRM_SECRET.split(' ').next().unwrap();
    let headers = request.headers_mut();
    headers.insert("x-cxloop-secret", secret.parse().unwrap());
    headers.insert(
        "x-ms-dynamics-organization",
        "qvzorganization".parse().unwrap(),
    );
    request
}

/// Bodies of the CRM with planted values in every place that holds what a person wrote.
pub(super) fn of_the_crm() -> Vec<String> {
    let case = Uuid::from_u128(0xca5e);
    let reference = json!({ "__type": "EntityReference:qvztype", "Id": case, "LogicalName": "incident", "Name": "qvzname" });
    let row = json!({
        "__type": "Entity:qvztype", "Id": case, "LogicalName": "incident", "RowVersion": "qvzversion",
        "Attributes": [{ "key": "title", "value": "qvztitle" }, { "key": "customerid", "value": reference }, { "key": "qvz spaced", "value": "x" }],
        "FormattedValues": [{ "key": "title", "value": "qvzlabel" }],
    });
    let body = |message: &str, parameters: Value| {
        json!({
            "MessageName": message, "PrimaryEntityName": "incident", "PrimaryEntityId": case,
            "OrganizationName": "qvzorganization", "InitiatingUserAgent": "qvzagent",
            "InputParameters": parameters, "SharedVariables": [{ "key": "x-ms-app-name", "value": "qvzapp" }],
            "PreEntityImages": [{ "key": "qvzimage", "value": row }], "ParentContext": { "MessageName": "qvzparent" },
        })
        .to_string()
    };
    let target = json!([{ "key": "Target", "value": row }]);
    let mut bodies = vec![
        body("Update", target.clone()),
        body("Create", target.clone()),
        body("qvzmessage", target.clone()),
        body(
            "Close",
            json!([{ "key": "IncidentResolution", "value": { "Attributes": [{ "key": "subject", "value": "qvzsubject" }] } }]),
        ),
        body("Update", json!([{ "key": "Target", "value": "qvztarget" }])),
        r#"{"MessageName":"Close","PrimaryEntityName":"qvztable"}"#.to_owned(),
    ];
    bodies.extend(malformed());
    bodies
}

/// A request of the generic kind, signed rightly. The delivery's id is the sender's and planted too.
pub(super) fn signed(world: &World, body: &str) -> Request {
    let at = cxloop_ports::Clock::now(world.clock.as_ref()).as_second();
    let webhook = Webhook::new(SIGNING_SECRET).unwrap();
    let signature = webhook.sign("qvzdelivery", at, body.as_bytes()).unwrap();
    let mut request = post("/webhooks/generic", body);
    let headers = request.headers_mut();
    headers.insert("webhook-id", "qvzdelivery".parse().unwrap());
    headers.insert("webhook-timestamp", at.to_string().parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    request
}

/// Requests that are refused, each for another reason.
pub(super) fn refused(world: &World) -> Vec<Request> {
    let body = response("r-9", None).to_string();
    let with = |header: &'static str, value: &str| {
        let mut request = signed(world, &body);
        request.headers_mut().insert(header, value.parse().unwrap());
        request
    };
    let mut unsigned = signed(world, &body);
    unsigned.headers_mut().remove("webhook-signature");
    vec![
        post("/webhooks/wxm/qvztoken", body.clone()),
        post("/webhooks/wxm/qvz/token", body.clone()),
        post("/webhooks/qvzconnection/qvztoken", body.clone()),
        post("/webhooks/QVZ", body.clone()),
        post("/qvzpath", body.clone()),
        post("/webhooks/dynamics/qvztoken", body.clone()),
        with("webhook-signature", "v1,qvzsignature"),
        with("webhook-id", "qvzother"),
        with("webhook-timestamp", "qvztime"),
        with("webhook-timestamp", "7"),
        unsigned,
    ]
}

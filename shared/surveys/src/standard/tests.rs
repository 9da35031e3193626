use cxloop_domain::names::ConnectionName;
use cxloop_domain::response::{Kind, Metric};
use cxloop_domain::score::Scale;
use cxloop_ports::{Noted, Remedy, SurveyPlatform};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::StandardPlatform;
use crate::any_json::any_json;

fn platform() -> StandardPlatform {
    StandardPlatform::new("generic".parse::<ConnectionName>().unwrap())
}

fn body() -> Value {
    json!({
        "type": "response.submitted",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {
            "id": "r-2041",
            "survey": "workshop-visit",
            "submitted_at": "2026-03-02T09:58:12Z",
            "location": "Vigo",
            "comment": "Não resolveram a avaria",
            "link": "https://surveys.example.com/responses/r-2041",
            "customer": { "name": "Antía Freire", "email": "antia@example.com", "phone": "+34 986 000 111" },
            "answers": [{ "question_id": "q1", "number": 0, "tags": ["NPS"], "program_filled": false }],
            "metrics": { "nps": 0, "csat": { "score": 2, "lowest": 1, "highest": 5 }, "mood": "low" },
            "color": { "unknown": true }
        }
    })
}

fn reason(change: impl FnOnce(&mut Value)) -> String {
    let mut body = body();
    change(&mut body);
    platform()
        .parse(body.to_string().as_bytes())
        .unwrap_err()
        .reason
}

#[test]
fn a_signed_body_is_the_response_itself() {
    let hint = platform().parse(body().to_string().as_bytes()).unwrap();
    let response = hint.signed.unwrap();
    assert_eq!(response.key.to_string(), "generic/r-2041");
    assert_eq!(hint.response, response.key.response);
    assert_eq!(response.comment.as_deref(), Some("Não resolveram a avaria"));
    assert_eq!(response.metrics[&Metric::Nps].score.as_whole(), Some(0));
    assert_eq!(
        response.metrics[&Metric::Csat].scale,
        Some(Scale::whole(1, 5))
    );
    assert_eq!(
        response.customer.email.as_ref().and_then(|e| e.address()),
        Some("antia@example.com")
    );
    assert_eq!(response.kind(), Kind::New);
}

#[test]
fn a_case_id_makes_it_a_response_about_a_case() {
    let mut body = body();
    body["data"]["case_id"] = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5".into();
    let hint = platform().parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(hint.signed.unwrap().kind(), Kind::AboutCase);
}

#[test]
fn a_signed_body_says_which_invitation_it_answers_and_about_which_row() {
    let id = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5";
    let mut body = body();
    body["data"]["invitation"] = id.into();
    body["data"]["about"] = format!("opportunity/{id}").into();
    let hint = platform().parse(body.to_string().as_bytes()).unwrap();
    let response = hint.signed.unwrap();
    assert_eq!(response.invitation.unwrap().to_string(), id);
    assert_eq!(
        response.about.as_ref().unwrap().table.as_str(),
        "opportunity"
    );
    assert_eq!(response.kind(), Kind::New, "only a case is a case");
}

#[test]
fn the_envelopes_time_stands_in_for_a_missing_submission_time() {
    let mut body = body();
    body["data"]["submitted_at"] = Value::Null;
    let hint = platform().parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        hint.signed.unwrap().submitted_at.to_string(),
        "2026-03-02T10:00:00Z"
    );
}

#[test]
fn a_mistake_is_named_by_its_place_and_never_by_its_content() {
    let wrong = Value::from("Antía");
    let cases: [(&str, &str); 9] = [
        ("/data/id", "data.id: expected text, found a number"),
        ("/data/survey", "data.survey: expected text, found a number"),
        (
            "/data/submitted_at",
            "data.submitted_at: expected a time such as 2026-03-02T09:58:12Z, found text",
        ),
        (
            "/data/customer",
            "data.customer: expected an object, found text",
        ),
        (
            "/data/answers",
            "data.answers: expected a list of objects, found text",
        ),
        (
            "/data/answers/0/number",
            "data.answers[0].number: expected a number, found text",
        ),
        (
            "/data/answers/0/tags",
            "data.answers[0].tags: expected a list of texts, found text",
        ),
        (
            "/data/metrics/csat/score",
            "data.metrics.csat.score: expected a number, found text",
        ),
        (
            "/data/link",
            "data.link: expected an address that begins with https:// or http://, found text",
        ),
    ];
    for (pointer, expected) in cases {
        let value = if expected.ends_with("a number") {
            Value::from(7)
        } else {
            wrong.clone()
        };
        assert_eq!(
            reason(|body| *body.pointer_mut(pointer).unwrap() = value),
            expected
        );
    }
}

#[test]
fn what_breaks_a_rule_beyond_its_type_is_refused_too() {
    assert_eq!(
        reason(|b| b["type"] = "response.deleted".into()),
        "type: expected response.submitted, found another"
    );
    assert!(
        reason(|b| b["data"]["metrics"]["nps"] = 11.into())
            .starts_with("data.metrics.nps: expected a score on its scale")
    );
    assert!(
        reason(|b| b["data"]["metrics"]["nps"] = json!(1.234)).contains("at most two decimals")
    );
    assert!(
        reason(|b| b["data"]["metrics"]["csat"]["highest"] = 1.into())
            .starts_with("data.metrics.csat.lowest")
    );
    assert!(reason(|b| b["data"]["link"] = "javascript:alert(1)".into()).starts_with("data.link"));
    assert!(
        reason(|b| b["data"]["case_id"] = "CAS-01".into())
            .starts_with("data.case_id: expected the id of a case")
    );
    assert!(
        reason(|b| b["data"]["invitation"] = "convite".into())
            .starts_with("data.invitation: expected the id of an invitation")
    );
    for about in ["lead", "incident/0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5"] {
        assert!(
            reason(|b| b["data"]["about"] = about.into())
                .starts_with("data.about: expected a table and the id of a row")
        );
    }
    assert!(
        reason(|b| b["data"] = Value::Null).starts_with("data: expected an object, found null")
    );
    let broken = platform()
        .parse("{\"type\": \"Antía\",".as_bytes())
        .unwrap_err()
        .reason;
    assert!(
        broken.starts_with("the body is no JSON (line 1"),
        "{broken}"
    );
    assert!(!broken.contains("Antía"));
}

#[tokio::test]
async fn what_the_sender_cannot_do_is_declared() {
    let id = "r-2041".parse().unwrap();
    assert_eq!(
        platform().fetch(&id).await.unwrap_err().remedy,
        Remedy::Park
    );
    assert_eq!(
        platform().note(&id, "m", "m").await.unwrap(),
        Noted::NotSupported
    );
}

#[test]
fn the_documented_example_is_read() {
    let page = include_str!("../../../../docs/generic-webhook.md");
    let example = page
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let hint = platform().parse(example.as_bytes()).unwrap();
    assert!(
        hint.signed
            .is_some_and(|response| response.about_case.is_none() && !response.metrics.is_empty())
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_and_json_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json in any_json()) {
        let _ = platform().parse(&bytes);
        let _ = platform().parse(json.to_string().as_bytes());
        let mut near = body();
        near["data"]["metrics"] = json.clone();
        let _ = platform().parse(near.to_string().as_bytes());
        near["data"] = json;
        let _ = platform().parse(near.to_string().as_bytes());
    }
}

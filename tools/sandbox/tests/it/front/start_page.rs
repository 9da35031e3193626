//! The start page, and the survey after a case that it offers.

use axum::body::Body;
use cxloop_sandbox::dataverse::Dataverse;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::sandbox_front::{SECRET, SandboxFront};

const IRIA: &str = "/contacts(5a4db0c5-0005-4000-8000-000000000001)";

async fn ask(dynamics: &Dataverse, method: &str, path: &str, body: &Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/data/v9.2{path}"))
        .header("authorization", "Bearer sandbox")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = dynamics.router().oneshot(request).await.unwrap();
    assert!(
        answer.status().is_success(),
        "{method} {path}: {}",
        answer.status()
    );
}

async fn open_case(front: &SandboxFront, id: &str, title: &str) {
    let case = json!({"title": title, "customerid_contact@odata.bind": IRIA});
    ask(
        &front.dynamics,
        "PATCH",
        &format!("/incidents({id})"),
        &case,
    )
    .await;
}

async fn resolve(front: &SandboxFront, id: &str) {
    front.pass_seconds(60);
    let resolution = json!({
        "IncidentResolution": {"subject": "Resolta", "incidentid@odata.bind": format!("/incidents({id})")},
        "Status": -1,
    });
    ask(&front.dynamics, "POST", "/CloseIncident", &resolution).await;
}

async fn page(front: &SandboxFront) -> String {
    let answer = front.http.get(front.at("/")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.text().await.unwrap()
}

const FIRST: &str = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5";
const SECOND: &str = "1f7c9f2e-8a51-5d3c-b6a7-2e2f4c1d9a10";
const OPEN: &str = "2a6b8d10-9c42-5e1f-8b3d-7c5a9e0f1b22";

#[tokio::test]
async fn the_page_leads_through_the_loop_and_shows_where_things_are() {
    let front = SandboxFront::start().await;
    let html = page(&front).await;
    for expected in [
        "href=\"http://127.0.0.1:8688/s/store-visit\"",
        "href=\"/loops\"",
        "href=\"http://127.0.0.1:8687/\"",
        "http://127.0.0.1:8686/webhooks/wxm/sandbox",
        "/_sandbox/faults",
        "id=\"no-cases\"",
        SECRET,
    ] {
        assert!(html.contains(expected), "{expected} is missing in:\n{html}");
    }
    assert!(!html.contains("id=\"after-case\""), "{html}");
}

#[tokio::test]
async fn resolved_cases_are_offered_for_rating_the_last_closed_first_and_open_ones_not() {
    let front = SandboxFront::start().await;
    for (id, title) in [
        (FIRST, "Avaria <na> tenda"),
        (SECOND, "Non volverei"),
        (OPEN, "Aberta"),
    ] {
        open_case(&front, id, title).await;
    }
    resolve(&front, SECOND).await;
    resolve(&front, FIRST).await;
    let html = page(&front).await;
    let first = html
        .find(&format!(
            "id=\"after-case\" class=\"after-case\" data-case=\"{FIRST}\""
        ))
        .unwrap();
    let second = html.find(&format!("data-case=\"{SECOND}\"")).unwrap();
    assert!(first < second);
    assert!(html.contains("Rate CAS-01001-"), "{html}");
    assert!(html.contains("Avaria &#60;na&#62; tenda"), "{html}");
    assert!(!html.contains("Aberta"));
    assert_eq!(html.matches("id=\"after-case\"").count(), 1);
    assert!(
        front.calls.of("dynamics").is_empty(),
        "the page's own questions are in the log of calls"
    );
}

#[tokio::test]
async fn rating_a_case_leads_to_a_form_that_knows_the_case_and_can_be_used_once() {
    let front = SandboxFront::start().await;
    let invite = front.at(&format!("/_sandbox/after-case/{FIRST}"));
    let answer = front.http.post(&invite).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let form = answer.headers()["location"].to_str().unwrap().to_owned();
    let token = form.strip_prefix("http://127.0.0.1:8688/s/").unwrap();
    let request = Request::get(format!("/api/SurveyByToken/{token}"))
        .body(Body::empty())
        .unwrap();
    let shown = front.survey.router().oneshot(request).await.unwrap();
    let shown = axum::body::to_bytes(shown.into_body(), 1_000_000)
        .await
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    let filled = &shown["preFill"][0];
    let question = front.survey.question_id("after-case", "CASE_ID").unwrap();
    assert_eq!(
        (filled["questionId"].as_str(), filled["textInput"].as_str()),
        (Some(question.as_str()), Some(FIRST))
    );
    let again = front.http.post(&invite).send().await.unwrap();
    assert_ne!(again.headers()["location"].to_str().unwrap(), form);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let front = SandboxFront::start().await;
    let answer = front
        .http
        .post(front.at("/_sandbox/after-case/CAS-01001"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_empty_sandbox_has_a_page_too_and_says_why_there_is_no_survey() {
    let front = SandboxFront::start_empty().await;
    assert!(page(&front).await.contains("started empty"));
    let invite = front.at(&format!("/_sandbox/after-case/{FIRST}"));
    let answer = front.http.post(invite).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
}

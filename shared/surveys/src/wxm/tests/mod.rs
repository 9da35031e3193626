//! The platform against a scripted server.

mod fetching;
mod mapping;
mod notes;
mod parsing;
mod sending;
mod setup;
mod trouble;
mod writing_back;

use std::sync::Arc;

use cxloop_domain::configuration::{QuestionMap, WxmConnection};
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::WxmPlatform;
use crate::test_doubles::{FixedSecrets, HandClock};

pub(super) const ANSWER: &str = "65f0a1b2c3d4e5f60718293a";

/// The platform, its server, and what the test turns by hand.
pub(super) struct Scene {
    pub(super) server: MockServer,
    pub(super) clock: Arc<HandClock>,
    pub(super) secrets: Arc<FixedSecrets>,
    pub(super) platform: WxmPlatform,
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::at(None).await
    }

    /// A scene whose platform is looked for elsewhere than at its server.
    pub(super) async fn at(url: Option<String>) -> Self {
        let server = MockServer::start().await;
        let clock = HandClock::at("2026-03-02T10:00:00Z");
        let secrets = FixedSecrets::wxm();
        let configured = WxmConnection {
            url: url.unwrap_or_else(|| server.uri()),
            survey_url: "https://nps.bz".into(),
            secret: "cxloop/wxm".into(),
            questions: QuestionMap::default(),
            note: String::new(),
            case_surveys: Vec::new(),
            requests_per_second: None,
        };
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let platform = WxmPlatform::new(
            "wxm".parse().unwrap(),
            configured,
            http,
            secrets.clone(),
            clock.clone(),
        );
        Self {
            server,
            clock,
            secrets,
            platform,
        }
    }

    /// A scene in which signing in works, the questions are known and the answer is there.
    pub(super) async fn with_answer(answer: Value) -> Self {
        let scene = Self::new().await;
        scene.signs_in().await;
        scene
            .get(
                "/api/Questions/Active",
                ResponseTemplate::new(200).set_body_json(questions()),
            )
            .await;
        scene
            .get(
                &format!("/api/Answer/{ANSWER}"),
                ResponseTemplate::new(200).set_body_json(answer),
            )
            .await;
        scene
    }

    pub(super) async fn signs_in(&self) {
        Mock::given(method("POST"))
            .and(path("/api/LoginToken"))
            .and(body_string_contains("grant_type=password"))
            .and(body_string_contains("username=sandbox"))
            .respond_with(ResponseTemplate::new(200).set_body_json(
                json!({ "access_token": "t-1", "token_type": "bearer", "expires_in": 86399 }),
            ))
            .mount(&self.server)
            .await;
    }

    pub(super) async fn get(&self, at: &str, answer: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// How often a path was asked for.
    pub(super) async fn asked(&self, at: &str) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.url.path() == at)
            .count()
    }
}

pub(super) fn question(id: &str, display_type: &str, tags: &[&str]) -> Value {
    json!({
        "id": id, "sequence": 1, "text": "Que tal?", "displayType": display_type, "multiSelect": [],
        "staffFill": false, "apiFill": false, "questionTags": tags, "note": null, "isRetired": false
    })
}

pub(super) fn questions() -> Value {
    let mut nps = question("q-nps", "Scale", &["nps"]);
    nps["multiSelect"] = json!(["0-10"]);
    let mut csat = question("q-csat", "Star-5", &["CSAT"]);
    csat["sequence"] = 2.into();
    let mut case = question("q-case", "Text", &["CASE_ID"]);
    case["apiFill"] = true.into();
    let mut invitation = question("q-invitation", "Text", &["INVITATION"]);
    invitation["apiFill"] = true.into();
    let mut about = question("q-about", "Text", &["ABOUT"]);
    about["apiFill"] = true.into();
    let mut name = question("q-name", "Text", &[]);
    name["note"] = "Name".into();
    json!([
        csat,
        nps,
        case,
        invitation,
        about,
        name,
        question("q-comment", "MultilineText", &["Comments"]),
        question("q-email", "Text", &["EMAIL"]),
        question("q-mobile", "Number", &["Mobile"]),
        question("q-shop", "Select", &["Location"]),
        question("q-typed-case", "Text", &["case_id"]),
        question("q-typed-invitation", "Text", &["invitation"]),
        question("q-typed-about", "Text", &["about"]),
    ])
}

pub(super) fn given(id: &str, text: Value, number: Value) -> Value {
    json!({ "questionId": id, "questionText": "Que tal?", "textInput": text, "numberInput": number })
}

pub(super) fn answer(responses: Vec<Value>) -> Value {
    json!({
        "id": ANSWER, "user": "sandbox", "locationId": "store-visit", "responseDateTime": "2026-03-02T09:58:12.426Z",
        "responseDuration": 40, "surveyClient": "web", "responses": responses, "archived": false, "notes": null, "openTicket": null
    })
}

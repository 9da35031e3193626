use std::time::Duration;

use cxloop_ports::{Failure, Remedy, SurveyPlatform};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{ANSWER, Scene};

async fn failure_of(answer: ResponseTemplate) -> Failure {
    let scene = Scene::new().await;
    scene.signs_in().await;
    scene.get(&format!("/api/Answer/{ANSWER}"), answer).await;
    scene
        .platform
        .fetch(&ANSWER.parse().unwrap())
        .await
        .unwrap_err()
}

fn wait(until: &str) -> Remedy {
    Remedy::WaitUntil {
        connection: "wxm".parse().unwrap(),
        until: until.parse().unwrap(),
    }
}

#[tokio::test]
async fn each_kind_of_trouble_has_its_remedy() {
    let page = "<!doctype html><p>Antía</p>";
    let table = [
        (ResponseTemplate::new(500), Remedy::Retry),
        (
            ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8"),
            Remedy::Retry,
        ),
        (
            ResponseTemplate::new(200).set_body_raw("{\"id\":\"65f0", "application/json"),
            Remedy::Retry,
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({ "id": ["Antía"] })),
            Remedy::Retry,
        ),
        (
            ResponseTemplate::new(404).set_body_raw(page, "text/html"),
            Remedy::Mend,
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/"),
            Remedy::Mend,
        ),
        (ResponseTemplate::new(403), Remedy::Mend),
        (ResponseTemplate::new(401), Remedy::Mend),
        (
            ResponseTemplate::new(400)
                .set_body_json(json!({ "message": "Bad id of antia@example.com" })),
            Remedy::Park,
        ),
        (ResponseTemplate::new(429), wait("2026-03-02T10:00:15Z")),
        (
            ResponseTemplate::new(429).insert_header("retry-after", "2"),
            wait("2026-03-02T10:00:02Z"),
        ),
        (
            ResponseTemplate::new(429)
                .insert_header("retry-after", "Mon, 02 Mar 2026 10:20:00 GMT"),
            wait("2026-03-02T10:20:00Z"),
        ),
    ];
    for (answer, remedy) in table {
        let described = format!("{answer:?}");
        let failure = failure_of(answer).await;
        assert_eq!(failure.remedy, remedy, "{described}");
        assert!(
            !format!("{failure:?}").to_lowercase().contains("ant"),
            "{failure:?} names a person"
        );
    }
}

#[tokio::test]
async fn a_permanent_refusal_says_status_and_words() {
    let failure = failure_of(
        ResponseTemplate::new(400).set_body_json(json!({ "Message": "Archived account" })),
    )
    .await;
    assert_eq!(
        failure.message,
        "Webex Experience Management refused with 400: Archived account"
    );
    assert_eq!(failure.detail, "connection wxm, GET /api/Answer/{id}");
}

#[tokio::test]
async fn a_refused_password_names_the_secret_and_is_not_tried_again_at_once() {
    let scene = Scene::new().await;
    let refused = ResponseTemplate::new(401).set_body_json(
        json!({ "error": "invalid_grant", "error_description": "The password is incorrect." }),
    );
    let guard = Mock::given(method("POST"))
        .and(path("/api/LoginToken"))
        .respond_with(refused)
        .mount_as_scoped(&scene.server)
        .await;
    let id = ANSWER.parse().unwrap();
    for _ in 0..2 {
        let failure = scene.platform.fetch(&id).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Mend);
        assert_eq!(
            failure.message,
            "Webex Experience Management refuses to sign in with secret cxloop/wxm",
            "it is logged, so that it must be ours alone"
        );
    }
    assert_eq!(scene.asked("/api/LoginToken").await, 1);
    assert!(*scene.secrets.forgotten.lock().unwrap() >= 2);
    drop(guard);
    scene.signs_in().await;
    scene
        .get(&format!("/api/Answer/{ANSWER}"), ResponseTemplate::new(404))
        .await;
    scene.secrets.set("password", "nova");
    assert_eq!(scene.platform.fetch(&id).await, Ok(None));
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let scene = Scene::new().await;
    scene.secrets.set("username", "sandbox");
    let empty = std::sync::Arc::new(crate::test_doubles::FixedSecrets::default());
    let applied = cxloop_domain::configuration::WxmConnection {
        url: scene.server.uri(),
        survey_url: "https://nps.bz".into(),
        secret: "cxloop/wxm".into(),
        questions: cxloop_domain::configuration::QuestionMap::default(),
        note: String::new(),
        case_surveys: Vec::new(),
        requests_per_second: None,
    };
    let platform = crate::wxm::WxmPlatform::new(
        "wxm".parse().unwrap(),
        applied,
        reqwest::Client::new(),
        empty,
        scene.clock.clone(),
    );
    let failure = platform.fetch(&ANSWER.parse().unwrap()).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend);
    assert_eq!(failure.message, "Secret cxloop/wxm has no field username.");
}

#[tokio::test]
async fn a_silent_platform_and_a_cut_connection_are_passing_trouble() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    scene.get("/api/Answer/late", late).await;
    let patience = Duration::from_millis(200);
    let http = reqwest::Client::builder()
        .timeout(patience)
        .build()
        .unwrap();
    for (url, problem) in [
        (scene.server.uri(), "no answer in time"),
        (cutting_server().await, "the connection was cut"),
    ] {
        let configured = cxloop_domain::configuration::WxmConnection {
            url,
            survey_url: "https://nps.bz".into(),
            secret: "cxloop/wxm".into(),
            questions: cxloop_domain::configuration::QuestionMap::default(),
            note: String::new(),
            case_surveys: Vec::new(),
            requests_per_second: None,
        };
        let platform = crate::wxm::WxmPlatform::new(
            "wxm".parse().unwrap(),
            configured,
            http.clone(),
            scene.secrets.clone(),
            scene.clock.clone(),
        );
        let failure = platform.fetch(&"late".parse().unwrap()).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Retry);
        assert_eq!(
            failure.message,
            format!("Webex Experience Management cannot be reached: {problem}")
        );
    }
}

/// A server that promises more bytes than it sends.
async fn cutting_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"access_token\":")
                .await;
        }
    });
    url
}

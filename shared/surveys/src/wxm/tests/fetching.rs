use cxloop_ports::{Remedy, SurveyPlatform};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{ANSWER, Scene, answer, given};

#[tokio::test]
async fn a_response_is_fetched_and_joined_with_its_questions() {
    let scene = Scene::with_answer(answer(vec![given("q-nps", Value::Null, 3.into())])).await;
    let response = scene
        .platform
        .fetch(&ANSWER.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.key.to_string(), format!("wxm/{ANSWER}"));
    assert_eq!(response.metrics.len(), 1);
    scene
        .platform
        .fetch(&ANSWER.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(scene.asked("/api/LoginToken").await, 1);
    assert_eq!(scene.asked("/api/Questions/Active").await, 1);
}

#[tokio::test]
async fn a_response_that_is_gone_is_none() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    scene
        .get("/api/Answer/unknown", ResponseTemplate::new(404))
        .await;
    scene
        .get(
            "/api/Answer/null",
            ResponseTemplate::new(200).set_body_json(Value::Null),
        )
        .await;
    for id in ["unknown", "null"] {
        assert_eq!(
            scene.platform.fetch(&id.parse().unwrap()).await,
            Ok(None),
            "{id}"
        );
    }
    let asked_before = scene.server.received_requests().await.unwrap().len();
    assert_eq!(scene.platform.fetch(&"..".parse().unwrap()).await, Ok(None));
    assert_eq!(
        scene.server.received_requests().await.unwrap().len(),
        asked_before
    );
}

#[tokio::test]
async fn an_answer_to_a_hint_in_capitals_keeps_the_platforms_spelling() {
    let scene = Scene::with_answer(answer(vec![])).await;
    let capitals = ANSWER.to_uppercase();
    let found = ResponseTemplate::new(200).set_body_json(answer(vec![]));
    scene.get(&format!("/api/Answer/{capitals}"), found).await;
    let response = scene
        .platform
        .fetch(&capitals.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.key.response.as_str(), ANSWER);
}

#[tokio::test]
async fn another_answer_than_the_one_asked_for_is_not_believed() {
    let mut other = answer(vec![]);
    other["id"] = "ffffffffffffffffffffffff".into();
    let scene = Scene::with_answer(other).await;
    assert_eq!(
        scene
            .platform
            .fetch(&ANSWER.parse().unwrap())
            .await
            .unwrap_err()
            .remedy,
        Remedy::Retry
    );
}

#[tokio::test]
async fn questions_are_asked_for_again_once_when_an_answer_names_a_new_one() {
    let scene = Scene::with_answer(answer(vec![given("q-nps", Value::Null, 3.into())])).await;
    scene
        .platform
        .fetch(&ANSWER.parse().unwrap())
        .await
        .unwrap();
    let mut later = answer(vec![given("q-retired", "Ola".into(), 0.into())]);
    later["id"] = "later".into();
    scene
        .get(
            "/api/Answer/later",
            ResponseTemplate::new(200).set_body_json(later),
        )
        .await;
    for _ in 0..2 {
        let response = scene
            .platform
            .fetch(&"later".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(response.answers[0].text.as_deref(), Some("Ola"));
    }
    assert_eq!(scene.asked("/api/Questions/Active").await, 2);
    scene.clock.advance_seconds(301);
    scene
        .platform
        .fetch(&"later".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(scene.asked("/api/Questions/Active").await, 3);
}

#[tokio::test]
async fn a_token_is_renewed_shortly_before_twelve_hours() {
    let scene = Scene::with_answer(answer(vec![])).await;
    let id = ANSWER.parse().unwrap();
    scene.platform.fetch(&id).await.unwrap();
    scene.clock.advance_seconds(11 * 3_600);
    scene.platform.fetch(&id).await.unwrap();
    assert_eq!(scene.asked("/api/LoginToken").await, 1);
    scene.clock.advance_seconds(56 * 60);
    scene.platform.fetch(&id).await.unwrap();
    assert_eq!(scene.asked("/api/LoginToken").await, 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let scene = Scene::new().await;
    let sign_in = |token: &str| {
        ResponseTemplate::new(200)
            .set_body_json(json!({ "access_token": token, "expires_in": "86399" }))
    };
    Mock::given(method("POST"))
        .and(path("/api/LoginToken"))
        .respond_with(sign_in("old"))
        .up_to_n_times(1)
        .mount(&scene.server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/LoginToken"))
        .respond_with(sign_in("new"))
        .mount(&scene.server)
        .await;
    let found = ResponseTemplate::new(200).set_body_json(answer(vec![]));
    Mock::given(method("GET"))
        .and(path(format!("/api/Answer/{ANSWER}")))
        .and(header("authorization", "Bearer new"))
        .respond_with(found)
        .mount(&scene.server)
        .await;
    scene
        .get(&format!("/api/Answer/{ANSWER}"), ResponseTemplate::new(401))
        .await;
    scene
        .get(
            "/api/Questions/Active",
            ResponseTemplate::new(200).set_body_json(json!([])),
        )
        .await;
    assert!(
        scene
            .platform
            .fetch(&ANSWER.parse().unwrap())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(scene.asked("/api/LoginToken").await, 2);
}

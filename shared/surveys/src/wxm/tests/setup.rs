//! Settings and questions over a scripted server.

use cxloop_domain::setup::wxm::{
    QuestionAction, QuestionKind, QuestionWanted, RuleWanted, rule_plan,
};
use cxloop_ports::Remedy;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::Scene;

const SETTINGS: &str = r#"{"limit":1.10,"nome":"Caf\u00e9","notifications":[{"name":"Aviso","email":"iria@example.com"}]}"#;

impl Scene {
    async fn takes(&self, at: &str) {
        Mock::given(method("POST"))
            .and(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
            .mount(&self.server)
            .await;
    }

    async fn sent(&self, at: &str) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.url.path() == at)
            .map(|request| String::from_utf8(request.body.clone()).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn settings_go_back_as_their_bytes_came_with_our_rule_added() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    scene
        .get(
            "/api/Settings",
            ResponseTemplate::new(200).set_body_string(SETTINGS),
        )
        .await;
    scene.takes("/api/settings/update").await;
    let settings = scene.platform.settings().await.unwrap();
    let without_token = "https://abc.example/webhooks/wxm".to_owned();
    let wanted = RuleWanted {
        url: format!("{without_token}/t"),
        without_token,
    };
    let (_, after) = rule_plan(&wanted, &settings).unwrap();
    scene.platform.replace_settings(&after).await.unwrap();
    let sent = scene.sent("/api/settings/update").await;
    assert!(sent[0].starts_with(r#"{"limit":1.10,"nome":"Caf\u00e9","notifications":[{"name":"Aviso","email":"iria@example.com"},{"#), "{sent:?}");
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_not_taken_for_empty_ones() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    scene
        .get(
            "/api/Settings",
            ResponseTemplate::new(200).set_body_string("[]"),
        )
        .await;
    let failure = scene.platform.settings().await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
}

#[tokio::test]
async fn a_question_is_added_hidden_and_taken_out_of_use_whole() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    let own = json!([{"Id": "q-1", "QuestionTags": ["CASE_STATUS"], "ApiFill": true, "isRetired": false, "attributes": {"cor": "azul"}}]);
    scene
        .get(
            "/api/questions/",
            ResponseTemplate::new(200).set_body_json(own),
        )
        .await;
    scene.takes("/api/questions/add").await;
    scene.takes("/api/questions/update/q-1").await;
    let wanted = QuestionWanted {
        tag: "CASE_CAUSE".into(),
        text: "Root cause".into(),
        kind: QuestionKind::Text,
    };
    scene
        .platform
        .change_questions(&QuestionAction::Add(wanted))
        .await
        .unwrap();
    let added: Value = serde_json::from_str(&scene.sent("/api/questions/add").await[0]).unwrap();
    assert_eq!(
        (&added["apiFill"], &added["questionTags"]),
        (&json!(true), &json!(["CASE_CAUSE"]))
    );
    let found = scene.platform.all_questions().await.unwrap();
    assert!(found[0].hidden && !found[0].retired && found[0].tags == ["CASE_STATUS"]);
    scene
        .platform
        .change_questions(&QuestionAction::Retire("q-1".into()))
        .await
        .unwrap();
    let updated: Value =
        serde_json::from_str(&scene.sent("/api/questions/update/q-1").await[0]).unwrap();
    assert_eq!(
        (&updated["isRetired"], &updated["attributes"]["cor"]),
        (&json!(true), &json!("azul"))
    );
    let gone = scene
        .platform
        .change_questions(&QuestionAction::Revive("q-9".into()))
        .await
        .unwrap_err();
    assert_eq!(gone.remedy, Remedy::Park);
}

#[tokio::test]
async fn a_status_without_targets_tells_of_no_stopped_notification() {
    let scene = Scene::new().await;
    scene.signs_in().await;
    scene
        .get(
            "/api/status",
            ResponseTemplate::new(200).set_body_json(json!({"status": "OK"})),
        )
        .await;
    assert!(
        scene
            .platform
            .stopped_notifications()
            .await
            .unwrap()
            .is_empty()
    );
}

//! Settings as one object, the key/value store, and status.

use http::StatusCode;
use serde_json::{Value, json};

use super::platform::platform;

#[tokio::test]
async fn saving_settings_replaces_the_whole_object() {
    let platform = platform().await;
    let (_, mut settings) = platform.get("/api/Settings").await;
    assert_eq!(settings["npsRange"], "7,8");
    settings["notifications"] =
        json!([{"name": "Detratores", "email": "http://127.0.0.1:1/x", "mode": "RealTime"}]);
    let (status, saved) = platform
        .post("/api/settings/update", settings.clone())
        .await;
    assert_eq!((status, &saved), (StatusCode::OK, &settings));
    assert_eq!(platform.get("/api/settings").await.1, settings);
    platform
        .post("/api/settings/update", json!({"npsRange": "6,8"}))
        .await;
    assert_eq!(
        platform.get("/api/settings").await.1,
        json!({"npsRange": "6,8"})
    );
}

#[tokio::test]
async fn settings_with_a_rule_that_cannot_be_read_change_nothing() {
    let platform = platform().await;
    let before = platform.get("/api/Settings").await.1;
    let rule = json!({"name": "x", "conditionalFilter": {"afterdate": "onte"}});
    let (status, refused) = platform
        .post("/api/settings/update", json!({"notifications": [rule]}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["message"].as_str().unwrap().contains("onte"));
    assert_eq!(platform.get("/api/Settings").await.1, before);
}

#[tokio::test]
async fn texts_are_kept_under_keys_of_the_account() {
    let platform = platform().await;
    let path = "/api/UserData/integrations.Dynamics";
    assert_eq!(
        platform.get(path).await,
        (StatusCode::OK, json!({"value": Value::Null}))
    );
    let mapping = r#"{"Mappings":[{"tag":"EMAIL"}]}"#;
    assert_eq!(
        platform.post(path, json!({"value": mapping})).await.0,
        StatusCode::OK
    );
    assert_eq!(
        platform.get("/api/userdata/integrations.Dynamics").await.1["value"],
        mapping
    );
}

#[tokio::test]
async fn profile_and_status_answer_and_unknown_addresses_do_not() {
    let platform = platform().await;
    assert_eq!(platform.get("/api/Profile").await.1["userName"], "sandbox");
    assert_eq!(platform.get("/api/status").await.1["status"], "OK");
    assert_eq!(platform.get("/api/GetAPIKey").await.1, "sandbox");
    assert_eq!(platform.get("/api/Nowhere").await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        platform.public("/nowhere", None).await.0,
        StatusCode::NOT_FOUND
    );
}

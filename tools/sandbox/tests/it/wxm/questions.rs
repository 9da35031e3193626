//! Questions made, changed and deleted.
//!
//! Source: the vendor's public .NET client.

use http::StatusCode;
use serde_json::{Value, json};

use super::platform::platform;

#[tokio::test]
async fn a_new_question_is_active_at_once_and_an_update_replaces_what_it_says() {
    let platform = platform().await;
    let given = json!({"Text": "Causa", "questionTags": ["CASE_CAUSE"], "apiFill": true, "displayType": "Text"});
    let (status, made) = platform.post("/api/Questions/Add", given).await;
    assert_eq!(status, StatusCode::OK);
    let id = made["id"].as_str().unwrap();
    let active = platform.get("/api/questions/active").await.1;
    let found = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .cloned()
    };
    let question = found(&active).unwrap();
    assert_eq!(
        (&question["apiFill"], &question["questionTags"]),
        (&json!(true), &json!(["CASE_CAUSE"]))
    );
    let mut retired = question.clone();
    retired["isRetired"] = json!(true);
    let path = format!("/api/questions/update/{id}");
    assert_eq!(platform.post(&path, retired).await.0, StatusCode::OK);
    assert_eq!(found(&platform.get("/api/questions/active").await.1), None);
    let all = platform.get("/api/questions/").await.1;
    assert_eq!(found(&all).unwrap()["isRetired"], true);
}

#[tokio::test]
async fn a_question_without_a_text_is_refused_and_an_unknown_one_is_not_there() {
    let platform = platform().await;
    let (status, _) = platform
        .post("/api/questions/add", json!({"questionTags": ["X"]}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = platform
        .post("/api/questions/update/nunca", json!({"text": "Nada"}))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        platform.get("/api/questions/delete/nunca").await.1,
        json!(false)
    );
}

use cxloop_ports::{Noted, Remedy, SurveyPlatform};
use serde_json::json;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{ANSWER, Scene, answer};

const TEXT: &str = "O caso CAS-01001 está aberto. [m-1]";

#[tokio::test]
async fn a_note_is_written_when_none_carries_its_marker() {
    let mut wire = answer(vec![]);
    wire["notes"] =
        json!([{ "user": "sandbox", "note": "Outra nota", "noteTime": "2026-03-02T10:00:00Z" }]);
    let scene = Scene::with_answer(wire).await;
    Mock::given(method("POST"))
        .and(path(format!("/api/Answers/Note/{ANSWER}")))
        .and(body_json(json!({ "note": TEXT })))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&scene.server)
        .await;
    assert_eq!(
        scene
            .platform
            .note(&ANSWER.parse().unwrap(), "[m-1]", TEXT)
            .await,
        Ok(Noted::Written)
    );
}

#[tokio::test]
async fn a_note_that_is_there_is_not_written_again() {
    let mut wire = answer(vec![]);
    wire["notes"] = json!([{ "note": null }, { "note": TEXT }]);
    let scene = Scene::with_answer(wire).await;
    assert_eq!(
        scene
            .platform
            .note(&ANSWER.parse().unwrap(), "[m-1]", TEXT)
            .await,
        Ok(Noted::AlreadyThere)
    );
    assert_eq!(scene.asked(&format!("/api/Answers/Note/{ANSWER}")).await, 0);
}

#[tokio::test]
async fn a_note_on_nothing_or_without_its_marker_is_parked() {
    let scene = Scene::with_answer(answer(vec![])).await;
    let unmarked = scene
        .platform
        .note(&ANSWER.parse().unwrap(), "[m-1]", "sen marca")
        .await;
    assert_eq!(unmarked.unwrap_err().remedy, Remedy::Park);
    let gone = scene
        .platform
        .note(&"gone".parse().unwrap(), "[m-1]", TEXT)
        .await;
    assert_eq!(gone.unwrap_err().remedy, Remedy::Park);
}

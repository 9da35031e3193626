//! `cxloop setup wxm` on an account without questionnaires.

use reqwest::Method;
use serde_json::{Value, json};

use crate::set_up_scene::{Scene, TOKEN};

impl Scene {
    async fn rules(&self) -> Vec<Value> {
        let settings = self.survey(Method::GET, "Settings", Value::Null).await;
        settings["notifications"].as_array().unwrap().clone()
    }

    async fn tags(&self) -> Vec<String> {
        let questions = self
            .survey(Method::GET, "Questions/Active", Value::Null)
            .await;
        let questions = questions.as_array().unwrap().iter();
        questions
            .map(|question| question["questionTags"][0].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn an_account_gets_its_rule_and_hidden_questions_once() {
    let scene = Scene::new().await;
    let mut settings = scene.survey(Method::GET, "Settings", Value::Null).await;
    settings["cores"] = json!({"fondo": "#fff", "peso": 1.5});
    scene
        .survey(Method::POST, "settings/update", settings)
        .await;
    let run = scene.cxloop("setup wxm").await.fine();
    for line in [
        "+ notification cxloop",
        "+ hidden question CASE_ID",
        "+ hidden question TIME_TO_CLOSE",
        "wxm: everything is set up",
    ] {
        assert!(run.out.lines().any(|told| told == line), "{line}\n{run:?}");
    }
    assert!(!run.out.contains(TOKEN), "{run:?}");
    let rules = scene.rules().await;
    assert_eq!(
        (rules[0]["email"].as_str(), rules[0]["mode"].as_str()),
        (
            Some(&*format!("{}/webhooks/wxm/{TOKEN}", scene.api)),
            Some("RealTime")
        )
    );
    let settings = scene.survey(Method::GET, "Settings", Value::Null).await;
    assert_eq!(
        (&settings["cores"]["peso"], &settings["npsRange"]),
        (&json!(1.5), &json!("7,8"))
    );
    let run = scene.cxloop("setup wxm").await.fine();
    assert!(
        run.out
            .ends_with("wxm: everything is set up; there is nothing to do\n"),
        "{run:?}"
    );
    assert_eq!(scene.rules().await.len(), 1);
    assert_eq!(
        scene
            .tags()
            .await
            .iter()
            .filter(|tag| *tag == "CASE_STATUS")
            .count(),
        1
    );
}

#[tokio::test]
async fn removal_takes_our_rule_and_puts_questions_out_of_use() {
    let scene = Scene::new().await;
    scene
        .wxm
        .add_notification("Aviso", "https://other.example/hook", Value::Null)
        .unwrap();
    scene.cxloop("setup wxm").await.fine();
    scene.cxloop("setup wxm --remove").await.fine();
    let rules = scene.rules().await;
    assert_eq!((rules.len(), &rules[0]["name"]), (1, &json!("Aviso")));
    assert_eq!(scene.tags().await.len(), 0);
    let all = scene.survey(Method::GET, "questions/", Value::Null).await;
    assert!(
        !all.as_array().unwrap().is_empty(),
        "their answers are kept"
    );
    scene.cxloop("setup wxm").await.fine();
    assert!(scene.tags().await.iter().any(|tag| tag == "CASE_ID"));
    scene.cxloop("setup wxm --remove --with-data").await.fine();
    let all = scene.survey(Method::GET, "questions/", Value::Null).await;
    assert_eq!(all, json!([]));
}

#[tokio::test]
async fn a_question_that_customers_see_is_in_the_way() {
    let scene = Scene::new().await;
    scene
        .survey(
            Method::POST,
            "questions/add",
            json!({"text": "Cal é o teu caso?", "questionTags": ["case_id"]}),
        )
        .await;
    let run = scene.cxloop("setup wxm").await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.out
            .contains("! hidden question CASE_ID (customers see a question with this tag"),
        "{run:?}"
    );
    assert_eq!(scene.rules().await.len(), 0, "nothing was changed");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_a_missing_token_is_told() {
    let scene = Scene::new().await;
    let shown = scene
        .cxloop("setup wxm --dry-run --json")
        .await
        .fine()
        .json();
    assert_eq!(
        (&shown["dry_run"], &shown["lines"][0]["mark"]),
        (&json!(true), &json!("create"))
    );
    assert_eq!(scene.rules().await.len(), 0);
    scene
        .account
        .secrets
        .lock()
        .unwrap()
        .get_mut("cxloop/wxm")
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("webhook_token");
    let run = scene.cxloop("setup wxm").await;
    assert!(
        run.code == 2 && run.err.contains("webhook_token"),
        "{run:?}"
    );
}

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
        "+ hidden question CASE_STATUS",
        "+ hidden question TIME_TO_CLOSE",
        "wxm: everything is set up",
    ] {
        assert!(run.out.lines().any(|told| told == line), "{line}\n{run:?}");
    }
    assert!(!run.out.contains(TOKEN), "{run:?}");
    assert!(
        !run.out.contains("CASE_OWNER"),
        "nothing writes it: {run:?}"
    );
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
async fn a_hidden_question_that_a_person_made_is_used_and_outlives_removal() {
    let scene = Scene::new().await;
    let own = json!({"text": "Estado", "questionTags": ["case_status"], "apiFill": true});
    scene.survey(Method::POST, "questions/add", own).await;
    let run = scene.cxloop("setup wxm").await.fine();
    assert!(
        run.out.contains("= hidden question CASE_STATUS\n"),
        "{run:?}"
    );
    scene.cxloop("setup wxm --remove --with-data").await.fine();
    assert_eq!(scene.tags().await, ["case_status"]);
}

#[tokio::test]
async fn two_tokens_in_one_field_are_none() {
    let scene = Scene::new().await;
    {
        let mut secrets = scene.account.secrets.lock().unwrap();
        secrets.get_mut("cxloop/wxm").unwrap()["webhook_token"] =
            format!("{TOKEN} anterior-anterior-anterior").into();
    }
    let run = scene.cxloop("setup wxm").await;
    assert!(
        run.code == 2
            && run
                .err
                .contains("the field webhook_token holds other characters"),
        "{run:?}"
    );
    assert_eq!(scene.rules().await.len(), 0);
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
async fn a_dry_run_changes_nothing() {
    let scene = Scene::new().await;
    let shown = scene
        .cxloop("setup wxm --dry-run --json")
        .await
        .fine()
        .json();
    assert_eq!(shown["dry_run"], true);
    assert_eq!(shown["lines"][1]["mark"], "create", "{shown}");
    assert_eq!(scene.rules().await.len(), 0);
}

#[tokio::test]
async fn a_missing_token_is_made_and_a_new_one_is_put_in_with_overlap() {
    let scene = Scene::new().await;
    let set = |field: &str, value: Value| {
        let mut secrets = scene.account.secrets.lock().unwrap();
        secrets.get_mut("cxloop/wxm").unwrap()[field] = value;
    };
    let get = |field: &str| {
        let secrets = scene.account.secrets.lock().unwrap();
        secrets["cxloop/wxm"][field].as_str().map(str::to_owned)
    };
    set("webhook_token", Value::Null);
    let run = scene.cxloop("setup wxm").await.fine();
    assert!(
        run.out.contains("+ webhook token in cxloop/wxm\n"),
        "{run:?}"
    );
    let first = get("webhook_token").unwrap();
    assert!(!run.out.contains(&first));
    let run = scene
        .cxloop("setup wxm --rotate-secret --accept-after 0")
        .await
        .fine();
    assert!(
        run.out
            .contains("~ notification cxloop (it tells our webhook"),
        "{run:?}"
    );
    let second = get("webhook_token").unwrap();
    assert_ne!(first, second);
    assert_eq!(get("previous_webhook_token"), Some(first));
    let url = format!("{}/webhooks/wxm/{second}", scene.api);
    assert_eq!(scene.rules().await[0]["email"], url);
    let run = scene.cxloop("setup wxm").await.fine();
    assert!(
        run.out.contains("- webhook token before the current one"),
        "{run:?}"
    );
    assert_eq!(get("previous_webhook_token"), None);
    let run = scene.cxloop("setup wxm").await.fine();
    assert!(run.out.ends_with("there is nothing to do\n"), "{run:?}");
}

//! `cxloop doctor`: green on what was set up, and naming each thing that is broken with what mends it.

use cxloop_sandbox::wxm::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::program::Run;
use crate::set_up_scene::Scene;

/// The health and the mending of a check.
fn of(run: &Run, check: &str) -> (String, String, String) {
    let findings = run.json();
    let found = findings["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == check && finding["health"] != "ok")
        .or_else(|| {
            findings["findings"]
                .as_array()
                .unwrap()
                .iter()
                .find(|finding| finding["check"] == check)
        })
        .unwrap_or_else(|| panic!("{check}: {run:?}"))
        .clone();
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (text("health"), text("told"), text("mend"))
}

impl Scene {
    async fn doctor(&self) -> Run {
        self.cxloop("doctor --json").await
    }

    /// Breaks something, and sees it named, with what mends it.
    async fn sees(&self, check: &str, health: &str, told: &str, mend: &str) {
        let run = self.doctor().await;
        let found = of(&run, check);
        assert_eq!(found.0, health, "{check}: {found:?}");
        assert!(found.1.contains(told), "{check}: {found:?}");
        assert!(found.2.contains(mend), "{check}: {found:?}");
        let code = match health {
            "failed" => 1,
            "unreachable" => 2,
            _ => 0,
        };
        assert_eq!(run.code, code, "{run:?}");
    }
}

#[tokio::test]
async fn everything_that_was_set_up_is_well() {
    let scene = Scene::set_up().await;
    let run = scene.cxloop("doctor").await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.ends_with("all is well\n"), "{run:?}");
    for line in [
        "ok       api address: answers",
        "ok       dynamics webhook: is there and asks who calls",
        "ok       configuration: version 1 is in force, as in cxloop.yaml",
        "ok       dynamics secret expiry: is far off",
        "ok       dynamics alternate keys: all 2 are there",
        "ok       dynamics system jobs: none failed since yesterday",
        "ok       wxm notification: tells us of every response at once",
        "ok       queue cxloop-case-dead-letters: empty",
    ] {
        assert!(run.out.lines().any(|told| told == line), "{line}\n{run:?}");
    }
    assert!(
        !run.out.contains("other-case"),
        "queues of others are not ours to look at"
    );
}

#[tokio::test]
async fn an_empty_organisation_is_told_with_the_command_that_sets_it_up() {
    let scene = Scene::new().await;
    for check in [
        "dynamics tables and columns",
        "dynamics alternate keys",
        "dynamics webhook",
        "dynamics steps",
    ] {
        scene
            .sees(check, "failed", "+ ", "cxloop setup dynamics")
            .await;
    }
    scene
        .sees(
            "dynamics secret",
            "failed",
            "webhook_secret",
            "cxloop setup dynamics",
        )
        .await;
    scene
        .sees(
            "wxm notification",
            "failed",
            "+ notification cxloop",
            "cxloop setup wxm",
        )
        .await;
    scene
        .sees(
            "wxm hidden questions",
            "failed",
            "+ hidden question CASE_ID",
            "cxloop setup wxm",
        )
        .await;
}

#[tokio::test]
async fn each_broken_thing_of_dynamics_is_named_and_one_set_up_mends_it() {
    let scene = Scene::set_up().await;
    let steps = scene
        .rows("sdkmessageprocessingsteps?$select=sdkmessageprocessingstepid,name")
        .await;
    let step = |at: usize| {
        steps[at]["sdkmessageprocessingstepid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let disabled = json!({"statecode": 1, "statuscode": 2});
    scene
        .crm(
            Method::PATCH,
            &format!("sdkmessageprocessingsteps({})", step(0)),
            disabled,
        )
        .await;
    scene
        .sees(
            "dynamics steps",
            "failed",
            "it is disabled",
            "cxloop setup dynamics",
        )
        .await;
    scene
        .crm(
            Method::DELETE,
            &format!("sdkmessageprocessingsteps({})", step(1)),
            Value::Null,
        )
        .await;
    scene
        .sees(
            "dynamics steps",
            "failed",
            "and 1 more",
            "cxloop setup dynamics",
        )
        .await;
    let endpoint = scene
        .rows("serviceendpoints?$select=serviceendpointid")
        .await[0]["serviceendpointid"]
        .as_str()
        .unwrap()
        .to_owned();
    let moved = json!({"url": "https://old.example/webhooks/dynamics"});
    scene
        .crm(
            Method::PATCH,
            &format!("serviceendpoints({endpoint})"),
            moved,
        )
        .await;
    scene
        .sees(
            "dynamics webhook",
            "failed",
            "https://old.example/webhooks/dynamics becomes",
            "cxloop setup dynamics",
        )
        .await;
    let key =
        "EntityDefinitions(LogicalName='cxl_surveyresponse')/Keys(LogicalName='cxl_response')";
    scene.crm(Method::DELETE, key, Value::Null).await;
    scene
        .sees(
            "dynamics alternate keys",
            "failed",
            "+ key cxl_response of",
            "cxloop setup dynamics",
        )
        .await;
    scene.cxloop("setup dynamics").await.fine();
    assert_eq!(scene.doctor().await.code, 0);
}

#[tokio::test]
async fn failed_system_jobs_are_told_with_their_number() {
    let scene = Scene::set_up().await;
    let steps = scene
        .rows("sdkmessageprocessingsteps?$select=sdkmessageprocessingstepid")
        .await;
    let step = steps[0]["sdkmessageprocessingstepid"].as_str().unwrap();
    let job = json!({"name": "cxloop: Update of incident", "owningextensionid@odata.bind": format!("/sdkmessageprocessingsteps({step})")});
    scene.crm(Method::POST, "asyncoperations", job).await;
    let jobs = scene.rows("asyncoperations?$select=asyncoperationid").await;
    let id = jobs[0]["asyncoperationid"].as_str().unwrap();
    let failed = json!({"statecode": 3, "statuscode": 31});
    scene
        .crm(Method::PATCH, &format!("asyncoperations({id})"), failed)
        .await;
    scene
        .sees(
            "dynamics system jobs",
            "warning",
            "1 failed since yesterday",
            "the sweep",
        )
        .await;
}

#[tokio::test]
async fn a_lost_privilege_and_a_wrong_secret_are_named() {
    let scene = Scene::set_up().await;
    let user = scene.crm(Method::GET, "WhoAmI", Value::Null).await["UserId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    scene.dynamics.deny(user, "prvCreateNote");
    scene
        .sees(
            "dynamics privileges",
            "failed",
            "lacking: prvCreateNote",
            "security role",
        )
        .await;
    scene.dynamics.allow(user, "prvCreateNote");
    scene.dynamics.add_application("outra", "segredo");
    {
        let mut secrets = scene.account.secrets.lock().unwrap();
        let fields = secrets.get_mut("cxloop/dynamics").unwrap();
        fields["client_id"] = "outra".into();
        fields["client_secret"] = "non".into();
        fields["expires"] = "2020-01-01".into();
    }
    scene
        .sees(
            "dynamics token",
            "failed",
            "client credentials",
            "cxloop/dynamics",
        )
        .await;
    scene
        .sees(
            "dynamics secret expiry",
            "failed",
            "expired",
            "make a new client secret",
        )
        .await;
}

#[tokio::test]
async fn each_broken_thing_of_the_survey_platform_is_named() {
    let scene = Scene::set_up().await;
    let questions = scene.survey(Method::GET, "questions/", Value::Null).await;
    let id = questions[0]["id"].as_str().unwrap();
    scene
        .survey(Method::GET, &format!("questions/delete/{id}"), Value::Null)
        .await;
    scene
        .sees(
            "wxm hidden questions",
            "failed",
            "+ hidden question CASE_ID",
            "cxloop setup wxm",
        )
        .await;
    scene
        .survey(
            Method::POST,
            "settings/update",
            json!({"notifications": []}),
        )
        .await;
    scene
        .sees(
            "wxm notification",
            "failed",
            "+ notification cxloop",
            "cxloop setup wxm",
        )
        .await;
    scene.cxloop("setup wxm").await.fine();
    assert_eq!(scene.doctor().await.code, 0);
}

#[tokio::test]
async fn a_notification_that_the_platform_gave_up_is_started_again() {
    let scene = Scene::set_up().await;
    // The API refuses every caller, and after one failure the platform calls it no more.
    scene.wxm.stop_notifications_after(1);
    scene.wxm.add_answer(Answer::default());
    while scene.wxm.pending_notifications() > 0 {
        tokio::task::yield_now().await;
    }
    scene
        .sees(
            "wxm notification",
            "failed",
            "given up",
            "cxloop setup wxm --restart",
        )
        .await;
    scene.cxloop("setup wxm --restart").await.fine();
    assert_eq!(scene.doctor().await.code, 0);
}

#[tokio::test]
async fn dead_letters_and_another_configuration_are_named() {
    let scene = Scene::set_up().await;
    scene
        .account
        .queues
        .lock()
        .unwrap()
        .insert("cxloop-case-dead-letters".into(), 2);
    scene
        .sees(
            "queue cxloop-case-dead-letters",
            "failed",
            "2 messages were given up",
            "cxloop replay --dead-letters",
        )
        .await;
    scene
        .account
        .queues
        .lock()
        .unwrap()
        .insert("cxloop-case-dead-letters".into(), 0);
    let current = cxloop_ports::Configurations::current(&scene.table.store)
        .await
        .unwrap();
    let mut other = current.configuration.clone();
    other.case_rules.clear();
    cxloop_ports::Configurations::apply(&scene.table.store, &other)
        .await
        .unwrap();
    scene
        .sees(
            "configuration",
            "warning",
            "cxloop.yaml is not what is in force (version 2)",
            "cxloop apply cxloop.yaml",
        )
        .await;
}

#[tokio::test]
async fn what_does_not_answer_ends_with_2_and_the_rest_is_told_all_the_same() {
    let scene = Scene::set_up().await;
    let run = scene.cxloop("doctor --json --to http://127.0.0.1:1").await;
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(of(&run, "api address").0, "unreachable");
    assert_eq!(of(&run, "wxm token").0, "ok");
    let nowhere = crate::program::configuration(crate::program::NOBODY, crate::program::NOBODY);
    scene.place.file("cxloop.yaml", &nowhere);
    let run = scene.doctor().await;
    assert_eq!(run.code, 2, "{run:?}");
    for check in ["dynamics address", "wxm address"] {
        let (health, _, mend) = of(&run, check);
        assert_eq!(health, "unreachable");
        assert!(mend.contains("mend url of the connection"), "{mend}");
    }
}

#[tokio::test]
async fn without_a_configuration_there_is_nothing_to_examine() {
    let place = crate::program::Place::new();
    let run = place.cxloop(&["doctor"]).await;
    assert!(
        run.code == 2 && run.err.contains("There is no cxloop.yaml here"),
        "{run:?}"
    );
}

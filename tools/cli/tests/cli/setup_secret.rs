//! The secret that Dynamics sends: made, rotated with overlap, and never told.

use crate::set_up_scene::Scene;

const QUICK: &str = "setup dynamics --accept-after 0";

async fn endpoint(scene: &Scene) -> String {
    let rows = scene.rows("serviceendpoints?$select=description").await;
    rows[0]["description"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_first_secret_is_stored_beside_the_other_fields_and_shown_nowhere() {
    let scene = Scene::new().await;
    let run = scene.cxloop("setup dynamics").await.fine();
    let made = scene.secret("webhook_secret").unwrap();
    assert_eq!(made.len(), 64);
    assert_eq!(scene.secret("client_secret").as_deref(), Some("sandbox"));
    assert_eq!(scene.secret("nota").as_deref(), Some("Antía"));
    assert!(!run.out.contains(&made) && !run.err.contains(&made));
    assert!(!endpoint(&scene).await.contains(&made));
}

#[tokio::test]
async fn a_rotation_accepts_both_until_the_next_run_drops_the_old_one() {
    let scene = Scene::new().await;
    scene.cxloop("setup dynamics").await.fine();
    let (first, before) = (scene.secret("webhook_secret"), endpoint(&scene).await);
    let run = scene
        .cxloop(&format!("{QUICK} --rotate-secret"))
        .await
        .fine();
    assert!(
        run.out.contains("~ webhook secret in cxloop/dynamics"),
        "{run:?}"
    );
    assert_ne!(scene.secret("webhook_secret"), first);
    assert_eq!(scene.secret("previous_webhook_secret"), first);
    assert_ne!(endpoint(&scene).await, before, "Dynamics sends the new one");
    let run = scene.cxloop(QUICK).await.fine();
    assert!(
        run.out
            .contains("- webhook secret before the current one in cxloop/dynamics"),
        "{run:?}"
    );
    assert_eq!(scene.secret("previous_webhook_secret"), None);
    let run = scene.cxloop(QUICK).await.fine();
    assert!(run.out.ends_with("there is nothing to do\n"), "{run:?}");
}

#[tokio::test]
async fn a_rotation_that_died_after_storing_is_finished_and_drops_nothing_too_early() {
    let scene = Scene::new().await;
    scene.cxloop("setup dynamics").await.fine();
    {
        let mut secrets = scene.account.secrets.lock().unwrap();
        let fields = secrets.get_mut("cxloop/dynamics").unwrap();
        fields["previous_webhook_secret"] = fields["webhook_secret"].clone();
        fields["webhook_secret"] = "n".repeat(64).into();
    }
    let run = scene.cxloop(QUICK).await.fine();
    assert!(run.out.contains("it gets another secret"), "{run:?}");
    assert!(scene.secret("previous_webhook_secret").is_some());
    scene
        .cxloop(&format!("{QUICK} --finish-rotation"))
        .await
        .fine();
    assert_eq!(scene.secret("previous_webhook_secret"), None);
}

#[tokio::test]
async fn given_secrets_are_used_and_not_written() {
    let scene = Scene::new().await;
    let with = |field: &str| {
        format!(
            r#"{{"cxloop/dynamics": {{"tenant": "t", "client_id": "sandbox", "client_secret": "sandbox"{field}}}}}"#
        )
    };
    scene.place.file("none.json", &with(""));
    scene.place.file(
        "own.json",
        &with(r#", "webhook_secret": "abcdefghijklmnopqrstuvwxyz""#),
    );
    let run = scene.cxloop("setup dynamics --secrets none.json").await;
    assert!(
        run.code == 2 && run.err.contains("is given and cannot be written"),
        "{run:?}"
    );
    scene
        .cxloop("setup dynamics --secrets own.json")
        .await
        .fine();
    assert_eq!(
        scene.secret("webhook_secret"),
        None,
        "the one in AWS is not touched"
    );
}

#[tokio::test]
async fn two_secrets_in_one_field_are_the_current_one_and_the_one_before() {
    let scene = Scene::new().await;
    scene.cxloop("setup dynamics").await.fine();
    let current = scene.secret("webhook_secret").unwrap();
    {
        let mut secrets = scene.account.secrets.lock().unwrap();
        let fields = secrets.get_mut("cxloop/dynamics").unwrap();
        fields["webhook_secret"] = format!("{current} anterior-anterior-anterior").into();
    }
    let run = scene.cxloop(QUICK).await.fine();
    assert!(
        run.out.contains("- webhook secret before the current one"),
        "{run:?}"
    );
    assert_eq!(scene.secret("webhook_secret"), Some(current));
    assert_eq!(scene.secret("previous_webhook_secret"), None);
}

#[tokio::test]
async fn one_of_two_secrets_in_one_field_is_sent_only_after_the_whole_time() {
    let scene = Scene::new().await;
    scene.cxloop("setup dynamics").await.fine();
    let first = scene.secret("webhook_secret").unwrap();
    {
        let mut secrets = scene.account.secrets.lock().unwrap();
        let fields = secrets.get_mut("cxloop/dynamics").unwrap();
        fields["webhook_secret"] = format!("{} {first}", "n".repeat(64)).into();
        // What stands there tells of the first one.
        fields["webhook_secret_since"] = "2020-01-01T00:00:00Z".into();
    }
    let run = scene.cxloop("setup dynamics --accept-after 1").await.fine();
    assert!(
        run.out
            .contains("waiting 1 s until every function accepts the new webhook secret"),
        "{run:?}"
    );
}

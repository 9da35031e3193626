use cxloop_domain::configuration::Configuration;

use crate::program::Place;

#[tokio::test]
async fn the_schema_is_that_of_the_configuration() {
    let run = Place::new().cxloop(&["schema"]).await.fine();
    assert_eq!(run.json(), Configuration::json_schema());
}

#[tokio::test]
async fn every_command_says_what_it_does() {
    for command in ["check", "apply", "send", "replay", "schema", "sandbox"] {
        let run = Place::new().cxloop(&[command, "--help"]).await.fine();
        assert!(
            run.out.lines().next().is_some_and(|line| line.len() > 20),
            "{run:?}"
        );
    }
}

#[tokio::test]
async fn wrong_use_is_exit_code_2_with_a_word_on_what_is_right() {
    for arguments in [
        &["chek"][..],
        &["send"],
        &["replay"],
        &["replay", "--response", "no-slash"],
        &["sandbox", "--port", "80"],
    ] {
        let run = Place::new().cxloop(arguments).await;
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("--help") && run.out.is_empty(), "{run:?}");
    }
}

#[tokio::test]
async fn a_sandbox_that_does_not_run_is_told_with_the_command_that_starts_it() {
    let place = Place::new();
    let run = place.cxloop(&["apply", "--sandbox"]).await;
    assert_eq!(run.code, 2);
    place.file("cxloop.yaml", "connections: {}\n");
    let run = place.cxloop(&["apply", "--sandbox"]).await;
    assert_eq!(run.code, 2);
    assert!(run.err.contains("make run"), "{run:?}");
    place.file(".sandbox/env", "AWS_ENDPOINT_URL=http://127.0.0.1:8710\n");
    let run = place.cxloop(&["apply", "--sandbox=8686"]).await;
    assert!(
        run.err.contains("8710") && run.err.contains("or none: --sandbox"),
        "{run:?}"
    );
}

#[tokio::test]
async fn errors_are_json_too() {
    let run = Place::new()
        .cxloop(&["check", "nowhere.yaml", "--json"])
        .await;
    assert_eq!(run.code, 2);
    assert!(
        run.json()["error"]
            .as_str()
            .unwrap()
            .starts_with("nowhere.yaml cannot be read"),
        "{run:?}"
    );
    assert!(run.json()["mend"].is_string());
}

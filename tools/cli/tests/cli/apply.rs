use cxloop_ports::Configurations;

use crate::program::{NOBODY, Place, configuration};
use crate::table::Table;

fn place(table: &Table) -> Place {
    Place::new()
        .with_account()
        .with("AWS_ENDPOINT_URL", &table.address)
        .with("CXLOOP_TABLE", Table::NAME)
}

#[tokio::test]
async fn a_configuration_is_applied_as_the_next_version_with_what_changed() {
    let table = Table::start().await;
    let place = place(&table);
    let text = configuration(NOBODY, NOBODY);
    place.file("cxloop.yaml", &text);

    let first = place.cxloop(&["apply", "--offline"]).await.fine();
    assert!(first.out.contains("version 1 is in force\n"), "{first:?}");
    assert!(
        first.out.contains("  added case rule detractor\n"),
        "{first:?}"
    );

    let again = place.cxloop(&["apply", "--offline"]).await.fine();
    assert!(
        again
            .out
            .contains("version 1 is in force already and equal: nothing changes\n"),
        "{again:?}"
    );

    place.file(
        "cxloop.yaml",
        &text
            .replace("below: 3", "below: 4")
            .replace("queue: Recovery", "queue: Avarías"),
    );
    let second = place.cxloop(&["apply", "--offline"]).await.fine();
    assert!(second.out.contains("version 2 is in force\n"), "{second:?}");
    assert!(
        second.out.contains(
            "  changed case rule detractor: case.queue\n  changed threshold not-solved: below\n"
        ),
        "{second:?}"
    );

    let applied = table.store.current().await.unwrap();
    assert_eq!(applied.version, 2);
    assert_eq!(
        applied.configuration.case_rules[0].case.queue.as_deref(),
        Some("Avarías")
    );
}

#[tokio::test]
async fn in_a_sandbox_the_addresses_of_its_stand_ins_are_stored_whatever_its_port() {
    let table = Table::start().await;
    let place = Place::new();
    place.file(
        "cxloop.yaml",
        &configuration("http://127.0.0.1:8687", "http://127.0.0.1:8688"),
    );
    place.file(
        ".sandbox/env",
        &format!(
            "AWS_ENDPOINT_URL={}\nCXLOOP_TABLE={}\nCXLOOP_SANDBOX_URL=http://127.0.0.1:9686\nCXLOOP_SANDBOX_DYNAMICS_URL=http://127.0.0.1:9687\nCXLOOP_SANDBOX_SURVEY_URL=http://127.0.0.1:9688\n",
            table.address,
            Table::NAME
        ),
    );
    for arguments in [
        &["apply", "--offline", "--sandbox"][..],
        &["apply", "--offline"],
    ] {
        let run = place.cxloop(arguments).await.fine();
        assert!(run.out.contains("version 1 is in force"), "{run:?}");
    }
    let applied = table.store.current().await.unwrap();
    let (_, dynamics) = applied.configuration.dynamics().unwrap();
    assert_eq!(dynamics.url, "http://127.0.0.1:9687");
    assert_eq!(
        dynamics.token_url.as_deref(),
        Some("http://127.0.0.1:9687/sandbox/oauth2/v2.0/token")
    );
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let table = Table::start().await;
    let place = place(&table);
    place.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    let run = place
        .cxloop(&["apply", "--offline", "--dry-run", "--json"])
        .await
        .fine();
    let told = run.json();
    assert_eq!(
        (
            &told["version"],
            &told["previous_version"],
            &told["dry_run"]
        ),
        (&1.into(), &0.into(), &true.into())
    );
    assert_eq!(told["changes"][0]["how"], "added");
    assert!(table.store.current().await.is_err());
}

#[tokio::test]
async fn a_file_with_mistakes_is_not_applied() {
    let table = Table::start().await;
    let place = place(&table);
    place.file(
        "cxloop.yaml",
        &configuration(NOBODY, NOBODY).replace("nps <= 6", "nps <="),
    );
    let run = place.cxloop(&["apply", "--offline"]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.out
            .starts_with("cxloop.yaml:7:11: case_rules[0].when: ")
            && run.out.ends_with("nothing was applied\n"),
        "{run:?}"
    );
    assert!(table.store.current().await.is_err());
}

#[tokio::test]
async fn a_table_that_is_not_named_or_not_there_is_exit_code_2() {
    let nameless = Place::new().with_account();
    nameless.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    let run = nameless.cxloop(&["apply", "--offline"]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("Neither --table nor CXLOOP_TABLE is given."),
        "{run:?}"
    );

    let table = Table::start().await;
    let place = place(&table);
    place.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    let run = place
        .cxloop(&["apply", "--offline", "--table", "another"])
        .await;
    assert_eq!(run.code, 2);
    assert!(run.err.contains("ResourceNotFoundException"), "{run:?}");
}

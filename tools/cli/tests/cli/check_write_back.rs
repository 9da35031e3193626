//! What flows back, against the questions of the platform and the columns of the case.

use crate::check::systems;
use crate::program::{NOBODY, Place, SECRETS, configuration};

const WRONG: &str = r#"
write_back:
  fields:
    - { question: CASE_STATUS, column: statuscode }
    - { question: CASE_NOWHERE, column: title }
    - { question: Comments, column: title }
    - { question: CASE_REOPENED, column: casetypecode, map: { Problem: avaría } }
    - { question: CASE_CAUSE, column: ownerid }
"#;

#[tokio::test]
async fn questions_and_columns_that_cannot_be_written_back_are_told_with_their_places() {
    let (dynamics, survey) = systems().await;
    let place = Place::new();
    let text = configuration(&dynamics, &survey) + WRONG;
    place.file("cxloop.yaml", &text);
    let secrets = place.file("secrets.json", SECRETS);
    let secrets = secrets.to_str().unwrap();
    let run = place
        .cxloop(&["check", "--schema", "--secrets", secrets])
        .await;
    assert_eq!(run.code, 1, "{run:?}");
    for (field, problem) in [
        (
            "[1].question",
            "no program-filled question has the tag, short label or id \"CASE_NOWHERE\"; there are ABOUT, CASE_CAUSE, CASE_CLOSED, ",
        ),
        ("[2].question", "\"Comments\" is answered by people"),
        (
            "[3].question",
            "CASE_REOPENED takes whole numbers only, and \"avaría\" is none",
        ),
        (
            "[4].column",
            "ownerid is a lookup: it is read as _ownerid_value",
        ),
    ] {
        let told = format!("write_back.fields{field}: {problem}");
        assert!(run.out.contains(&told), "{told}: {}", run.out);
    }
    assert!(
        run.out.contains("verified: wxm: 2 written-back questions"),
        "{}",
        run.out
    );
}

#[tokio::test]
async fn what_flows_back_is_fine_unverified_while_nobody_answers_and_warned_of_without_a_platform()
{
    let place = Place::new();
    let right = "\nwrite_back:\n  fields:\n    - { question: CASE_STATUS, column: statuscode }\n";
    place.file("cxloop.yaml", &(configuration(NOBODY, NOBODY) + right));
    let secrets = place.file("secrets.json", SECRETS);
    let run = place
        .cxloop(&["check", "--secrets", secrets.to_str().unwrap()])
        .await
        .fine();
    let told = "not verified: wxm: 1 written-back question: ";
    assert!(run.out.contains(told), "{run:?}");
    assert!(run.out.contains("1 field written back"), "{run:?}");

    let alone = format!(
        "connections:\n  generic: {{ kind: standard, secret: s }}\n  dynamics: {{ kind: dynamics, url: \"{NOBODY}\", secret: d }}\n{right}"
    );
    place.file("cxloop.yaml", &alone);
    let run = place.cxloop(&["check"]).await.fine();
    assert!(
        run.out
            .contains("warning: write_back: no connection takes notes or fields"),
        "{run:?}"
    );
}

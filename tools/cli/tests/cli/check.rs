use cxloop_sandbox::dataverse::{self, Dataverse, Model};
use cxloop_sandbox::stand_in::{Calls, Faults, Wire, serve_on, wall_clock};
use cxloop_sandbox::wxm::Wxm;
use tokio::net::TcpListener;

use crate::program::{NOBODY, Place, SECRETS, configuration};

pub(crate) async fn systems() -> (String, String) {
    let listen = || async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        (listener, address)
    };
    let ((crm, crm_address), (survey, survey_address)) = (listen().await, listen().await);
    let dynamics = Dataverse::new(Model::customer_service().unwrap(), wall_clock()).with_company();
    tokio::spawn(dataverse::serve_on(crm, dynamics));
    let wxm = Wxm::new(wall_clock(), survey_address.clone()).with_questionnaires();
    let wire = Wire::new("wxm", Faults::new(), Calls::new(), wall_clock());
    tokio::spawn(serve_on(survey, wxm.router(), wire));
    (crm_address, survey_address)
}

#[tokio::test]
async fn every_mistake_is_told_with_file_line_and_column() {
    let place = Place::new();
    let text = configuration(NOBODY, NOBODY)
        .replace("nps <= 6", "nsp <= 6")
        .replace("queue: Recovery", "priority: urxente");
    place.file("cxloop.yaml", &text);
    let run = place.cxloop(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(
        lines[0].starts_with("cxloop.yaml:7:11: case_rules[0].when: the condition names \"nsp\""),
        "{run:?}"
    );
    assert!(
        lines[1].starts_with(
            "cxloop.yaml:11:17: case_rules[0].case.priority: \"urxente\" is not one of"
        ),
        "{run:?}"
    );
    assert_eq!(lines[2], "cxloop.yaml: 2 mistakes");
    assert_eq!(run.err, "");
}

#[tokio::test]
async fn the_same_mistakes_are_there_for_programs() {
    let place = Place::new();
    let file = place.file(
        "regras.yaml",
        &configuration(NOBODY, NOBODY).replace("open_case", "open_cases"),
    );
    let run = place
        .cxloop(&["check", file.to_str().unwrap(), "--offline", "--json"])
        .await;
    assert_eq!(run.code, 1);
    let found = run.json();
    assert_eq!(found["fine"], false);
    assert_eq!(found["mistakes"][0]["line"], 13);
    assert!(
        found["mistakes"][0]["problem"]
            .as_str()
            .unwrap()
            .contains("open_cases"),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_file_without_mistakes_is_fine_although_its_systems_do_not_answer() {
    let place = Place::new();
    place.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    let secrets = place.file("secrets.json", SECRETS);
    let run = place
        .cxloop(&["check", "--secrets", secrets.to_str().unwrap()])
        .await
        .fine();
    assert!(
        run.out
            .contains("not verified: dynamics: 2 queue and owner names:"),
        "{run:?}"
    );
    assert!(
        run.out
            .contains("not verified: wxm: 2 question labels: http://127.0.0.1:1 does not answer."),
        "{run:?}"
    );
    assert!(
        run.out
            .ends_with("cxloop.yaml: no mistakes (3 connections, 1 case rule, 1 threshold)\n"),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_missing_secret_is_a_note_that_names_it() {
    let place = Place::new().with("CXLOOP_SECRETS", "{}");
    place.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    let run = place.cxloop(&["check"]).await.fine();
    assert!(
        run.out.contains(
            "not verified: dynamics: 2 queue and owner names: Secret cxloop/dynamics is not given."
        ),
        "{run:?}"
    );
    assert!(
        run.out
            .contains("not verified: wxm: 2 question labels: Secret cxloop/wxm is not given."),
        "{run:?}"
    );
}

#[tokio::test]
async fn queues_owners_and_questions_that_are_there_are_verified() {
    let (crm, survey) = systems().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    place.file("cxloop.yaml", &configuration(&crm, &survey));
    let run = place.cxloop(&["check"]).await.fine();
    assert!(
        run.out
            .contains("verified: dynamics: 2 queue and owner names\n"),
        "{run:?}"
    );
    assert!(
        run.out.contains("verified: wxm: 2 question labels\n"),
        "{run:?}"
    );
    assert!(!run.out.contains("not verified"), "{run:?}");
}

#[tokio::test]
async fn a_queue_an_owner_and_a_question_that_are_not_there_are_mistakes() {
    let (crm, survey) = systems().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let text = configuration(&crm, &survey)
        .replace("queue: Recovery", "queue: Recuperación")
        .replace("owner: Avarias", "owner: Ninguén")
        .replace("comment: Comments", "comment: Comentário");
    place.file("cxloop.yaml", &text);
    let run = place.cxloop(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    let column = |line: usize, word: &str| {
        text.lines()
            .nth(line - 1)
            .unwrap()
            .split(word)
            .next()
            .unwrap()
            .chars()
            .count()
            + 1
    };
    let comment = format!(
        "cxloop.yaml:2:{}: connections.wxm.questions.comment: no active question",
        column(2, "Comentário")
    );
    assert!(run.out.contains(&comment), "{run:?}");
    assert!(
        run.out
            .contains("there are ABOUT, CASE_CAUSE, CASE_CLOSED, "),
        "{run:?}"
    );
    assert!(run.out.contains("cxloop.yaml:11:14: case_rules[0].case.queue: There is no active queue called “Recuperación”."), "{run:?}");
    assert!(run.out.contains("cxloop.yaml:12:14: case_rules[0].case.owner: There is no active user and no team called “Ninguén”."), "{run:?}");
}

#[tokio::test]
async fn an_answer_that_a_rule_names_is_looked_for_among_the_questions() {
    let (crm, survey) = systems().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let known = configuration(&crm, &survey).replace(
        "when: nps <= 6",
        "when: nps <= 6 && answers.csat < 3 && has(answers.comments)",
    );
    place.file("cxloop.yaml", &known);
    let run = place.cxloop(&["check"]).await.fine();
    assert!(
        run.out.contains("verified: wxm: 2 answer names\n"),
        "{run:?}"
    );

    let unknown = known
        .replace("answers.csat", "answers.CSAT")
        .replace("answers.comments", "answers.prazo")
        .replace("{{ comment }}", "{{ answers['zona'] }}");
    place.file("cxloop.yaml", &unknown);
    let run = place.cxloop(&["check"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.out.contains("cxloop.yaml:7:11: case_rules[0].when: answers go by their tags in lower case: write \"csat\""),
        "{run:?}"
    );
    assert!(
        run.out.contains("not verified: 2 answers of generic (prazo at 7:11, zona at 10:20): it cannot be asked for its questions, and no question of wxm is called so"),
        "{run:?}"
    );

    let alone: Vec<&str> = unknown
        .lines()
        .filter(|line| !line.contains("kind: standard"))
        .collect();
    place.file("cxloop.yaml", &alone.join("\n"));
    let run = place.cxloop(&["check"]).await;
    assert!(
        run.out.contains("cxloop.yaml:6:11: case_rules[0].when: no active question has the tag or id \"prazo\"; there are"),
        "{run:?}"
    );
    assert!(
        run.out.contains(
            "cxloop.yaml:9:20: case_rules[0].case.description: no active question has the tag or id \"zona\""
        ),
        "{run:?}"
    );
}

#[tokio::test]
async fn answers_of_a_platform_that_does_not_answer_are_not_verified() {
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let text = configuration(NOBODY, NOBODY).replace("nps <= 6", "answers.prazo > 6");
    place.file("cxloop.yaml", &text);
    let run = place.cxloop(&["check"]).await.fine();
    for connection in ["generic", "wxm"] {
        let note = format!("not verified: 1 answer of {connection} (prazo at 7:11): ");
        assert!(run.out.contains(&note), "{run:?}");
    }
}

#[tokio::test]
async fn a_file_for_the_default_sandbox_is_checked_against_the_one_that_runs() {
    let (crm, survey) = systems().await;
    let text = configuration("http://127.0.0.1:8687", "http://127.0.0.1:8688");
    for option in [None, Some("--sandbox"), Some("--sandbox=9686")] {
        let place = Place::new();
        place.file("cxloop.yaml", &text);
        place.file(
            ".sandbox/env",
            &format!(
                "AWS_ENDPOINT_URL=http://127.0.0.1:9696\nCXLOOP_SECRETS={}\nCXLOOP_SANDBOX_URL=http://127.0.0.1:9686\nCXLOOP_SANDBOX_DYNAMICS_URL={crm}\nCXLOOP_SANDBOX_SURVEY_URL={survey}\n",
                SECRETS.replace('\n', " ")
            ),
        );
        let arguments: Vec<&str> = ["check"].into_iter().chain(option).collect();
        let run = place.cxloop(&arguments).await.fine();
        assert!(
            run.out
                .contains("for the sandbox on http://127.0.0.1:9686\n")
                && run
                    .out
                    .contains("verified: dynamics: 2 queue and owner names\n")
                && run.out.contains("verified: wxm: 2 question labels\n"),
            "{run:?}"
        );
    }
}

#[tokio::test]
async fn a_sandbox_that_runs_here_is_not_taken_for_a_place_that_is_named() {
    let place = Place::new().with("CXLOOP_SECRETS", "{}");
    place.file("cxloop.yaml", &configuration(NOBODY, NOBODY));
    place.file(
        ".sandbox/env",
        "AWS_ENDPOINT_URL=http://127.0.0.1:1\nCXLOOP_SANDBOX_URL=http://127.0.0.1:1\n",
    );
    let run = place.cxloop(&["check"]).await.fine();
    assert!(!run.out.contains("for the sandbox"), "{run:?}");
}

#[tokio::test]
async fn a_file_that_is_not_utf_8_is_told_so() {
    let place = Place::new();
    let file = place.file("cxloop.yaml", "");
    std::fs::write(&file, b"# atenci\xf3n\n").unwrap();
    let run = place.cxloop(&["check"]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("cxloop.yaml is not UTF-8: byte 8"),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_secret_path_that_could_be_guessed_is_warned_of_unless_nobody_outside_reaches_it() {
    let warned = async |url: &str, token: &str| {
        let place = Place::new();
        place.file("cxloop.yaml", &configuration(NOBODY, url));
        let secrets = format!(r#"{{ "cxloop/wxm": {{ "webhook_token": "{token}" }} }}"#);
        let secrets = place.file("secrets.json", &secrets);
        let run = place
            .cxloop(&["check", "--json", "--secrets", secrets.to_str().unwrap()])
            .await
            .fine();
        run.json()["warnings"].to_string()
    };
    // Names of hosts that never exist: nothing is asked of anybody. Source: RFC 2606.
    let outside = "https://wxm.invalid";
    let short = warned(outside, "Recuncho-2026").await;
    assert!(
        short.contains("wxm: secret cxloop/wxm: the field webhook_token has fewer than 20"),
        "{short}"
    );
    assert!(
        !short.contains("Recuncho"),
        "a secret is never told: {short}"
    );
    let unfit = warned(outside, "a/b").await;
    assert!(unfit.contains("its webhooks are refused"), "{unfit}");
    assert_eq!(warned(outside, "k3jH-8sQp_2vLx9RtW0a").await, "[]");
    assert_eq!(warned(NOBODY, "sandbox").await, "[]");
}

#[tokio::test]
async fn a_secret_of_the_crms_webhooks_that_could_be_guessed_is_warned_of() {
    let warned = async |secret: &str| {
        let place = Place::new();
        let text = "connections:\n  dynamics: { kind: dynamics, url: \"https://crm.invalid\", secret: cxloop/dynamics }\n";
        place.file("cxloop.yaml", text);
        let secrets = format!(r#"{{ "cxloop/dynamics": {{ "webhook_secret": "{secret}" }} }}"#);
        let secrets = place.file("secrets.json", &secrets);
        let run = place
            .cxloop(&["check", "--json", "--secrets", secrets.to_str().unwrap()])
            .await
            .fine();
        run.json()["warnings"].to_string()
    };
    let (new, old) = ("n".repeat(20), "v".repeat(20));
    assert_eq!(warned(&new).await, "[]");
    assert_eq!(warned(&format!("{new} {old}")).await, "[]");
    for (secret, problem) in [
        (format!("{new} curta"), "has fewer than 20"),
        (String::new(), "is empty"),
        (format!("{new}!"), "holds other characters"),
    ] {
        let told = warned(&secret).await;
        let field = "dynamics: secret cxloop/dynamics: the field webhook_secret";
        assert!(told.contains(&format!("{field} {problem}")), "{told}");
    }
}

//! What sends surveys, against the tables of the CRM and the questions of the platform.

use crate::check::systems;
use crate::program::{NOBODY, Place, SECRETS, configuration};

const RIGHT: &str = r#"
reopen_columns: { reopened_on: followupby, response: description }
surveys:
  quiet_hours: { from: "21:00", to: "09:00", time_zone: Europe/Madrid, time_zone_column: employeeid }
  rules:
    - name: after-sale
      table: opportunity
      column: statecode
      from: [Open]
      to: ["1"]
      when: row.estimatedvalue > 100.0 && label._ownerid_value != "Sabela"
      person: { lookup: _parentcontactid_value }
      survey: { connection: wxm, questionnaire: store-visit, prefill: [{ question: CASE_STATUS, value: "{{ label.statuscode }}" }] }
      send: { email: { from: "coidado@contoso.com", subject: "{{ row.name }}", text: "Ola {{ person.name }}: {{ link }}" } }
    - name: after-case
      table: incident
      column: statuscode
      to: [Problem Solved]
      survey: { connection: wxm, questionnaire: after-case }
      send: { column: description }
"#;

async fn checked(text: &str) -> (i32, String) {
    let place = Place::new();
    place.file("cxloop.yaml", text);
    let secrets = place.file("secrets.json", SECRETS);
    let secrets = secrets.to_str().unwrap();
    let run = place
        .cxloop(&["check", "--schema", "--secrets", secrets])
        .await;
    (run.code, run.out)
}

#[tokio::test]
async fn a_rule_whose_names_are_all_known_is_verified() {
    let (dynamics, survey) = systems().await;
    let (code, out) = checked(&(configuration(&dynamics, &survey) + RIGHT)).await;
    assert_eq!(code, 0, "{out}");
    let told = "columns of surveys and reopenings";
    assert!(
        out.lines()
            .any(|line| line.starts_with("verified: dynamics: ") && line.ends_with(told)),
        "{out}"
    );
    let told = "verified: wxm: 3 questionnaire and prefilled questions";
    assert!(out.contains(told), "{out}");
}

#[tokio::test]
async fn every_name_that_nobody_knows_is_told_with_its_place() {
    let (dynamics, survey) = systems().await;
    let wrong = RIGHT
        .replace("reopened_on: followupby", "reopened_on: title")
        .replace("response: description", "response: cxl_nada")
        .replace("time_zone_column: employeeid", "time_zone_column: new_fuso")
        .replace("[Open]", "[Aberta]")
        .replace("row.estimatedvalue", "row.new_valor")
        .replace("_parentcontactid_value }", "_transactioncurrencyid_value }")
        .replace("questionnaire: store-visit", "questionnaire: visita")
        .replace("question: CASE_STATUS", "question: CASE_NOWHERE")
        .replace("{{ row.name }}", "{{ row.ownerid }}")
        .replace("column: statuscode", "column: new_stage")
        .replace(
            "send: { column: description }",
            "send: { column: prioritycode }",
        );
    let more = r#"    - name: shop
      table: new_Visit
      column: new_state
      to: [Feita]
      person: itself
      survey: { connection: wxm, questionnaire: store-visit }
      send: { column: new_link }
"#;
    let text = configuration(&dynamics, &survey) + &wrong + more;
    let (code, out) = checked(&text).await;
    assert_eq!(code, 1, "{out}");
    for told in [
        "reopen_columns.reopened_on: title of incident is of type String: expected DateTime",
        "reopen_columns.response: incident has no column \"cxl_nada\"",
        "surveys.quiet_hours.time_zone_column: contact has no column \"new_fuso\"",
        "surveys.rules[0].from[0]: statecode has no choice \"Aberta\"; there are Open (0), Won (1), Lost (2)",
        "surveys.rules[0].when: opportunity has no column \"new_valor\"",
        "surveys.rules[0].person.lookup: transactioncurrencyid leads to transactioncurrency, and people are looked for in contact, account, lead and systemuser",
        "surveys.rules[0].survey.questionnaire: there is no questionnaire \"visita\"; there are after-case, ",
        "surveys.rules[0].survey.prefill[0].question: no program-filled question has the tag, short label or id \"CASE_NOWHERE\"",
        "surveys.rules[0].send.email.subject: ownerid is a lookup: it is read as _ownerid_value",
        "surveys.rules[1].column: incident has no column \"new_stage\"",
        "surveys.rules[1].send.column: prioritycode of incident is of type Picklist: expected String or Memo",
        "surveys.rules[2].table: tables go by their logical names in lower case: write \"new_visit\" instead of \"new_Visit\"",
    ] {
        assert!(out.contains(told), "{told}\n{out}");
    }
    let line = text.lines().position(|line| line.contains("new_Visit"));
    let place = format!(
        "cxloop.yaml:{}:14: surveys.rules[2].table",
        line.unwrap() + 1
    );
    assert!(out.contains(&place), "{place}\n{out}");
}

#[tokio::test]
async fn what_nobody_answers_for_is_told_as_not_verified() {
    let (code, out) = checked(&(configuration(NOBODY, NOBODY) + RIGHT)).await;
    assert_eq!(code, 0, "{out}");
    for told in [
        "columns of surveys and reopenings: ",
        "wxm: 3 questionnaire and prefilled questions: ",
    ] {
        let line = out
            .lines()
            .find(|line| line.starts_with("not verified") && line.contains(told));
        assert!(line.is_some(), "{told}\n{out}");
    }
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::columns::{CrmColumn, CrmColumns};
use crate::response::{Answer, Customer, Email, Measured, Metric};
use crate::score::Score;

fn response(nps: Option<i64>, location: Option<&str>) -> Response {
    let score = |value| Measured {
        score: Score::whole(value),
        scale: None,
    };
    Response {
        key: "wxm/52c7d343".parse().unwrap(),
        survey: "store-visit".into(),
        submitted_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        language: Some("gl".into()),
        channel: None,
        location: location.map(str::to_owned),
        customer: Customer {
            name: Some("Uxía Núñez".into()),
            email: Email::read("uxia@example.com"),
            ..Customer::default()
        },
        comment: Some("Non volverei: a atención foi pésima".into()),
        answers: vec![Answer {
            question_id: "q1".into(),
            number: Some("4.5".parse().unwrap()),
            tags: vec!["Staff".into()],
            ..Answer::default()
        }],
        metrics: nps
            .map(|v| (Metric::Nps, score(v)))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        about_case: None,
        about: None,
        invitation: None,
        link: None,
    }
}

fn judged(condition: &str, response: &Response) -> Judgement {
    Condition::parse(condition)
        .unwrap()
        .judge(&Facts::of(response, "Detractors"))
}

#[test]
fn a_condition_reads_as_people_write_it() {
    let unhappy = response(Some(3), Some("Vigo"));
    for condition in [
        "nps <= 6",
        "nps <= 6 && location == \"Vigo\"",
        "notification == \"Detractors\"",
        "comment.contains(\"pésima\")",
        "answers.staff > 4",
        "answers[\"q1\"] == 4.5",
        "customer.name.startsWith(\"Uxía\")",
        "[\"Vigo\", \"Lugo\"].exists(place, place == location)",
        "has(customer.email) && !has(customer.phone)",
        "survey == \"store-visit\" && connection == \"wxm\" && response_id == \"52c7d343\"",
    ] {
        assert_eq!(
            judged(condition, &unhappy),
            Judgement::Matched,
            "{condition}"
        );
    }
    assert_eq!(judged("nps > 6", &unhappy), Judgement::NotMatched);
}

#[test]
fn a_metric_that_the_response_lacks_makes_a_rule_not_applicable() {
    let silent = response(None, None);
    assert_eq!(
        judged("nps <= 6", &silent),
        Judgement::NotApplicable {
            missing: "nps".into()
        }
    );
    assert_eq!(
        judged("location == \"Vigo\"", &silent),
        Judgement::NotApplicable {
            missing: "location".into()
        }
    );
    assert_eq!(
        judged("customer.phone == \"1\"", &silent),
        Judgement::NotApplicable {
            missing: "phone".into()
        }
    );
}

#[test]
fn a_rule_speaks_of_the_row_that_the_response_is_about() {
    let id = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5";
    let mut about = response(Some(3), None);
    about.about = Some(format!("lead/{id}").parse().unwrap());
    let condition = "nps <= 6 && about.table == \"lead\"";
    assert_eq!(judged(condition, &about), Judgement::Matched);
    assert_eq!(
        judged("about.table == \"contact\"", &about),
        Judgement::NotMatched
    );
    let looked_at = Condition::parse(condition).unwrap().looked_at(&about, "");
    assert_eq!(looked_at, "nps = 3, about = \"lead\"");
    let values = template_values(&about, "", None);
    let filled = crate::texts::fill("{{ about.table }} {{ about.id }}", &values);
    assert_eq!(filled.unwrap(), format!("lead {id}"));

    let visit = response(Some(3), None);
    let told = judged(condition, &visit);
    assert_eq!(
        told.to_string(),
        "not applicable: the response is about no row of another table"
    );
    let values = template_values(&visit, "", None);
    assert_eq!(
        crate::texts::fill("[{{ about.table }}]", &values).unwrap(),
        "[]"
    );
}

#[test]
fn a_lacking_metric_does_not_matter_where_the_other_half_decides() {
    let silent = response(None, None);
    assert_eq!(
        judged("nps <= 6 || notification == \"Detractors\"", &silent),
        Judgement::Matched
    );
    assert_eq!(
        judged("nps <= 6 && notification == \"Promoters\"", &silent),
        Judgement::NotMatched
    );
}

#[test]
fn a_condition_that_is_no_question_fails_with_its_reason() {
    let unhappy = response(Some(3), None);
    assert!(matches!(
        judged("nps + 1", &unhappy),
        Judgement::Failed { .. }
    ));
    assert!(matches!(
        judged("nps < \"six\"", &unhappy),
        Judgement::Failed { .. }
    ));
}

#[test]
fn a_misspelt_name_and_a_broken_condition_are_found_when_parsed() {
    let unknown = Condition::parse("nsp <= 6").unwrap_err();
    assert!(unknown.to_string().contains("\"nsp\""), "{unknown}");
    assert!(matches!(
        Condition::parse("nps <= "),
        Err(ConditionProblem::Syntax { .. })
    ));
    assert!(matches!(
        Condition::parse(""),
        Err(ConditionProblem::Syntax { .. })
    ));
}

#[test]
fn a_verdict_tells_what_was_looked_at_and_names_nobody() {
    let unhappy = response(Some(3), Some("Vigo"));
    let condition =
        Condition::parse("nps <= 6 && location == \"Vigo\" && customer.name != \"\"").unwrap();
    assert_eq!(
        condition.looked_at(&unhappy, "Detractors"),
        "nps = 3, location = \"Vigo\""
    );
}

#[test]
fn no_verdict_quotes_what_the_customer_wrote() {
    let unhappy = response(Some(3), Some("Vigo"));
    for condition in [
        "comment + 1 == comment",
        "answers[comment] == 1",
        "comment < 3",
        "customer[comment] == comment",
        "-comment == comment",
        "comment[0] == comment",
        "size(nps) == 1",
    ] {
        let told = judged(condition, &unhappy).to_string();
        assert!(!told.contains("volverei"), "{condition}: {told}");
    }
}

#[test]
fn columns_of_the_customer_are_values_and_labels() {
    let columns: CrmColumns = [
        ("new_tier", serde_json::json!(100_000_001), Some("Ouro")),
        ("new_city", serde_json::json!("Vigo"), None),
        ("new_share", serde_json::json!(0.5), None),
        ("new_vip", serde_json::json!(true), Some("Si")),
    ]
    .into_iter()
    .map(|(name, value, label)| {
        let label = label.map(str::to_owned);
        (name.to_owned(), CrmColumn { value, label })
    })
    .collect();
    let facts = Facts::of(&response(Some(3), None), "").knowing(Some(&columns));
    let judged = |condition: &str| Condition::parse(condition).unwrap().judge(&facts);
    for condition in [
        "crm.new_tier == 100000001 && crm_label.new_tier == \"Ouro\"",
        "nps <= 6 && crm[\"new_city\"] == \"Vigo\" && crm.new_share < 0.75 && crm.new_vip",
        "!has(crm.new_empty)",
    ] {
        assert_eq!(judged(condition), Judgement::Matched, "{condition}");
    }
    assert_eq!(
        judged("crm.new_empty == 1"),
        Judgement::NotApplicable {
            missing: "new_empty".into()
        }
    );
    let nobody = self::judged("crm.new_vip", &response(Some(3), None));
    assert_eq!(
        nobody.to_string(),
        "not applicable: no contact of the CRM is the customer"
    );
    let values = template_values(&response(None, None), "", Some(&columns));
    assert_eq!(values["crm_label"]["new_tier"], "Ouro");
}

#[test]
fn what_a_template_sees_has_no_nulls() {
    let values = template_values(&response(None, None), "", None);
    assert!(values.get("location").is_none());
    assert!(values["customer"].get("phone").is_none());
    assert_eq!(values["answers"]["staff"], 4.5);
}

proptest! {
    #[test]
    fn a_condition_agrees_with_plain_arithmetic(nps in 0i64..=10, limit in 0i64..=10) {
        let matched = judged(&format!("nps <= {limit}"), &response(Some(nps), None)) == Judgement::Matched;
        prop_assert_eq!(matched, nps <= limit);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,40}") {
        let _ = Condition::parse(&text);
    }
}

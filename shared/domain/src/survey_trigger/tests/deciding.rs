//! Whether a row still asks for its invitation.

use super::*;
use crate::configuration::Exclusion;

const OUR_USER: Uuid = Uuid::from_u128(900);

fn resolved(over: Value) -> SeenRow {
    let mut columns = json!({
        "statecode": [1, "Resolto"],
        "_customerid_value": CONTACT.to_string(),
        "_createdby_value": OUR_USER.to_string(),
    });
    for (name, value) in over.as_object().unwrap() {
        columns[name] = value.clone();
    }
    row(2, columns)
}

fn decided(rule: &SurveyRule, row: Option<&SeenRow>, now: Timestamp) -> Verdict<PersonAsked> {
    of_row(rule, &invitation(), row, Some(OUR_USER), now)
}

fn reason(verdict: Verdict<PersonAsked>) -> NotSent {
    match verdict {
        Verdict::Not(reason) => reason,
        other => panic!("it is not refused: {other:?}"),
    }
}

#[test]
fn a_row_in_its_state_leads_to_its_person() {
    let verdict = decided(&rule(json!({})), Some(&resolved(json!({}))), after(5));
    let contact = Record {
        table: "contact".parse().unwrap(),
        id: CONTACT,
    };
    assert_eq!(verdict, Verdict::Go(PersonAsked::Row(contact)));
}

#[test]
fn a_row_that_is_gone_or_has_left_the_state_asks_for_nothing() {
    let rule = rule(json!({"to": ["resolto"]}));
    assert_eq!(reason(decided(&rule, None, after(5))), NotSent::RowGone);
    let active = resolved(json!({"statecode": [0, "En curso"]}));
    let verdict = decided(&rule, Some(&active), after(5));
    assert_eq!(reason(verdict), NotSent::StateLeft);
    let verdict = decided(&rule, Some(&resolved(json!({}))), after(5));
    assert!(
        matches!(verdict, Verdict::Go(_)),
        "a label is as good as a value"
    );
}

#[test]
fn a_condition_that_does_not_hold_says_what_came_of_it() {
    let told = |when: &str, row: &SeenRow| {
        let rule = rule(json!({"when": when}));
        match decided(&rule, Some(row), after(5)) {
            Verdict::Go(_) => None,
            other => Some(reason(other).to_string()),
        }
    };
    let row = resolved(json!({"prioritycode": [1, "Alta"], "title": "Avaría"}));
    assert_eq!(
        told(
            "row.prioritycode == 1 && label.prioritycode == \"Alta\"",
            &row
        ),
        None
    );
    assert_eq!(
        told("row.prioritycode == 3", &row).as_deref(),
        Some("the condition did not match")
    );
    let empty = told("row.new_segment == 2", &row).unwrap();
    assert!(
        empty.contains("a column that it asks about is empty"),
        "{empty}"
    );
    let broken = told("row.title + 1 > 2", &row).unwrap();
    assert!(
        broken.starts_with("the condition could not be evaluated"),
        "{broken}"
    );
    assert!(
        !broken.contains("Avaría"),
        "it quotes nothing of the row: {broken}"
    );
}

#[test]
fn a_delay_counts_from_the_change_and_the_end_of_the_survey_from_there() {
    let rule = rule(json!({
        "delay": "2h",
        "survey": {"connection": "wxm", "questionnaire": "after-case", "valid_for": "1d"},
    }));
    let row = resolved(json!({}));
    let wait = Verdict::Wait(after(7_200), "the delay of its rule");
    assert_eq!(decided(&rule, Some(&row), after(7_199)), wait);
    assert!(matches!(
        decided(&rule, Some(&row), after(7_200)),
        Verdict::Go(_)
    ));
    let last = 7_200 + 86_400;
    assert!(matches!(
        decided(&rule, Some(&row), after(last)),
        Verdict::Go(_)
    ));
    assert_eq!(
        reason(decided(&rule, Some(&row), after(last + 1))),
        NotSent::TooLate
    );
}

#[test]
fn merged_cases_and_those_of_agents_are_left_out_where_the_rule_says_so() {
    let agent = || resolved(json!({"_createdby_value": Uuid::from_u128(901).to_string()}));
    let merged = || resolved(json!({"merged": true}));
    let all = rule(json!({"exclude": ["merged", "agent_opened"]}));
    for (row, by) in [
        (agent(), Exclusion::AgentOpened),
        (merged(), Exclusion::Merged),
    ] {
        let told = reason(decided(&all, Some(&row), after(5)));
        assert_eq!(told, NotSent::Excluded { by });
        let none = decided(&rule(json!({"exclude": []})), Some(&row), after(5));
        assert!(matches!(none, Verdict::Go(_)), "{none:?}");
    }
    let ours = decided(&all, Some(&resolved(json!({"merged": false}))), after(5));
    assert!(matches!(ours, Verdict::Go(_)), "{ours:?}");
}

#[test]
fn a_row_that_leads_to_nobody_or_to_no_person_asks_nobody() {
    let mut row = resolved(json!({"_new_device_value": Uuid::from_u128(8).to_string()}));
    row.tables.insert(
        "_new_device_value".to_owned(),
        "new_device".parse().unwrap(),
    );
    for path in [json!("owner"), json!({"lookup": "_new_device_value"})] {
        let rule = rule(json!({"person": path}));
        assert_eq!(
            reason(decided(&rule, Some(&row), after(5))),
            NotSent::NoPerson,
            "{path}"
        );
    }
}

#[test]
fn one_request_reads_what_all_rules_of_a_table_need() {
    let first = rule(json!({"when": "row.prioritycode == 1 && label.new_segment == \"Ouro\""}));
    let second = rule(json!({
        "name": "outra",
        "column": "new_cause",
        "person": {"lookup": "_new_driver_value"},
        "send": {"sms": {"text": "{{ person.name }}: {{ label.new_product }} {{ link }}"}},
        "exclude": ["agent_opened"],
        "survey": {"connection": "wxm", "questionnaire": "q", "prefill": [{"question": "T", "value": "{{ row.ticketnumber }}"}]},
    }));
    let names = columns_of(&[&first, &second]);
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "_createdby_value",
            "_customerid_value",
            "_new_driver_value",
            "merged",
            "new_cause",
            "new_product",
            "new_segment",
            "prioritycode",
            "statecode",
            "ticketnumber",
        ]
    );
}

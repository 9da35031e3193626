//! The steps that tell of rows which send surveys.

use super::super::*;
use crate::configuration;

const CONNECTIONS: &str = "connections:\n  dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }\n  wxm: { kind: wxm, secret: s }\n";

fn steps_with(rules: &[(&str, &str)]) -> Vec<StepWanted> {
    let rules: String = rules
        .iter()
        .enumerate()
        .map(|(number, (table, column))| {
            format!(
                "    - {{ name: r{number}, table: {table}, column: {column}, to: [\"1\"], person: itself, survey: {{ connection: wxm, questionnaire: Q }}, send: {{ column: cxl_link }} }}\n"
            )
        })
        .collect();
    let text = match rules.as_str() {
        "" => CONNECTIONS.to_owned(),
        rules => format!("{CONNECTIONS}surveys:\n  rules:\n{rules}"),
    };
    steps(&configuration::read(&text).unwrap())
}

fn filtering<'s>(steps: &'s [StepWanted], table: &str, message: &str) -> Vec<&'s str> {
    let of = |step: &&StepWanted| step.table == table && step.message == message;
    let mut found = steps.iter().filter(of);
    let step = found
        .next()
        .unwrap_or_else(|| panic!("{message} of {table}"));
    assert!(found.next().is_none(), "{message} of {table} is there once");
    step.filtering.iter().map(String::as_str).collect()
}

#[test]
fn each_table_of_a_rule_tells_when_a_row_is_made_and_when_a_watched_column_is_written() {
    let steps = steps_with(&[
        ("opportunity", "statecode"),
        ("opportunity", "_ownerid_value"),
        ("new_visit", "new_state"),
    ]);
    assert_eq!(
        filtering(&steps, "opportunity", "Update"),
        ["ownerid", "statecode"],
        "a lookup is written under its own name"
    );
    assert_eq!(filtering(&steps, "new_visit", "Update"), ["new_state"]);
    for message in ["Create", "SetState", "SetStateDynamicEntity"] {
        for table in ["opportunity", "new_visit"] {
            assert!(filtering(&steps, table, message).is_empty());
        }
    }
    let of_rules = steps.iter().filter(|step| step.table != CASE);
    assert!(
        of_rules
            .filter(|step| ["opportunity", "new_visit"].contains(&step.table.as_str()))
            .all(|step| step.image.is_none()),
        "the row is read again"
    );
}

#[test]
fn a_rule_over_cases_or_tasks_adds_its_column_to_the_steps_that_are_there() {
    let without = steps_with(&[]);
    let steps = steps_with(&[("incident", "new_stage"), ("task", "new_result")]);
    let mut expected = filtering(&without, "incident", "Update");
    expected.push("new_stage");
    expected.sort_unstable();
    assert_eq!(filtering(&steps, "incident", "Update"), expected);
    assert!(filtering(&steps, "task", "Update").contains(&"new_result"));
    assert!(filtering(&steps, "task", "Update").contains(&"subject"));
    let of_cases = |steps: &[StepWanted]| steps.iter().filter(|step| step.table == CASE).count();
    assert_eq!(of_cases(&steps), of_cases(&without), "no message twice");
}

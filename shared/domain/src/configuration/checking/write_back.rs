//! What must hold of what flows back to responses.

use std::collections::BTreeSet;

use super::{Problem, report};
use crate::case_write_back;
use crate::configuration::{FieldMapping, WriteBack};

/// The most seconds that one write may wait for the next.
const LONGEST_PAUSE_SECONDS: u16 = 900;

pub(super) fn check(write_back: &WriteBack, has_crm: bool, found: &mut Vec<Problem>) {
    let at = "write_back";
    if !has_crm {
        let problem = "there is no connection of kind dynamics to read cases from";
        report(found, at, "", problem.into());
    }
    if !(1..=LONGEST_PAUSE_SECONDS).contains(&write_back.every_seconds) {
        let problem = format!("expected 1 to {LONGEST_PAUSE_SECONDS} seconds");
        report(found, at, "every_seconds", problem);
    }
    if let Some(text) = &write_back.note.text
        && let Err(problem) = case_write_back::check_note(text)
    {
        report(found, at, "note.text", problem.to_string());
    }
    let comments = &write_back.comments;
    let blank = |text: &Option<String>| text.as_deref().is_some_and(|text| text.trim().is_empty());
    if blank(&comments.subject_starts_with) {
        let problem = "every subject begins with nothing: expected a marker such as \"[public]\"";
        report(found, at, "comments.subject_starts_with", problem.into());
    }
    match (&comments.activity_column, &comments.activity_value) {
        (Some(_), None) | (None, Some(_)) => {
            let problem = "activity_column and activity_value go together";
            report(found, at, "comments", problem.into());
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    let mut questions = BTreeSet::new();
    for (index, field) in write_back.fields.iter().enumerate() {
        let at = format!("write_back.fields[{index}]");
        one_field(field, &at, found);
        if !questions.insert(field.question.trim().to_lowercase()) {
            let problem = format!("{} is written by an earlier field", field.question);
            report(found, &at, "question", problem);
        }
    }
}

fn one_field(field: &FieldMapping, at: &str, found: &mut Vec<Problem>) {
    if field.question.trim().is_empty() {
        let problem = "expected the tag, short label or id of a question";
        report(found, at, "question", problem.into());
    }
    match (&field.column, field.computed) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => report(found, at, "", "expected column or computed".into()),
        (Some(_), Some(_)) => {
            let problem = "expected either column or computed";
            report(found, at, "computed", problem.into());
        }
    }
    let takes_a_unit = field.computed.is_some_and(|computed| computed.is_time());
    if takes_a_unit && field.unit.is_none() {
        let problem = "a time needs a unit: seconds, minutes, hours or days";
        report(found, at, "computed", problem.into());
    }
    if !takes_a_unit && field.unit.is_some() {
        report(found, at, "unit", "only a computed time has a unit".into());
    }
    if field.otherwise.is_some() && field.map.is_empty() {
        let problem = "otherwise is for values that map lacks, and there is no map";
        report(found, at, "otherwise", problem.into());
    }
}

#[cfg(test)]
mod tests {
    use crate::configuration::read;

    const CRM: &str = "connections:\n  crm: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }\n";

    #[test]
    fn everything_that_cannot_be_written_back_is_told_with_its_place() {
        let text = format!(
            "{CRM}write_back:\n  every_seconds: 0\n  note: {{ text: \"{{{{ tiket }}}}\" }}\n  comments: {{ subject_starts_with: \" \", activity_column: category }}\n  fields:\n    - {{ question: \"\", column: title }}\n    - {{ question: A }}\n    - {{ question: a, column: title, computed: reopen_count, unit: days }}\n    - {{ question: B, computed: time_to_close, otherwise: x }}\n"
        );
        let mistakes = read(&text).unwrap_err();
        let paths: Vec<&str> = mistakes
            .iter()
            .map(|mistake| mistake.path.as_str())
            .collect();
        assert_eq!(
            paths,
            [
                "write_back.every_seconds",
                "write_back.note.text",
                "write_back.comments",
                "write_back.comments.subject_starts_with",
                "write_back.fields[0].question",
                "write_back.fields[1]",
                "write_back.fields[2].question",
                "write_back.fields[2].computed",
                "write_back.fields[2].unit",
                "write_back.fields[3].computed",
                "write_back.fields[3].otherwise",
            ],
            "{mistakes:#?}"
        );
    }

    #[test]
    fn a_whole_mapping_reads_back_as_it_was_written() {
        let text = format!(
            "{CRM}write_back:\n  language: gl\n  note: {{ owner_name: true }}\n  comments: {{ subject_starts_with: \"[público]\" }}\n  fields:\n    - {{ question: CASE_STATUS, column: statuscode, map: {{ \"Problem Solved\": resolto }}, otherwise: aberto }}\n    - {{ question: CASE_HOURS, computed: time_to_close, unit: hours, empty: keep }}\n"
        );
        let configuration = read(&text).unwrap();
        let json = serde_json::to_value(&configuration).unwrap();
        assert_eq!(
            serde_json::from_value::<crate::configuration::Configuration>(json).unwrap(),
            configuration
        );
        assert!(read("connections: {}\nwrite_back: {}\n").is_err(), "no CRM");
    }
}

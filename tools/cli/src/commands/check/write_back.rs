//! Whether what flows back can be held by the survey platforms.

use std::collections::BTreeMap;

use cxloop_domain::configuration::{Configuration, Connection};

use super::Findings;
use super::places::Names;
use super::questions::Questions;
use crate::report::count;

/// At most this many known names are listed beside an unknown one.
pub(super) const LISTED: usize = 30;

/// Looks for the questions that are written back to. One that no platform has, that a customer answers, or that cannot hold
/// what a map makes of a value is a mistake, unless a platform could not be asked.
pub(super) fn verify(
    configuration: &Configuration,
    names: &Names,
    platforms: &BTreeMap<String, Result<Questions, String>>,
    findings: &mut Findings,
) {
    let Some(write_back) = &configuration.write_back else {
        return;
    };
    let takes_back = |connection: &&Connection| matches!(connection, Connection::Wxm(_));
    if configuration
        .connections
        .values()
        .filter(takes_back)
        .count()
        == 0
    {
        let warning = "write_back: no connection takes notes or fields, so nothing flows back";
        findings.warnings.push(warning.to_owned());
        return;
    }
    if names.back_questions.is_empty() {
        return;
    }
    let what = count(names.back_questions.len(), "written-back question");
    for (connection, questions) in platforms {
        if let Err(reason) = questions {
            let line = format!("{connection}: {what}: {reason}");
            findings.not_verified.push(line);
        }
    }
    let asked: Vec<&Questions> = platforms.values().flatten().collect();
    if asked.len() < platforms.len() {
        return;
    }
    let mut found = 0;
    for (written, field) in names.back_questions.iter().zip(&write_back.fields) {
        let name = written.name.trim().to_lowercase();
        let Some(is_number) = asked
            .iter()
            .find_map(|questions| questions.hidden.get(&name).copied())
        else {
            let problem = missing(&written.name, &name, &asked);
            findings.mistakes.push(written.mistake(problem));
            continue;
        };
        let words = field.map.values().chain(&field.otherwise);
        let no_number = words
            .into_iter()
            .find(|word| word.trim().parse::<i64>().is_err());
        match no_number {
            Some(word) if is_number => {
                let problem = format!(
                    "{} takes whole numbers only, and {word:?} is none",
                    written.name
                );
                findings.mistakes.push(written.mistake(problem));
            }
            _ => found += 1,
        }
    }
    if found > 0 {
        let connections: Vec<&str> = platforms.keys().map(String::as_str).collect();
        let what = count(found, "written-back question");
        let line = format!("{}: {what}", connections.join(", "));
        findings.verified.push(line);
    }
}

pub(super) fn missing(written: &str, name: &str, asked: &[&Questions]) -> String {
    let is_answered = asked.iter().any(|questions| {
        questions.answers.contains(name)
            || questions
                .labels
                .iter()
                .any(|label| label.trim().to_lowercase() == name)
    });
    if is_answered {
        return format!(
            "{written:?} is answered by people: only program-filled questions (apiFill) are written"
        );
    }
    // Ids say nothing to people.
    let known = asked.iter().flat_map(|questions| {
        let labels = questions.labels.iter();
        labels.filter(|label| questions.hidden.contains_key(&label.trim().to_lowercase()))
    });
    let known: Vec<&str> = known.take(LISTED).map(String::as_str).collect();
    match known.as_slice() {
        [] => format!(
            "there is no program-filled question (apiFill), so also none called {written:?}"
        ),
        known => format!(
            "no program-filled question has the tag, short label or id {written:?}; there are {}",
            known.join(", ")
        ),
    }
}

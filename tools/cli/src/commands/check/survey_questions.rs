//! Whether the survey platforms have the questionnaires that are sent and the questions that are filled in before.

use std::collections::BTreeMap;

use super::Findings;
use super::places::Names;
use super::questions::Questions;
use super::write_back::{LISTED, missing};
use crate::report::count;

/// Looks for the questionnaires and prefilled questions of what sends surveys, each on the platform of its rule.
pub(super) fn verify(
    names: &Names,
    platforms: &BTreeMap<String, Result<Questions, String>>,
    findings: &mut Findings,
) {
    for (connection, questions) in platforms {
        let of_connection = names
            .surveys
            .iter()
            .filter(|rule| rule.connection == *connection);
        let number: usize = of_connection
            .clone()
            .map(|rule| 1 + rule.prefill.len())
            .sum();
        if number == 0 {
            continue;
        }
        let what = count(number, "questionnaire and prefilled question");
        let questions = match questions {
            Ok(questions) => questions,
            Err(reason) => {
                let line = format!("{connection}: {what}: {reason}");
                findings.not_verified.push(line);
                continue;
            }
        };
        let before = findings.mistakes.len();
        for rule in of_connection {
            let name = rule.questionnaire.name.trim();
            if !questions.questionnaires.contains(name) {
                let known = questions.questionnaires.iter().take(LISTED);
                let known: Vec<&str> = known.map(String::as_str).collect();
                let problem = format!(
                    "there is no questionnaire {name:?}; there are {}",
                    known.join(", ")
                );
                findings.mistakes.push(rule.questionnaire.mistake(problem));
            }
            for written in &rule.prefill {
                let name = written.name.trim().to_lowercase();
                if !questions.hidden.contains_key(&name) {
                    let problem = missing(&written.name, &name, &[questions]);
                    findings.mistakes.push(written.mistake(problem));
                }
            }
        }
        if findings.mistakes.len() == before {
            findings.verified.push(format!("{connection}: {what}"));
        }
    }
}

//! Whether the answers that rules ask for by name can come.

use std::collections::{BTreeMap, BTreeSet};

use cxloop_domain::configuration::{Configuration, Connection};

use super::Findings;
use super::places::Written;
use super::questions::Questions;
use crate::report::count;

/// At most this many known names are listed beside an unknown one.
const LISTED: usize = 30;

/// Looks the names up among the questions of the survey platforms. One that no platform has is a mistake, unless a
/// connection that could not be asked, or that sends whatever it likes, may have it.
pub(super) fn verify(
    configuration: &Configuration,
    asked: &[Written],
    platforms: &BTreeMap<String, Result<Questions, String>>,
    findings: &mut Findings,
) {
    let known: BTreeSet<&str> = platforms
        .values()
        .flatten()
        .flat_map(|questions| questions.answers.iter().map(String::as_str))
        .collect();
    let (found, unknown): (Vec<&Written>, Vec<&Written>) = asked
        .iter()
        .partition(|asked| known.contains(asked.name.as_str()));
    let names: Vec<&str> = platforms
        .iter()
        .filter(|(_, questions)| questions.is_ok())
        .map(|(name, _)| name.as_str())
        .collect();
    if !found.is_empty() {
        let what = count(found.len(), "answer name");
        findings
            .verified
            .push(format!("{}: {what}", names.join(", ")));
    }
    let (misspelt, unknown): (Vec<&Written>, Vec<&Written>) = unknown
        .into_iter()
        .partition(|asked| known.contains(asked.name.to_lowercase().as_str()));
    for asked in misspelt {
        let problem = format!(
            "answers go by their tags in lower case: write {:?} instead of {:?}",
            asked.name.to_lowercase(),
            asked.name
        );
        findings.mistakes.push(asked.mistake(problem));
    }
    let nowhere_else = match names.as_slice() {
        [] => String::new(),
        names => format!(", and no question of {} is called so", names.join(", ")),
    };
    let unasked = not_asked(configuration, platforms);
    if unknown.is_empty() || (unasked.is_empty() && platforms.is_empty()) {
        return;
    }
    if unasked.is_empty() {
        let listed: Vec<&str> = known.iter().take(LISTED).copied().collect();
        for asked in unknown {
            let problem = format!(
                "no active question has the tag or id {:?}; there are {}",
                asked.name,
                listed.join(", ")
            );
            findings.mistakes.push(asked.mistake(problem));
        }
        return;
    }
    let places: Vec<String> = unknown
        .iter()
        .map(|asked| format!("{} at {}", asked.name, asked.place()))
        .collect();
    for (connection, reason) in unasked {
        findings.not_verified.push(format!(
            "{} of {connection} ({}): {reason}{nowhere_else}",
            count(unknown.len(), "answer"),
            places.join(", ")
        ));
    }
}

/// The survey connections whose questions are not known, and why.
fn not_asked(
    configuration: &Configuration,
    platforms: &BTreeMap<String, Result<Questions, String>>,
) -> Vec<(String, String)> {
    let unasked = configuration
        .connections
        .iter()
        .filter_map(|(name, connection)| {
            let reason = match connection {
                Connection::Dynamics(_) => return None,
                Connection::Standard(_) => "it cannot be asked for its questions".to_owned(),
                Connection::Wxm(_) => {
                    let reason = platforms.get(name.as_str())?.as_ref().err()?;
                    reason.trim_end_matches('.').to_owned()
                }
            };
            Some((name.to_string(), reason))
        });
    unasked.collect()
}

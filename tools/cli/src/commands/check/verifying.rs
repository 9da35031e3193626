//! Looks in the connected systems for what the file names.
//!
//! A name that a system does not know is a mistake. A system that cannot be asked is none: the file may be right.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxloop_domain::configuration::{Applied, Configuration, Connection};
use cxloop_domain::names::ConnectionName;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_ports::{CaseDesk, CaseDesks, Failure, Remedy, Secrets};

use super::Findings;
use super::places::{Names, Written, names};
use super::questions::Questions;
use super::secrets::GivenSecrets;
use super::{answers, questions, survey_questions, survey_tables, tables, tokens, write_back};
use crate::aws::clock;
use crate::report::count;

/// At most this many known labels are listed beside an unknown one.
const LISTED: usize = 30;

/// Adds to the findings what the systems say of the names in the file.
pub(super) async fn verify(
    configuration: &Configuration,
    text: &str,
    secrets: GivenSecrets,
    schema: bool,
    findings: &mut Findings,
) {
    let secrets: Arc<dyn Secrets> = Arc::new(secrets);
    let names = names(text, configuration);
    let http = match cxloop_lambda_kit::http_client() {
        Ok(http) => http,
        Err(error) => {
            return findings
                .not_verified
                .push(format!("the connected systems: {error}"));
        }
    };
    tokens::judge(configuration, secrets.as_ref(), &mut findings.warnings).await;
    in_dynamics(configuration, &names, &http, &secrets, findings).await;
    if schema {
        let applied = Applied {
            version: 0,
            configuration: configuration.clone(),
        };
        let desks = DynamicsCaseDesks::new(http.clone(), Arc::clone(&secrets), clock());
        tables::verify(&desks, &applied, &names, findings).await;
        survey_tables::verify(&desks, &applied, &names, findings).await;
    }
    let mut platforms = BTreeMap::new();
    for (name, connection) in &configuration.connections {
        let Connection::Wxm(wxm) = connection else {
            continue;
        };
        let labels = names.questions.get(name.as_str());
        let mut surveys = names.surveys.iter();
        let sends = surveys.any(|rule| rule.connection == name.as_str());
        let asked = !names.answers.is_empty() || !names.back_questions.is_empty();
        if labels.is_none() && !asked && !sends {
            continue;
        }
        let questions = questions::active(&http, wxm, secrets.as_ref(), sends).await;
        look_up(
            name,
            labels.map_or(&[], Vec::as_slice),
            &questions,
            findings,
        );
        platforms.insert(name.to_string(), questions);
    }
    answers::verify(configuration, &names.answers, &platforms, findings);
    write_back::verify(configuration, &names, &platforms, findings);
    survey_questions::verify(&names, &platforms, findings);
    findings
        .mistakes
        .sort_by_key(|mistake| (mistake.line, mistake.column));
}

async fn in_dynamics(
    configuration: &Configuration,
    names: &Names,
    http: &reqwest::Client,
    secrets: &Arc<dyn Secrets>,
    findings: &mut Findings,
) {
    let number = names.queues.len() + names.owners.len();
    if number == 0 || configuration.dynamics().is_none() {
        return;
    }
    let applied = Applied {
        version: 0,
        configuration: configuration.clone(),
    };
    let desks = DynamicsCaseDesks::new(http.clone(), Arc::clone(secrets), clock());
    let looked = match desks.desk(&applied) {
        Ok((_, desk)) => look(desk.as_ref(), names, findings).await,
        Err(failure) => Err(failure),
    };
    let connection = configuration
        .dynamics()
        .map(|(name, _)| name.to_string())
        .unwrap_or_default();
    match looked {
        Ok(0) => {}
        Ok(found) => findings.verified.push(format!(
            "{connection}: {}",
            count(found, "queue and owner name")
        )),
        Err(failure) => {
            let names = count(number, "queue and owner name");
            findings
                .not_verified
                .push(format!("{connection}: {names}: {}", failure.message));
        }
    }
}

/// How many names are known; the others are mistakes. Fails when the desk cannot be asked.
async fn look(
    desk: &dyn CaseDesk,
    names: &Names,
    findings: &mut Findings,
) -> Result<usize, Failure> {
    let mut found = 0;
    for written in &names.queues {
        found += known(
            written,
            desk.queue(written.name.trim()).await.map(drop),
            findings,
        )?;
    }
    for written in &names.owners {
        found += known(
            written,
            desk.owner(written.name.trim()).await.map(drop),
            findings,
        )?;
    }
    Ok(found)
}

fn known(
    written: &Written,
    looked_up: Result<(), Failure>,
    findings: &mut Findings,
) -> Result<usize, Failure> {
    match looked_up {
        Ok(()) => Ok(1),
        Err(failure) if failure.remedy == Remedy::Park => {
            findings.mistakes.push(written.mistake(failure.message));
            Ok(0)
        }
        Err(failure) => Err(failure),
    }
}

/// Looks the labels of a question map up among an account's questions.
fn look_up(
    name: &ConnectionName,
    labels: &[Written],
    questions: &Result<Questions, String>,
    findings: &mut Findings,
) {
    if labels.is_empty() {
        return;
    }
    let there = match questions {
        Ok(questions) => &questions.labels,
        Err(reason) => {
            let what = count(labels.len(), "question label");
            return findings
                .not_verified
                .push(format!("{name}: {what}: {reason}"));
        }
    };
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let (found, missing): (Vec<_>, Vec<_>) = labels
        .iter()
        .partition(|label| there.iter().any(|known| same(known, &label.name)));
    let known: Vec<&str> = there.iter().take(LISTED).map(String::as_str).collect();
    for label in missing {
        let problem = format!(
            "no active question has the tag or short label {:?}; there are {}",
            label.name,
            known.join(", ")
        );
        findings.mistakes.push(label.mistake(problem));
    }
    if !found.is_empty() {
        findings
            .verified
            .push(format!("{name}: {}", count(found.len(), "question label")));
    }
}

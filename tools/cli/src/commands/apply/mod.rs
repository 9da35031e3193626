//! `cxloop apply`: the configuration in force.

mod difference;

use cxloop_domain::configuration::{Applied, Configuration};
use cxloop_ports::Configurations;
use cxloop_store::{Store, StoreError};
use serde_json::{Value, json};

use super::check::{Findings, check};
use crate::arguments::ApplyArgs;
use crate::aws::Aws;
use crate::environment::Environment;
use crate::{Error, Report};

use difference::{Change, changes};

pub(crate) async fn run(arguments: &ApplyArgs) -> Result<Report, Error> {
    let named = arguments.table.is_some() || arguments.check.secrets.is_some();
    let environment = Environment::chosen_beside(&arguments.check.sandbox, named)?;
    let checked = check(&arguments.check, &environment).await?;
    let findings = &checked.findings;
    let Some(configuration) = checked
        .configuration
        .as_ref()
        .filter(|_| findings.mistakes.is_empty())
    else {
        let mut report = findings.report("");
        report.text.push_str("\nnothing was applied");
        return Ok(report);
    };
    let aws = Aws::of(environment).await;
    let store = aws.store(arguments.table.as_deref())?;
    let before = in_force(&store).await?;
    let changes = changes(
        before.as_ref().map(|applied| &applied.configuration),
        configuration,
    );
    let standing = before.map_or(0, |applied| applied.version);
    if arguments.dry_run {
        return Ok(told(
            findings,
            standing,
            standing + u64::from(!changes.is_empty()),
            &changes,
            Mode::DryRun,
        ));
    }
    let applied = put_in_force(&store, configuration).await?;
    Ok(told(
        findings,
        standing,
        applied.version,
        &changes,
        Mode::Applied,
    ))
}

/// What is in force, or nothing when this is the first time.
async fn in_force(store: &Store) -> Result<Option<Applied>, Error> {
    match store.current().await {
        Ok(applied) => Ok(Some(applied.as_ref().clone())),
        Err(failure) if failure.message == StoreError::NoConfiguration.to_string() => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

async fn put_in_force(store: &Store, configuration: &Configuration) -> Result<Applied, Error> {
    Ok(Configurations::apply(store, configuration).await?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Applied,
    DryRun,
}

fn told(findings: &Findings, from: u64, to: u64, changes: &[Change], mode: Mode) -> Report {
    let mut lines = findings.lines();
    lines.push(match mode {
        _ if from == to => format!("version {to} is in force already and equal: nothing changes"),
        Mode::DryRun => {
            format!("version {to} would be put in force (dry run: nothing was changed)")
        }
        Mode::Applied => format!("version {to} is in force"),
    });
    lines.extend(changes.iter().map(|change| format!("  {change}")));
    let changes: Vec<Value> = changes.iter().map(Change::to_json).collect();
    let json = json!({
        "version": to,
        "previous_version": from,
        "equal": from == to,
        "dry_run": mode == Mode::DryRun,
        "changes": changes,
        "check": findings.to_json(),
    });
    Report::fine(lines.join("\n"), json)
}

//! `cxloop check`: every mistake with its place.

mod answers;
mod findings;
mod places;
mod questions;
mod secrets;
mod survey_questions;
mod survey_tables;
mod tables;
mod tokens;
mod verifying;
mod write_back;

use std::path::Path;

use cxloop_domain::configuration::{self, Configuration};

use crate::arguments::CheckArgs;
use crate::environment::Environment;
use crate::report::count;
use crate::{Error, Report};

pub(crate) use findings::Findings;
pub(crate) use secrets::GivenSecrets;
pub(crate) use tokens::is_loopback;

/// A configuration, if it could be read, and what was found in it.
pub(crate) struct Checked {
    /// What the file says, when its mistakes allow to tell.
    pub(crate) configuration: Option<Configuration>,
    /// The mistakes, and what was and was not verified.
    pub(crate) findings: Findings,
}

pub(crate) async fn run(arguments: &CheckArgs) -> Result<Report, Error> {
    let environment = Environment::chosen_beside(&arguments.sandbox, arguments.secrets.is_some())?;
    let checked = check(arguments, &environment).await?;
    Ok(checked
        .findings
        .report(&summary(checked.configuration.as_ref())))
}

/// Looks at the file and, unless that is not wanted, at the systems it names.
pub(crate) async fn check(
    arguments: &CheckArgs,
    environment: &Environment,
) -> Result<Checked, Error> {
    let text = read(&arguments.file)?;
    let mut findings = Findings::of(&arguments.file.display().to_string());
    findings.sandbox = environment.sandbox();
    let configuration = match configuration::read(&text) {
        Ok(configuration) => environment.at_home(configuration),
        Err(mistakes) => {
            findings.mistakes = mistakes;
            return Ok(Checked {
                configuration: None,
                findings,
            });
        }
    };
    if arguments.offline {
        findings
            .not_verified
            .push("the connected systems: --offline".to_owned());
    } else {
        let secrets = GivenSecrets::of(arguments.secrets.as_deref(), environment.clone()).await?;
        verifying::verify(
            &configuration,
            &text,
            secrets,
            arguments.schema,
            &mut findings,
        )
        .await;
    }
    Ok(Checked {
        configuration: Some(configuration),
        findings,
    })
}

pub(crate) fn read(file: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(file).map_err(|error| Error::Unusable {
        what: format!("{} cannot be read ({error})", file.display()),
        mend: Some("Name the configuration: cxloop check path/to/cxloop.yaml".to_owned()),
    })?;
    // Editors on Windows begin a file with a byte-order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    String::from_utf8(bytes.to_vec()).map_err(|error| Error::Unusable {
        what: format!(
            "{} is not UTF-8: byte {} is part of no character",
            file.display(),
            error.utf8_error().valid_up_to()
        ),
        mend: Some("Save it as UTF-8.".to_owned()),
    })
}

fn summary(configuration: Option<&Configuration>) -> String {
    let Some(configuration) = configuration else {
        return String::new();
    };
    let parts = [
        count(configuration.connections.len(), "connection"),
        count(configuration.case_rules.len(), "case rule"),
        count(configuration.reopen.len(), "threshold"),
    ];
    let mut parts = parts.to_vec();
    if let Some(write_back) = &configuration.write_back {
        let fields = count(write_back.fields.len(), "field");
        parts.push(format!("{fields} written back"));
    }
    parts.join(", ")
}

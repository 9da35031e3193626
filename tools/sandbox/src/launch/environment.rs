//! The environment for programs that work beside the sandbox, such as a function under `cargo lambda watch`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::ports::Ports;
use super::secrets::WEBHOOK_SECRET;
use crate::emulator::{Emulator, Stack};
use crate::front::Addresses;

/// The functions that queues feed, and the outputs with those queues and with their dead letters.
const QUEUES: [(&str, &str, &str); 5] = [
    ("response-intake", "IntakeQueueUrl", "IntakeDeadLettersUrl"),
    ("response-to-case", "CaseQueueUrl", "CaseDeadLettersUrl"),
    ("case-reopen", "ReopenQueueUrl", "ReopenDeadLettersUrl"),
    (
        "case-write-back",
        "WriteBackQueueUrl",
        "WriteBackDeadLettersUrl",
    ),
    ("survey-trigger", "SurveyQueueUrl", "SurveyDeadLettersUrl"),
];

/// What the function that schedules needs beside its queue, and the outputs with it.
const SCHEDULING: [(&str, &str); 4] = [
    ("CXLOOP_QUEUE_ARN", "SurveyQueueArn"),
    ("CXLOOP_SCHEDULE_GROUP", "SurveyScheduleGroup"),
    ("CXLOOP_SCHEDULE_ROLE_ARN", "SurveyScheduleRoleArn"),
    ("CXLOOP_UNDELIVERED_QUEUE_ARN", "UndeliveredQueueArn"),
];

/// Where AWS's SDKs find End User Messaging, which the emulator does not have.
const TEXT_MESSAGES: &str = "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2";

/// The variables that functions need beside those of the emulator.
pub(super) fn endpoints(ports: Ports) -> BTreeMap<String, String> {
    BTreeMap::from([(TEXT_MESSAGES.to_owned(), ports.text_messages_url())])
}

/// The variables that every program takes.
pub(super) fn of(
    emulator: &Emulator,
    stack: &Stack,
    addresses: &Addresses,
) -> Result<BTreeMap<String, String>> {
    let mut variables: BTreeMap<String, String> = emulator
        .environment()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let own = [
        ("CXLOOP_TABLE", stack.output("TableName")?),
        ("CXLOOP_BUS", stack.output("BusName")?),
        ("CXLOOP_LOG", "info"),
        (TEXT_MESSAGES, addresses.text_messages.as_str()),
        ("CXLOOP_SANDBOX_URL", addresses.front.as_str()),
        ("CXLOOP_SANDBOX_DYNAMICS_URL", addresses.dynamics.as_str()),
        ("CXLOOP_SANDBOX_SURVEY_URL", addresses.survey.as_str()),
        ("CXLOOP_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ];
    variables.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(variables)
}

/// The files `env` and `<function>.env`, which are removed at the end unless another sandbox has written them
/// meanwhile.
pub(super) struct EnvironmentFiles {
    shared: PathBuf,
    written: Vec<(PathBuf, String)>,
}

impl EnvironmentFiles {
    /// Writes the variables, one `KEY=VALUE` a line, for all programs and, with its queue and dead letters, for
    /// each function.
    pub(super) fn write(
        folder: &Path,
        variables: &BTreeMap<String, String>,
        functions: &[String],
        stack: &Stack,
    ) -> Result<Self> {
        let mut files = vec![(folder.join("env"), lines(variables))];
        for function in functions {
            let mut variables = variables.clone();
            if let Some((_, queue, dead_letters)) =
                QUEUES.iter().find(|(name, ..)| name == function)
            {
                for (name, output) in [
                    ("CXLOOP_QUEUE_URL", queue),
                    ("CXLOOP_DEAD_LETTERS_URL", dead_letters),
                ] {
                    variables.insert(name.to_owned(), stack.output(output)?.to_owned());
                }
            }
            if function == "survey-trigger" {
                for (name, output) in SCHEDULING {
                    variables.insert(name.to_owned(), stack.output(output)?.to_owned());
                }
            }
            files.push((folder.join(format!("{function}.env")), lines(&variables)));
        }
        Self::store(folder, files)
    }

    fn store(folder: &Path, files: Vec<(PathBuf, String)>) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let all = files.iter().flat_map(|(_, text)| text.lines());
        let mut values = all.filter_map(|line| line.split_once('='));
        if let Some((name, _)) = values.find(|(_, value)| !stands_bare(value)) {
            bail!("{name} cannot stand in an environment file without quotes");
        }
        for (file, text) in &files {
            fs::write(file, text)
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(Self {
            shared: folder.join("env"),
            written: files,
        })
    }

    /// The file for all programs.
    pub(super) fn shared(&self) -> &Path {
        &self.shared
    }
}

impl Drop for EnvironmentFiles {
    fn drop(&mut self) {
        for (file, text) in &self.written {
            if fs::read_to_string(file).is_ok_and(|now| now == *text) {
                // What cannot be removed misleads nobody for long: the addresses in it do not answer.
                let _ = fs::remove_file(file);
            }
        }
    }
}

/// One `KEY=VALUE` a line, without quotes: the values that a sandbox has need none (see [`stands_bare`]).
fn lines(variables: &BTreeMap<String, String>) -> String {
    variables
        .iter()
        .fold(String::new(), |mut text, (name, value)| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{name}={value}");
            text
        })
}

/// Whether every reader of environment files takes a value as it is: shells, and cargo-lambda, whose reader refuses a
/// bare value with `=` or a blank.
fn stands_bare(value: &str) -> bool {
    !value.contains(|c: char| c.is_whitespace() || "=#\"'`$\\".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sandbox_writes_needs_no_quotes() {
        assert!(stands_bare(WEBHOOK_SECRET), "{WEBHOOK_SECRET}");
        for refused in ["a=", "a b", "a#b", "\"a\"", "'a'"] {
            assert!(!stands_bare(refused), "{refused}");
        }
    }

    #[test]
    fn the_files_go_with_the_sandbox_but_not_those_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let variables = BTreeMap::from([("CXLOOP_TABLE".to_owned(), "cases".to_owned())]);
        let files = ["env", "sweep.env"].map(|name| (folder.path().join(name), lines(&variables)));
        let written = EnvironmentFiles::store(folder.path(), files.to_vec()).unwrap();
        assert_eq!(
            fs::read_to_string(written.shared()).unwrap(),
            "CXLOOP_TABLE=cases\n"
        );
        fs::write(folder.path().join("sweep.env"), "CXLOOP_TABLE=other\n").unwrap();
        drop(written);
        assert!(!folder.path().join("env").exists());
        assert!(folder.path().join("sweep.env").exists());
    }

    #[test]
    fn a_value_that_a_reader_of_the_files_would_stumble_over_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let variables = BTreeMap::from([("CXLOOP_LOG".to_owned(), "cxloop=debug".to_owned())]);
        let files = vec![(folder.path().join("env"), lines(&variables))];
        let refused = EnvironmentFiles::store(folder.path(), files).err().unwrap();
        assert!(refused.to_string().starts_with("CXLOOP_LOG "), "{refused}");
        assert!(!folder.path().join("env").exists());
    }
}

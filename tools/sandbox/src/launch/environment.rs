//! The environment for programs that work beside the sandbox, such as a function under `cargo lambda watch`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::secrets::WEBHOOK_SECRET;
use crate::emulator::{Emulator, Stack};
use crate::front::Addresses;

/// The functions that queues feed, and the outputs with those queues.
const QUEUES: [(&str, &str); 3] = [
    ("response-intake", "IntakeQueueUrl"),
    ("response-to-case", "CaseQueueUrl"),
    ("case-reopen", "ReopenQueueUrl"),
];

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
    /// Writes the variables, one `KEY=VALUE` a line, for all programs and, with its queue, for each function.
    pub(super) fn write(
        folder: &Path,
        variables: &BTreeMap<String, String>,
        functions: &[String],
        stack: &Stack,
    ) -> Result<Self> {
        let mut files = vec![(folder.join("env"), lines(variables))];
        for function in functions {
            let mut variables = variables.clone();
            if let Some((_, output)) = QUEUES.iter().find(|(name, _)| name == function) {
                let url = stack.output(output)?.to_owned();
                variables.insert("CXLOOP_QUEUE_URL".to_owned(), url);
            }
            files.push((folder.join(format!("{function}.env")), lines(&variables)));
        }
        Self::store(folder, files)
    }

    fn store(folder: &Path, files: Vec<(PathBuf, String)>) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
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

fn lines(variables: &BTreeMap<String, String>) -> String {
    variables
        .iter()
        .fold(String::new(), |mut text, (name, value)| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{name}={value}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

//! Deploys a template to the emulator with the AWS SAM CLI, as it is deployed to AWS.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::process::{Emulator, REGION, bare_environment};
use super::stack::Stack;
use super::tools::absolute;

/// A template and what it is deployed with.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The template; the code that it names is looked for beside it.
    pub template: PathBuf,
    /// Name of the stack.
    pub stack: String,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// The value of the template's parameter `Architecture` for functions that were built for this machine.
    pub fn host_architecture() -> &'static str {
        match ARCH {
            "aarch64" => "arm64",
            other => other,
        }
    }
}

impl Emulator {
    /// Deploys a template, or what changed of it, and reads the outputs of its stack. `progress` is told what is being
    /// uploaded and what has been made, one line each.
    ///
    /// # Errors
    /// When the SAM CLI is not installed or refuses; the last lines of what it said are part of the message.
    pub async fn deploy(
        &self,
        deployment: &Deployment,
        mut progress: impl FnMut(&str),
    ) -> Result<Stack> {
        let template = absolute(&deployment.template)?;
        let mut sam = self.sam()?;
        sam.arg("deploy")
            .arg("--template-file")
            .arg(&template)
            .args(["--stack-name", &deployment.stack, "--region", REGION])
            .args([
                "--resolve-s3",
                "--capabilities",
                "CAPABILITY_IAM",
                "--no-progressbar",
            ])
            .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset"]);
        if !deployment.parameters.is_empty() {
            sam.arg("--parameter-overrides");
            sam.args(
                deployment
                    .parameters
                    .iter()
                    .map(|(name, value)| format!("{name}={value}")),
            );
        }
        let mut child = sam
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("the SAM CLI cannot be started")?;
        let mut said: Vec<String> = Vec::new();
        let mut output =
            BufReader::new(child.stdout.take().context("the SAM CLI has no output")?).lines();
        let mut errors = BufReader::new(
            child
                .stderr
                .take()
                .context("the SAM CLI has no error output")?,
        )
        .lines();
        let (mut output_open, mut errors_open) = (true, true);
        while output_open || errors_open {
            let line = tokio::select! {
                line = output.next_line(), if output_open => { let line = line?; output_open = line.is_some(); line }
                line = errors.next_line(), if errors_open => { let line = line?; errors_open = line.is_some(); line }
            };
            if let Some(line) = line {
                if let Some(news) = news(&line) {
                    progress(&news);
                }
                said.push(line);
            }
        }
        let status = child
            .wait()
            .await
            .context("the SAM CLI's end cannot be observed")?;
        if !status.success() {
            bail!(
                "{} was not deployed ({status}):\n{}",
                template.display(),
                said[said.len().saturating_sub(40)..].join("\n")
            );
        }
        self.stack(&deployment.stack).await
    }

    /// The stack of this name, with its outputs as they are now.
    ///
    /// # Errors
    /// When there is no such stack.
    pub async fn stack(&self, name: &str) -> Result<Stack> {
        let listed = self
            .sam()?
            .args([
                "list",
                "stack-outputs",
                "--stack-name",
                name,
                "--region",
                REGION,
                "--output",
                "json",
            ])
            .output()
            .await
            .context("the SAM CLI cannot be started")?;
        if !listed.status.success() {
            bail!(
                "the outputs of {name} cannot be read: {}",
                String::from_utf8_lossy(&listed.stderr)
            );
        }
        let listed: Value = serde_json::from_slice(&listed.stdout)
            .context("the SAM CLI's list of outputs is no JSON")?;
        let outputs = listed
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|output| {
                Some((
                    output["OutputKey"].as_str()?.to_owned(),
                    output["OutputValue"].as_str()?.to_owned(),
                ))
            });
        Ok(Stack::new(name, outputs.collect(), self))
    }

    fn sam(&self) -> Result<Command> {
        let state_dir = &self.options.state_dir;
        let mut sam = Command::new(self.options.tools.sam()?);
        // The home folder is the state's, so that neither the person's AWS profile is read nor theirs written to.
        sam.env_clear()
            .envs(bare_environment(state_dir))
            .envs(self.environment())
            .envs([
                ("SAM_CLI_TELEMETRY", "0"),
                ("COLUMNS", "200"),
                ("PYTHONUNBUFFERED", "1"),
            ])
            .current_dir(state_dir)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(sam)
    }
}

/// What a line of the SAM CLI's tables tells a person who waits, if anything.
fn news(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    match words.next()? {
        state @ ("CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE") => {
            let (kind, name) = (words.next()?, words.next()?);
            let done = state.split('_').next()?.to_lowercase();
            Some(format!("{done}d {kind} {name}"))
        }
        state if state.ends_with("_FAILED") => Some(line.trim().to_owned()),
        "Uploading" => Some(line.trim().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::news;

    #[test]
    fn a_line_about_a_finished_resource_is_news() {
        let line = "CREATE_COMPLETE      AWS::SQS::Queue       CaseQueue      -";
        assert_eq!(
            news(line).as_deref(),
            Some("created AWS::SQS::Queue CaseQueue")
        );
    }

    #[test]
    fn a_failure_is_told_in_full() {
        let line =
            "CREATE_FAILED  AWS::SQS::Queue  CaseQueue  Value 2 for VisibilityTimeout is too small";
        assert_eq!(news(line).as_deref(), Some(line));
    }

    #[test]
    fn table_borders_and_headings_are_no_news() {
        for line in [
            "",
            "-----",
            "ResourceStatus   ResourceType",
            "CREATE_IN_PROGRESS  AWS::SQS::Queue  CaseQueue",
        ] {
            assert_eq!(news(line), None, "{line}");
        }
    }
}

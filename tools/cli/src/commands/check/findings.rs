//! What a check found, and how it is told.

use cxloop_domain::configuration::Mistake;
use cxloop_ports::Failure;
use serde_json::{Value, json};

use crate::Report;
use crate::report::count;

/// What was found in a file.
pub(crate) struct Findings {
    /// The file, as it was named.
    pub(crate) file: String,
    /// The start page of the sandbox that it was checked for, if it was for one.
    pub(crate) sandbox: Option<String>,
    /// Its mistakes.
    pub(crate) mistakes: Vec<Mistake>,
    /// What works but should not stay so.
    pub(crate) warnings: Vec<String>,
    /// What was looked for in a connected system and is there.
    pub(crate) verified: Vec<String>,
    /// What could not be looked for, and why. Not a mistake.
    pub(crate) not_verified: Vec<String>,
}

impl Findings {
    pub(crate) fn of(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            sandbox: None,
            mistakes: Vec::new(),
            warnings: Vec::new(),
            verified: Vec::new(),
            not_verified: Vec::new(),
        }
    }

    /// Notes that something was looked for in a connected system. It is there when no mistake was found since there were
    /// `before` of them.
    pub(crate) fn looked(
        &mut self,
        connection: &str,
        what: &str,
        before: usize,
        looked: Result<(), Failure>,
    ) {
        match looked {
            Ok(()) if self.mistakes.len() == before => {
                self.verified.push(format!("{connection}: {what}"));
            }
            Ok(()) => {}
            Err(failure) => {
                let why = failure.message;
                self.not_verified
                    .push(format!("{connection}: {what}: {why}"));
            }
        }
    }

    /// The mistakes as `file:line:column: path: problem`, then the warnings, then what was not verified.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mistakes = self
            .mistakes
            .iter()
            .map(|mistake| format!("{}:{mistake}", self.file));
        let warnings = self
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}"));
        let notes = self
            .not_verified
            .iter()
            .map(|note| format!("not verified: {note}"));
        let sandbox = self
            .sandbox
            .iter()
            .map(|address| format!("for the sandbox on {address}"));
        mistakes
            .chain(warnings)
            .chain(notes)
            .chain(sandbox)
            .collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        let mistakes: Vec<Value> = self
            .mistakes
            .iter()
            .map(|m| json!({ "line": m.line, "column": m.column, "path": m.path, "problem": m.problem }))
            .collect();
        json!({
            "file": self.file,
            "sandbox": self.sandbox,
            "fine": self.mistakes.is_empty(),
            "mistakes": mistakes,
            "warnings": self.warnings,
            "verified": self.verified,
            "not_verified": self.not_verified,
        })
    }

    /// The report; `summary` says what a file without mistakes holds.
    pub(crate) fn report(&self, summary: &str) -> Report {
        let mut lines = self.lines();
        lines.extend(self.verified.iter().map(|what| format!("verified: {what}")));
        lines.push(if self.mistakes.is_empty() {
            format!("{}: no mistakes ({summary})", self.file)
        } else {
            format!("{}: {}", self.file, count(self.mistakes.len(), "mistake"))
        });
        Report {
            text: lines.join("\n"),
            json: self.to_json(),
            fine: self.mistakes.is_empty(),
            unreachable: false,
        }
    }
}

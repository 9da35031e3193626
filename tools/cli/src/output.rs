//! The one place that prints.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::{Error, Report};

/// Prints as text or as JSON.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints what a command has to say.
    pub(crate) fn report(&self, report: &Report) -> ExitCode {
        if self.json {
            print(&pretty(&report.json));
        } else if !report.text.is_empty() {
            print(&report.text);
        }
        if report.unreachable {
            ExitCode::from(2)
        } else if report.fine {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        }
    }

    /// Prints why a command could not do its work.
    pub(crate) fn failure(&self, error: &Error) -> ExitCode {
        if self.json {
            print(&pretty(
                &json!({ "error": error.to_string(), "mend": error.mend() }),
            ));
        } else {
            let mend = error
                .mend()
                .map(|mend| format!("\n  {mend}"))
                .unwrap_or_default();
            print_error(&format!("error: {error}{mend}"));
        }
        ExitCode::from(error.exit_code())
    }
}

/// Prints what is wrong with the arguments, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when even this cannot be written.
    let _written = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Prints a line while a command that runs for long is at work.
pub(crate) fn progress(line: &str) {
    print(line);
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value is text")
}

fn print(text: &str) {
    use std::io::Write;
    // A reader that has seen enough closes the pipe; that is no failure of ours.
    let _written = writeln!(std::io::stdout().lock(), "{text}");
}

fn print_error(text: &str) {
    use std::io::Write;
    let _written = writeln!(std::io::stderr().lock(), "{text}");
}

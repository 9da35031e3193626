//! The `bench` program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use cxloop_bench::{Arguments, measure};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let tell = |what: &str| {
        // Nobody reads: nothing is lost.
        let _ = writeln!(std::io::stderr(), "{what}");
    };
    let (report, failed) = match measure(&arguments, &tell).await {
        Ok(measured) => measured,
        Err(error) => {
            tell(&format!("bench: {error}"));
            return ExitCode::from(2);
        }
    };
    let text = if arguments.json {
        serde_json::to_string_pretty(&report).expect("a report is plain data") + "\n"
    } else {
        report.text()
    };
    if std::io::stdout().write_all(text.as_bytes()).is_err() {
        return ExitCode::from(2);
    }
    if let Some(error) = failed {
        tell(&format!("bench: {error}"));
        return ExitCode::from(2);
    }
    if arguments.check && report.misses() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

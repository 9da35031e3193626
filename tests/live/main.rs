//! The contract suites against real environments, and what `docs/unverified.md` only assumes looked
//! up there.
//!
//! `make live` runs it with `--real` and takes addresses and secrets from the environment. Without
//! the flag, as `cargo test` runs it, it proves itself against the stand-ins, so that it does not rot.
//!
//! Exit codes with `--real`: 0 every promise kept (differences from what was assumed are told and no
//! failure), 1 a promise broken or something left behind, 2 settings missing.
#![expect(
    clippy::unwrap_used,
    reason = "the proof says what it expects by panicking"
)]

mod dynamics;
mod probes;
mod proof;
mod report;
mod settings;
mod wxm;

use std::process::ExitCode;

use cxloop_sandbox::stand_in::wall_clock;

use report::Report;
use settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if !std::env::args().any(|argument| argument == "--real") {
        Box::pin(proof::prove()).await;
        return ExitCode::SUCCESS;
    }
    let mut report = Report::to_people();
    let settings = match Settings::read(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(missing) => {
            report.say(&missing);
            return ExitCode::from(2);
        }
    };
    let run = format!("live-{}", wall_clock()().as_second());
    Box::pin(against(&settings, &run, &mut report)).await;
    report.close();
    ExitCode::from(u8::from(report.failed()))
}

/// Everything that is set, one system after the other.
async fn against(settings: &Settings, run: &str, report: &mut Report) {
    // A broken promise is a panic of its suite; the report tells it in a line of its own.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(dynamics) = &settings.dynamics {
        Box::pin(dynamics::run(dynamics, run, report)).await;
    }
    if let Some(wxm) = &settings.wxm {
        Box::pin(wxm::run(wxm, report)).await;
    }
    std::panic::set_hook(loud);
}

//! The `cxloop` command line.
//!
//! Each command returns a [`Report`] and prints nothing itself; [`run`] prints it, as text or as JSON, and turns it
//! into an exit code: 0 when all is fine, 1 when mistakes were found or something was refused, 2 when the command was
//! used wrongly or something could not be reached.

mod arguments;
mod aws;
mod commands;
mod environment;
mod error;
mod output;
mod queues;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Cli, Command};
pub use error::Error;
use output::Output;
pub use report::Report;

/// Runs the command that the arguments name, program name first, and prints what came of it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    log_to_stderr();
    let output = Output::new(cli.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output.failure(&Error::unusable(
                "The program cannot start its threads.",
                error,
            ));
        }
    };
    match runtime.block_on(carry_out(cli)) {
        Ok(report) => output.report(&report),
        Err(error) => output.failure(&error),
    }
}

async fn carry_out(cli: Cli) -> Result<Report, Error> {
    match cli.command {
        Command::Check(arguments) => commands::check::run(&arguments).await,
        Command::Apply(arguments) => commands::apply::run(&arguments).await,
        Command::Setup(arguments) => Box::pin(commands::setup::run(&arguments, cli.json)).await,
        Command::Doctor(arguments) => Box::pin(commands::doctor::run(&arguments)).await,
        Command::Send(arguments) => commands::send::run(&arguments).await,
        Command::Replay(arguments) => commands::replay::run(&arguments).await,
        Command::Schema => Ok(commands::schema::run()),
        Command::Sandbox(arguments) => commands::sandbox::run(&arguments).await,
    }
}

/// Warnings of the libraries go beside the output, never into it. `CXLOOP_LOG` chooses another level.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CXLOOP_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error,cxloop_sandbox=info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time();
    // A second call in one process keeps the first subscriber, which is as good.
    let _kept = subscriber.with_target(false).try_init();
}

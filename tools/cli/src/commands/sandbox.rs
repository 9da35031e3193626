//! `cxloop sandbox`: everything on this machine, until Ctrl-C.

use std::sync::Arc;

use cxloop_sandbox::launch::{self, Options};
use serde_json::Value;

use crate::arguments::SandboxArgs;
use crate::{Error, Report, output};

/// Starts the sandbox and keeps it until it is asked to end; what it does is told line by line meanwhile.
pub(crate) async fn run(arguments: &SandboxArgs) -> Result<Report, Error> {
    let found = Options::find().map_err(|error| cannot(&format!("{error:#}")))?;
    let options = Options {
        port: arguments.port,
        empty: arguments.empty,
        keep: arguments.keep,
        tell: Arc::new(output::progress),
        ..found
    };
    launch::run(options)
        .await
        .map_err(|error| cannot(&format!("{error:#}")))?;
    Ok(Report::fine("", Value::Null))
}

fn cannot(why: &str) -> Error {
    Error::Unusable {
        what: format!("The sandbox cannot run: {why}"),
        mend: None,
    }
}

//! `cxloop send`: an event file on its way to where such events come from.

mod event;
mod queue;
mod webhook;

use std::path::Path;

use crate::arguments::SendArgs;
use crate::environment::Environment;
use crate::{Error, Report};

use event::Sendable;

pub(crate) async fn run(arguments: &SendArgs) -> Result<Report, Error> {
    let file = &arguments.file;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::unusable(&format!("{} cannot be read.", file.display()), error))?;
    match event::read(&text, &file.display().to_string())? {
        Sendable::Webhook(envelope) => {
            webhook::send(arguments, *envelope, &surroundings(arguments)?).await
        }
        Sendable::Messages(bodies) => {
            if arguments.envelope || arguments.connection.is_some() {
                let what = format!(
                    "{} holds queue messages: --envelope and --connection are for webhooks.",
                    file.display()
                );
                return Err(Error::Unusable { what, mend: None });
            }
            queue::send(arguments, &bodies).await
        }
    }
}

/// The sandbox that is asked for, or the one that runs here when no other place is named, else the process's own.
fn surroundings(arguments: &SendArgs) -> Result<Environment, Error> {
    if arguments.sandbox.port.is_some() || arguments.to.is_some() {
        return Environment::chosen(&arguments.sandbox);
    }
    Ok(Environment::noted_sandbox().unwrap_or(Environment::Process))
}

/// The function that a file belongs to: the name of its folder.
fn function_of(file: &Path) -> Option<&str> {
    file.parent()?.file_name()?.to_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_function_that_its_folder_is_named_after() {
        assert_eq!(
            function_of(Path::new("events/case-reopen/about-case.json")),
            Some("case-reopen")
        );
        assert_eq!(function_of(Path::new("about-case.json")), None);
    }
}

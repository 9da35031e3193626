//! The sandbox's `cxloop.yaml`: read for the ports in use, and applied.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use cxloop_domain::configuration::{self, Configuration};
use cxloop_ports::{Clock, Configurations};
use cxloop_store::Store;
use jiff::Timestamp;

use super::options::DEFAULT_PORT;
use super::ports::Ports;
use crate::emulator::{Emulator, Stack};
use crate::stand_in::{Now, wall_clock};

/// Reads the file, with its addresses moved from the default ports to those in use.
///
/// # Errors
/// Every mistake in the file with its line and column.
pub(super) fn read(file: &Path, ports: Ports) -> Result<Configuration> {
    let text =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = moved(&text, Ports::from(DEFAULT_PORT)?, ports);
    configuration::read(&text).map_err(|mistakes| {
        let lines: Vec<String> = mistakes
            .iter()
            .map(|mistake| format!("{}:{mistake}", file.display()))
            .collect();
        anyhow!("{}", lines.join("\n"))
    })
}

fn moved(text: &str, from: Ports, to: Ports) -> String {
    let addresses = [
        (from.dynamics_url(), to.dynamics_url()),
        (from.survey_url(), to.survey_url()),
    ];
    // In two rounds, because one's new address may be the other's old one.
    let marked = addresses
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (at, (from, _))| {
            text.replace(from, &format!("\u{0}{at}"))
        });
    addresses
        .iter()
        .enumerate()
        .fold(marked, |text, (at, (_, to))| {
            text.replace(&format!("\u{0}{at}"), to)
        })
}

/// Stores the configuration in the stack's table.
///
/// # Errors
/// When the table refuses it.
pub(super) async fn apply(
    configuration: &Configuration,
    stack: &Stack,
    emulator: &Emulator,
) -> Result<()> {
    let environment = emulator.environment();
    let variable = |name: &str| {
        let found = environment.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.clone())
    };
    let (Some(region), Some(key), Some(secret)) = (
        variable("AWS_REGION"),
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    ) else {
        bail!("the emulator names no region or key");
    };
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(emulator.endpoint())
        .credentials_provider(Credentials::new(key, secret, None, None, "sandbox"))
        .build();
    let clock = Arc::new(StandInClock(wall_clock()));
    let store = Store::new(Client::from_conf(config), stack.output("TableName")?, clock);
    let applied = store.apply(configuration).await;
    applied.map_err(|failure| {
        anyhow!(
            "the configuration cannot be stored: {} ({})",
            failure.message,
            failure.detail
        )
    })?;
    Ok(())
}

/// The sandbox's clock as the store takes it.
struct StandInClock(Now);

impl Clock for StandInClock {
    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

#[cfg(test)]
mod tests {
    use cxloop_domain::configuration::Connection;

    use super::*;

    fn file() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("cxloop.yaml")
    }

    #[test]
    fn the_sandbox_configuration_has_no_mistakes_on_any_port() {
        for port in [DEFAULT_PORT, DEFAULT_PORT + 1, 9000] {
            let ports = Ports::from(port).unwrap();
            let configuration = read(&file(), ports).unwrap();
            let (_, dynamics) = configuration.dynamics().unwrap();
            assert_eq!(dynamics.url, ports.dynamics_url());
            let token_url = format!("{}/sandbox/oauth2/v2.0/token", ports.dynamics_url());
            assert_eq!(dynamics.token_url.as_deref(), Some(token_url.as_str()));
            let survey =
                configuration
                    .connections
                    .values()
                    .find_map(|connection| match connection {
                        Connection::Wxm(wxm) => Some(wxm.url.as_str()),
                        _ => None,
                    });
            assert_eq!(survey, Some(ports.survey_url().as_str()));
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_file_line_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cxloop.yaml");
        fs::write(&file, "connections: {}\ncase_rulez: []\n").unwrap();
        let told = read(&file, Ports::from(DEFAULT_PORT).unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            told.starts_with(&format!("{}:2:1: ", file.display())),
            "{told}"
        );
    }
}

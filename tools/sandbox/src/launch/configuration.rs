//! The sandbox's `cxloop.yaml`: read for the ports in use, and applied.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use cxloop_domain::configuration::{self, Configuration, Connection};
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
    let configuration = configuration::read(&text).map_err(|mistakes| {
        let lines: Vec<String> = mistakes
            .iter()
            .map(|mistake| format!("{}:{mistake}", file.display()))
            .collect();
        anyhow!("{}", lines.join("\n"))
    })?;
    Ok(moved(
        configuration,
        &ports.dynamics_url(),
        &ports.survey_url(),
    ))
}

/// A configuration written for a sandbox on the default ports, with the addresses of the stand-ins moved to those of
/// another; all other addresses stay as they are.
pub fn moved(
    mut configuration: Configuration,
    dynamics_url: &str,
    survey_url: &str,
) -> Configuration {
    let written = Ports::from(DEFAULT_PORT).expect("the default port leaves room for the others");
    let stand_ins = [
        (written.dynamics_url(), dynamics_url.trim_end_matches('/')),
        (written.survey_url(), survey_url.trim_end_matches('/')),
    ];
    let shift = |address: &mut String| {
        let moved = stand_ins.iter().find_map(|(from, to)| {
            let rest = address.strip_prefix(from.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
        });
        if let Some(moved) = moved {
            *address = moved;
        }
    };
    for connection in configuration.connections.values_mut() {
        match connection {
            Connection::Wxm(wxm) => shift(&mut wxm.url),
            Connection::Dynamics(dynamics) => {
                shift(&mut dynamics.url);
                if let Some(token_url) = &mut dynamics.token_url {
                    shift(token_url);
                }
            }
            Connection::Standard(_) => {}
        }
    }
    configuration
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

/// The sandbox's clock as the store and the connectors take it.
pub(super) struct StandInClock(pub(super) Now);

impl Clock for StandInClock {
    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

#[cfg(test)]
mod tests {
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
    fn only_the_addresses_of_the_default_stand_ins_are_moved() {
        let text = "connections:\n  a: { kind: wxm, url: \"http://127.0.0.1:86880\", secret: a }\n  b: { kind: wxm, url: \"http://127.0.0.1:8688/\", secret: b }\n";
        let moved = moved(
            configuration::read(text).unwrap(),
            "http://x:1",
            "http://x:2/",
        );
        let urls: Vec<_> = moved
            .connections
            .values()
            .filter_map(|connection| match connection {
                Connection::Wxm(wxm) => Some(wxm.url.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(urls, ["http://127.0.0.1:86880", "http://x:2/"]);
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

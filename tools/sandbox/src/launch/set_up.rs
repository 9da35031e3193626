//! The stand-in of Dynamics, set up as `cxloop setup dynamics` sets up an organisation: what an agent does there is told by
//! webhook at once. What is wanted and what is to be done are decided and carried out by the same code.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use cxloop_domain::configuration::Configuration;
use cxloop_domain::setup::address;
use cxloop_domain::setup::dynamics::{EndpointWanted, Wanted, plan, steps};
use cxloop_domain::setup::secret::{OF_DYNAMICS, fingerprint};
use cxloop_dynamics::setup::Organisation;
use cxloop_ports::{Failure, Secrets};
use secrecy::ExposeSecret;

use super::configuration::StandInClock;
use super::secrets::SandboxSecrets;
use crate::stand_in::wall_clock;

/// Registers columns, keys, endpoint and steps, unless they are there from the last time, and returns how many steps tell
/// of changes. `root` is where Dynamics reaches us.
///
/// # Errors
/// When the configuration has no connection of kind `dynamics`, something of another form is in the way, or a request is
/// refused.
pub async fn dynamics(configuration: &Configuration, root: &str) -> Result<usize> {
    let Some((name, connection)) = configuration.dynamics() else {
        bail!("the configuration has no connection of kind dynamics");
    };
    let secrets = SandboxSecrets::new();
    let clock = Arc::new(StandInClock(wall_clock()));
    let connecting = Organisation::connect(name, connection, &secrets, clock);
    let organisation = connecting.await.map_err(told)?;
    let secret = secrets.field(&connection.secret, OF_DYNAMICS.current).await;
    let secret = secret.map_err(told)?;
    let print = fingerprint(secret.expose_secret());
    let wanted = Wanted {
        endpoint: EndpointWanted::of(name, &address::webhook(root, name), Some(print))
            .in_header(&connection.webhook_header),
        steps: steps(configuration),
    };
    let tables: BTreeSet<&str> = wanted.steps.iter().map(|it| it.table.as_str()).collect();
    let found = organisation.look(&wanted.endpoint, &tables).await;
    let found = found.map_err(told)?;
    let due = plan(&wanted, &found);
    if let Some(conflict) = due.conflicts().next() {
        bail!("something is in the way: {}", conflict.told());
    }
    for action in due.actions() {
        let done = organisation.carry_out(action, found.language, Some(&secret));
        done.await.map_err(told)?;
    }
    let there = organisation.look(&wanted.endpoint, &tables).await;
    Ok(there.map_err(told)?.steps.len())
}

fn told(failure: Failure) -> anyhow::Error {
    anyhow!("{} ({})", failure.message, failure.detail)
}

#[cfg(test)]
mod tests {
    use cxloop_domain::configuration::read;
    use reqwest::Client;
    use serde_json::Value;
    use tokio::net::TcpListener;

    use super::*;
    use crate::dataverse::{Dataverse, Model};
    use crate::stand_in::{Calls, Faults, Wire, serve_on};

    const ROOT: &str = "http://127.0.0.1:8686";

    async fn served(dataverse: &Dataverse) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let wire = Wire::new("dynamics", Faults::new(), Calls::new(), wall_clock());
        tokio::spawn(serve_on(listener, dataverse.router(), wire));
        url
    }

    fn configured(url: &str, secret: &str) -> Configuration {
        let text = format!(
            "connections:\n  dynamics: {{ kind: dynamics, url: \"{url}\", token_url: \"{url}/sandbox/oauth2/v2.0/token\", secret: {secret} }}\n"
        );
        read(&text).unwrap()
    }

    async fn rows(url: &str, path: &str) -> Vec<Value> {
        let asked = Client::new().get(format!("{url}/api/data/v9.2/{path}"));
        let answer = asked.bearer_auth("sandbox").send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["value"].as_array().unwrap().clone()
    }

    #[tokio::test]
    async fn a_kept_organisation_is_set_up_once_and_follows_the_port() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamics.jsonl");
        let start = || {
            let model = Model::customer_service().unwrap();
            let dataverse = Dataverse::new(model, wall_clock()).with_company();
            let dataverse = dataverse.kept_in(&file).unwrap();
            dataverse.allow_loopback_webhooks();
            dataverse
        };
        let first = start();
        let configuration = configured(&served(&first).await, "cxloop/dynamics");
        let registered = dynamics(&configuration, ROOT).await.unwrap();
        assert!(registered > 10, "{registered} steps");
        let writes = first.writes().len();
        assert_eq!(dynamics(&configuration, ROOT).await.unwrap(), registered);
        assert_eq!(first.writes().len(), writes, "nothing is left to do");

        let second = start();
        let url = served(&second).await;
        let moved = "http://127.0.0.1:9686";
        let again = dynamics(&configured(&url, "cxloop/dynamics"), moved).await;
        assert_eq!(again.unwrap(), registered);
        let endpoints = rows(&url, "serviceendpoints?$select=url").await;
        assert_eq!(endpoints.len(), 1, "{endpoints:?}");
        assert_eq!(endpoints[0]["url"], format!("{moved}/webhooks/dynamics"));
    }

    #[tokio::test]
    async fn what_the_sandbox_has_no_secret_for_is_told_and_registers_nothing() {
        let model = Model::customer_service().unwrap();
        let dataverse = Dataverse::new(model, wall_clock());
        let configuration = configured(&served(&dataverse).await, "outro/segredo");
        let writes = dataverse.writes().len();
        let refused = dynamics(&configuration, ROOT).await.unwrap_err();
        assert!(refused.to_string().contains("outro/segredo"), "{refused}");
        assert_eq!(dataverse.writes().len(), writes);
    }
}

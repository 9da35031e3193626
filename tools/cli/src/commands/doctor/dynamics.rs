//! Whether Dynamics lets us work, and tells us of changes.

use std::collections::BTreeSet;

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::doctor::{Health, privileges};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::dynamics::{EndpointWanted, Found, KeyState, Wanted, keys, plan, steps};
use cxloop_domain::setup::secret::{OF_DYNAMICS, fingerprint};
use cxloop_domain::setup::{Line, Mark, address};
use cxloop_dynamics::setup::Organisation;
use cxloop_ports::Failure;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::Patient;
use super::findings::Findings;
use super::reach;
use crate::aws::clock;

const SETUP: &str = "cxloop setup dynamics";
/// How far back failed system jobs are looked for.
const JOBS_SINCE: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn examine(
    patient: &Patient<'_>,
    name: &ConnectionName,
    connection: &DynamicsConnection,
) -> Findings {
    let mut findings = Findings::default();
    let url = format!("{}/", connection.url.trim_end_matches('/'));
    let mend = format!("mend url of the connection {name} in cxloop.yaml, then cxloop apply");
    if !reach::address(patient, name.as_str(), &url, &mend, &mut findings).await {
        return findings;
    }
    let check = |what: &str| format!("{name} {what}");
    let connected =
        Organisation::connect(name, connection, patient.secrets.as_ref(), clock()).await;
    let signed_in = match &connected {
        Ok(organisation) => organisation.who_am_i().await,
        Err(failure) => Err(failure.clone()),
    };
    let (Ok(organisation), Ok((user, id))) = (&connected, &signed_in) else {
        let failure = signed_in
            .err()
            .unwrap_or_else(|| Failure::mend("It cannot be connected.", ""));
        let mend = format!(
            "mend tenant, client_id and client_secret in {}, and look whether the application user is there and enabled",
            connection.secret
        );
        findings.trouble(&check("token"), &failure, &mend);
        return findings;
    };
    findings.ok(&check("token"), format!("signed in to organisation {id}"));
    let (of_user, of_setup) = tokio::join!(
        application_user(patient, organisation, *user, name),
        set_up(patient, organisation, name, connection),
    );
    findings.extend(of_user);
    findings.extend(of_setup);
    findings
}

/// Whether the application user is enabled and may do what it must. Its privileges are asked for by name in one request;
/// to try each of them out would write rows.
async fn application_user(
    patient: &Patient<'_>,
    organisation: &Organisation,
    user: Uuid,
    name: &ConnectionName,
) -> Findings {
    let mut findings = Findings::default();
    let check = format!("{name} application user");
    let enable = "enable it in the Power Platform admin center";
    match organisation.user(user).await {
        Ok(row) if row.disabled => {
            findings.failed(&check, format!("{} is disabled", row.name), enable)
        }
        Ok(row) => findings.ok(&check, row.name),
        Err(failure) => findings.trouble(
            &check,
            &failure,
            "give its security role the privilege prvReadUser",
        ),
    }
    let check = format!("{name} privileges");
    let grant = "add them to the security role of the application user";
    match organisation.privileges(user).await {
        Ok(Some(held)) => {
            let needed = privileges(&patient.configured.configuration);
            let lacking: Vec<&str> = needed
                .iter()
                .filter(|needed| !held.contains(&needed.to_lowercase()))
                .copied()
                .collect();
            if lacking.is_empty() {
                findings.ok(&check, format!("all {} are there", needed.len()));
            } else {
                findings.failed(&check, format!("lacking: {}", lacking.join(", ")), grant);
            }
        }
        Ok(None) => findings.add(
            &check,
            Health::Warning,
            "Dynamics does not name them",
            Some("see docs/setup.md for the list"),
        ),
        Err(failure) => findings.trouble(&check, &failure, grant),
    }
    findings
}

async fn set_up(
    patient: &Patient<'_>,
    organisation: &Organisation,
    name: &ConnectionName,
    connection: &DynamicsConnection,
) -> Findings {
    let mut findings = Findings::default();
    let check = |what: &str| format!("{name} {what}");
    let secret = patient
        .secrets
        .field(&connection.secret, OF_DYNAMICS.current)
        .await
        .ok();
    // While it is changed, the one before may stand behind the current one.
    let current = |secret: &SecretString| {
        let first = secret.expose_secret().split_whitespace().next();
        first.map(fingerprint)
    };
    let fingerprint = secret.as_ref().and_then(current);
    let url = patient
        .api
        .as_deref()
        .map(|root| address::webhook(root, name));
    let mut wanted = Wanted {
        endpoint: EndpointWanted::of(name, url.as_deref().unwrap_or_default(), fingerprint)
            .in_header(&connection.webhook_header),
        steps: steps(&patient.configured.configuration),
    };
    let tables: BTreeSet<&str> = wanted
        .steps
        .iter()
        .map(|step| step.table.as_str())
        .collect();
    let found = match organisation.look(&wanted.endpoint, &tables).await {
        Ok(found) => found,
        Err(failure) => {
            findings.trouble(
                &check("set-up"),
                &failure,
                "give the application user a role that may read definitions and steps",
            );
            return findings;
        }
    };
    if url.is_none()
        && let Some(endpoint) = &found.endpoint
    {
        // Nobody says where it should point, so that only the rest can be compared.
        wanted.endpoint.url.clone_from(&endpoint.url);
    }
    let plan = plan(&wanted, &found);
    for (what, begins) in [
        (
            "tables and columns",
            &["publisher", "solution", "table", "column"][..],
        ),
        ("alternate keys", &["key"][..]),
        ("webhook", &["webhook"][..]),
        ("steps", &["step"][..]),
    ] {
        let of_part = |line: &&Line<_>| begins.iter().any(|begin| line.what.starts_with(begin));
        let open: Vec<String> = plan.open().filter(of_part).map(Line::told).collect();
        let ours = plan.lines.iter().filter(|line| line.mark != Mark::Left);
        let number = ours.filter(of_part).count();
        match open.as_slice() {
            [] if what == "webhook" => findings.ok(
                &check(what),
                found
                    .endpoint
                    .as_ref()
                    .map_or("", |there| there.url.as_str()),
            ),
            [] => findings.ok(&check(what), format!("all {number} are there")),
            [first, rest @ ..] => findings.failed(&check(what), and_more(first, rest.len()), SETUP),
        }
    }
    key_indexes(&found, name, &mut findings);
    let steps: Vec<Uuid> = found.steps.iter().map(|step| step.id).collect();
    let since = clock().now() - JOBS_SINCE;
    match organisation.failed_jobs(&steps, since).await {
        Ok(failed) if failed.number == 0 => {
            findings.ok(&check("system jobs"), "none failed since yesterday")
        }
        Ok(failed) => {
            let newest = failed.newest.unwrap_or_default();
            let told = format!(
                "{} failed since yesterday, the newest: {newest}",
                failed.number
            );
            findings.warning(&check("system jobs"), told, "the sweep reads again what they would have told; see docs/setup.md for their causes");
        }
        Err(failure) => findings.trouble(
            &check("system jobs"),
            &failure,
            "give the application user the privilege prvReadAsyncOperation",
        ),
    }
    findings
}

fn and_more(first: &str, more: usize) -> String {
    match more {
        0 => first.to_owned(),
        more => format!("{first}, and {more} more"),
    }
}

/// Keys that are there and cannot be used yet.
fn key_indexes(found: &Found, name: &ConnectionName, findings: &mut Findings) {
    for wanted in keys() {
        let keys = found.tables.get(wanted.table).map(|table| &table.keys);
        let building = keys.is_some_and(|keys| {
            keys.values()
                .any(|key| key.columns.contains(wanted.column) && key.state == KeyState::Building)
        });
        if building {
            let told = format!(
                "the index of {} of {} is being built",
                wanted.name, wanted.table
            );
            findings.warning(
                &format!("{name} alternate keys"),
                told,
                "wait, then cxloop doctor again",
            );
        }
    }
}

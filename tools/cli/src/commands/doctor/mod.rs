//! `cxloop doctor`: everything that must work together, one line each, with the command that mends it.
//!
//! Systems are examined at once, each within a time limit.

mod account;
mod dynamics;
mod findings;
mod reach;
mod wxm;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cxloop_ports::Secrets;

use crate::arguments::DoctorArgs;
use crate::commands::check::GivenSecrets;
use crate::commands::configured::{Configured, of_dynamics, of_wxm};
use crate::{Error, Report};

use findings::Findings;

/// How long one system may take to be examined.
const LIMIT: Duration = Duration::from_secs(45);

/// What every examination works with.
struct Patient<'p> {
    arguments: &'p DoctorArgs,
    configured: &'p Configured,
    secrets: Arc<dyn Secrets>,
    /// The root of our API, where somebody says it.
    api: Option<String>,
    http: reqwest::Client,
}

pub(crate) async fn run(arguments: &DoctorArgs) -> Result<Report, Error> {
    let configured = Configured::read(&arguments.place).await?;
    let file = arguments.place.secrets.as_deref();
    let secrets = GivenSecrets::of(file, configured.environment.clone()).await?;
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::unusable("There is no HTTP client.", error))?;
    let patient = Patient {
        arguments,
        configured: &configured,
        secrets: Arc::new(secrets),
        api: configured.api(&arguments.place)?,
        http,
    };
    let (own, secrets, queues, crm, surveys) = tokio::join!(
        within("configuration", account::configuration(&patient)),
        within("secrets", account::secrets(&patient)),
        within("queues", account::queues(&patient)),
        within("dynamics", crm(&patient)),
        within("surveys", surveys(&patient)),
    );
    let mut all = reach::our_api(&patient).await;
    for findings in [own, secrets, queues, crm, surveys] {
        all.extend(findings);
    }
    Ok(all.report())
}

/// No examination hangs: what takes too long is told as not reached.
async fn within(system: &str, examination: impl Future<Output = Findings>) -> Findings {
    match tokio::time::timeout(LIMIT, examination).await {
        Ok(findings) => findings,
        Err(_) => {
            let mut findings = Findings::default();
            findings.unreachable(
                system,
                format!("not examined within {} s", LIMIT.as_secs()),
                None,
            );
            findings
        }
    }
}

async fn crm(patient: &Patient<'_>) -> Findings {
    let mut all = Findings::default();
    for (name, connection) in patient.configured.connections(None, of_dynamics) {
        all.extend(dynamics::examine(patient, name, connection).await);
    }
    all
}

async fn surveys(patient: &Patient<'_>) -> Findings {
    let mut all = Findings::default();
    for (name, connection) in patient.configured.connections(None, of_wxm) {
        all.extend(wxm::examine(patient, name, connection).await);
    }
    all
}

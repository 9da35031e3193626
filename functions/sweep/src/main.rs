//! The Lambda that a schedule starts every minute: wires [`sweep::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_domain::sweep::asks_for;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::{Error, trace};
use cxloop_ports::Lane;
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use jiff::SignedDuration;
use sweep::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("sweep")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let http = parts.http()?;
    let deps = Deps {
        inbox: store.clone(),
        configurations: store.clone(),
        checkpoints: store.clone(),
        loops: store.clone(),
        invitations: store.clone(),
        gates: store.clone(),
        changes: Arc::new(
            DynamicsCaseDesks::new(http.clone(), parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation())
                .guarded(store, Lane::History),
        ),
        platforms: Arc::new(
            Platforms::new(http, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation()),
        ),
        bus: parts.bus()?,
        clock: parts.clock.clone(),
        secrets: parts.secrets.clone(),
        signals: parts.signals.clone(),
        expiring_secret: parts.settings.expiring_secret.clone(),
        asks_for: SignedDuration::ZERO,
    };
    start::scheduled_function(parts.function, |ends_at| {
        let may_take = ends_at.duration_since(deps.clock.now());
        let deps = Deps {
            asks_for: asks_for(may_take),
            ..deps.clone()
        };
        async move { handle(&deps).await }
    })
    .await
}

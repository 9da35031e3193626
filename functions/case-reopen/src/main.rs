//! The Lambda behind the reopening queue: wires [`case_reopen::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use case_reopen::{Deps, handle};
use cxloop_domain::case_reopen::Thresholds;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::trace;
use cxloop_lambda_kit::{Error, PerVersion};
use cxloop_ports::Lane;
use cxloop_store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("case-reopen")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let worker = parts.queue_worker(store.clone())?;
    let deps = Deps {
        configurations: store.clone(),
        responses: store.clone(),
        plans: store.clone(),
        claims: store.clone(),
        loops: store.clone(),
        desks: Arc::new(
            DynamicsCaseDesks::new(parts.http()?, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation())
                .guarded(store, Lane::Cases),
        ),
        bus: parts.bus()?,
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
        parsed: PerVersion::default(),
    };
    let rules = start::ahead(deps.configurations.current()).await;
    rules.map(|rules| deps.parsed.of(&rules, Thresholds::parse));
    start::queue_function(worker, |event| handle(&deps, event)).await
}

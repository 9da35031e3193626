//! The Lambda behind the case queue: wires [`response_to_case::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_domain::response_to_case::CaseRules;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::trace;
use cxloop_lambda_kit::{Error, PerVersion, worker_name};
use cxloop_ports::Lane;
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use response_to_case::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("response-to-case")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let worker = parts.queue_worker(store.clone())?;
    let http = parts.http()?;
    let deps = Deps {
        configurations: store.clone(),
        responses: store.clone(),
        plans: store.clone(),
        claims: store.clone(),
        addresses: store.clone(),
        loops: store.clone(),
        gates: store.clone(),
        desks: Arc::new(
            DynamicsCaseDesks::new(http.clone(), parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation())
                .guarded(store, Lane::Cases),
        ),
        platforms: Arc::new(
            Platforms::new(http, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation()),
        ),
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
        worker: worker_name(parts.function),
        parsed: PerVersion::default(),
    };
    let rules = start::ahead(deps.configurations.current()).await;
    rules.map(|rules| deps.parsed.of(&rules, CaseRules::parse));
    start::queue_function(worker, |event| handle(&deps, event)).await
}

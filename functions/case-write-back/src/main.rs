//! The Lambda behind the write-back queue: wires [`case_write_back::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use case_write_back::{Deps, handle};
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::{Error, trace, worker_name};
use cxloop_ports::Lane;
use cxloop_store::Store;
use cxloop_surveys::Platforms;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("case-write-back")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let worker = parts.queue_worker(store.clone())?;
    let http = parts.http()?;
    let deps = Deps {
        configurations: store.clone(),
        plans: store.clone(),
        claims: store.clone(),
        loops: store.clone(),
        gates: store.clone(),
        records: Arc::new(
            DynamicsCaseDesks::new(http.clone(), parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation())
                .guarded(store, Lane::History),
        ),
        platforms: Arc::new(
            Platforms::new(http, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation()),
        ),
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
        worker: worker_name(parts.function),
    };
    start::ahead(deps.configurations.current()).await;
    start::queue_function(worker, |event| handle(&deps, event)).await
}

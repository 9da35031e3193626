//! The Lambda behind the survey queue: wires [`survey_trigger::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::{Error, trace, worker_name};
use cxloop_ports::Lane;
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use survey_trigger::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("survey-trigger")?;
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
        invitations: store.clone(),
        loops: store.clone(),
        gates: store.clone(),
        rows: Arc::new(
            DynamicsCaseDesks::new(http.clone(), parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation())
                .guarded(store, Lane::History),
        ),
        senders: Arc::new(
            Platforms::new(http, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation()),
        ),
        mail: parts.mail(),
        text_messages: parts.text_messages(),
        wake_ups: parts.wake_ups()?,
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
        worker: worker_name(parts.function),
    };
    start::ahead(deps.configurations.current()).await;
    start::queue_function(worker, |told| handle(&deps, told)).await
}

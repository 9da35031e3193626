//! The Lambda behind the intake queue: wires [`response_intake::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_lambda_kit::Error;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_lambda_kit::trace;
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use response_intake::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("response-intake")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let worker = parts.queue_worker(store.clone())?;
    let deps = Deps {
        configurations: store.clone(),
        platforms: Arc::new(
            Platforms::new(parts.http()?, parts.secrets.clone(), parts.clock.clone())
                .correlated_by(trace::correlation()),
        ),
        inbox: store.clone(),
        responses: store.clone(),
        invitations: store.clone(),
        loops: store.clone(),
        gates: store,
        bus: parts.bus()?,
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
    };
    start::ahead(deps.configurations.current()).await;
    start::queue_function(worker, |event| handle(&deps, event)).await
}

//! The Lambda behind `POST /webhooks/{connection}`: wires [`webhooks::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_lambda_kit::Error;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_store::Store;
use cxloop_surveys::Platforms;
use webhooks::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("webhooks")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let deps = Deps {
        configurations: store.clone(),
        platforms: Arc::new(Platforms::new(
            parts.http()?,
            parts.secrets.clone(),
            parts.clock.clone(),
        )),
        secrets: parts.secrets.clone(),
        inbox: store,
        bus: parts.bus()?,
        clock: parts.clock.clone(),
        signals: parts.signals.clone(),
    };
    start::ahead(deps.configurations.current()).await;
    start::http_function(parts.function, |request| handle(&deps, request)).await
}

//! The Lambda that a schedule starts every minute: wires [`sweep::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_lambda_kit::Error;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_store::Store;
use sweep::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("sweep")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let deps = Deps {
        configurations: store.clone(),
        inbox: store,
        bus: parts.bus()?,
        clock: parts.clock.clone(),
        secrets: parts.secrets.clone(),
        signals: parts.signals.clone(),
        expiring_secret: parts.settings.expiring_secret.clone(),
    };
    start::scheduled_function(parts.function, || handle(&deps)).await
}

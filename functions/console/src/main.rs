//! The Lambda behind `/loops` and `/invitations`, and their JSON below `/api`: wires [`console::handle`] to AWS.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use console::{Deps, handle};
use cxloop_lambda_kit::Error;
use cxloop_lambda_kit::start::{self, Parts};
use cxloop_store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let parts = Parts::from_environment("console")?;
    let store = Arc::new(Store::new(
        Client::new(&parts.sdk),
        &parts.settings.table,
        parts.clock.clone(),
    ));
    let deps = Deps {
        configurations: store.clone(),
        loops: store.clone(),
        invitations: store.clone(),
        inbox: store,
        bus: parts.bus()?,
        clock: parts.clock.clone(),
    };
    start::ahead(deps.configurations.current()).await;
    start::http_function(parts.function, |request| handle(&deps, request)).await
}

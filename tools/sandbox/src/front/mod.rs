//! The front of the sandbox: its start page, the switches for scripts under `/_sandbox/`, and for every other
//! path the way to the deployed API.
//!
//! It asks the stand-ins in the process and not over their ports, so that its own questions neither show in the
//! log of calls nor use up a fault.

mod after_case;
mod gateway;
mod idle;
mod in_flight;
mod inner;
mod outbox;
mod start_page;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use http::StatusCode;
use tokio::net::TcpListener;

use crate::dataverse::Dataverse;
use crate::stand_in::{Calls, Faults, control_router};
use crate::text_messages::TextMessages;
use crate::wxm::Wxm;

pub use gateway::Gateway;
pub use idle::Work;
use in_flight::InFlight;
pub use outbox::{Outbox, Sent};

/// Where everything in the sandbox is reached, each address without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The start page and the deployed API.
    pub front: String,
    /// The stand-in of Dynamics 365.
    pub dynamics: String,
    /// The stand-in of the survey platform.
    pub survey: String,
    /// The stand-in of AWS End User Messaging.
    pub text_messages: String,
    /// The AWS emulator, for all other services.
    pub emulator: String,
}

/// What the front shows and stands before.
#[derive(Clone)]
pub struct Parts {
    /// The survey platform, which hands out the tokens of post-case surveys.
    pub survey: Wxm,
    /// Dynamics, whose resolved cases are listed.
    pub dynamics: Dataverse,
    /// The faults that `/_sandbox/faults` orders.
    pub faults: Faults,
    /// The log that `/_sandbox/calls` shows.
    pub calls: Calls,
    /// Where requests to the deployed API go.
    pub gateway: Gateway,
    /// The queues that `/_sandbox/idle` waits for.
    pub work: Arc<dyn Work>,
    /// The e-mails and text messages that the emulator took.
    pub outbox: Arc<dyn Outbox>,
    /// The text messages that End User Messaging took.
    pub texts: TextMessages,
    /// The addresses to show.
    pub addresses: Addresses,
    /// The signing secret of the connection `generic`, to show.
    pub webhook_secret: String,
}

/// The front. Clones share everything.
#[derive(Clone)]
pub struct Front {
    parts: Arc<Parts>,
    in_flight: InFlight,
}

impl Front {
    /// A front with nothing in flight.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            in_flight: InFlight::default(),
        }
    }

    /// Everything that is served at the root of the sandbox's first port.
    pub fn router(&self) -> Router {
        let control = control_router(self.parts.faults.clone(), self.parts.calls.clone());
        Router::new()
            .route("/", get(start_page::show))
            .route("/outbox", get(outbox::show))
            .route("/_sandbox/idle", get(idle::wait))
            .route("/_sandbox/outbox", get(outbox::list))
            .route("/_sandbox/after-case/{case}", post(after_case::invite))
            // A mistyped switch must not reach the API, which would answer in its own words.
            .route("/_sandbox/{*rest}", any(unknown_switch))
            .fallback(gateway::pass_on)
            .with_state(self.clone())
            .merge(control)
    }
}

async fn unknown_switch() -> (StatusCode, &'static str) {
    (
        StatusCode::NOT_FOUND,
        "There is no such switch. There are /_sandbox/faults, /_sandbox/calls, /_sandbox/idle, /_sandbox/outbox and /_sandbox/after-case/{case}.\n",
    )
}

/// Serves the front on a listener until the future is dropped.
pub async fn serve_on(listener: TcpListener, front: Front) {
    if let Err(error) = axum::serve(listener, front.router()).await {
        tracing::error!(%error, "the front stopped");
    }
}

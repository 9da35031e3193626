//! Takes webhooks in: verify, keep the body, publish its id, answer 200.
//!
//! Nothing else is done here, because the sender waits. A publish that fails still answers 200: the
//! body is kept, and the sweep publishes it. Only what cannot be kept is answered with 503, the kind
//! of answer that makes senders deliver again.

mod address;

use std::sync::Arc;

use cxloop_domain::configuration::Connection;
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::webhooks::{Answer, inbox_id};
use cxloop_lambda_kit::verification::{Refusal, SignatureHeaders, Unverified, Verified, verify};
use cxloop_ports::{
    Bus, Clock, Configurations, Failure, Inbox, InboxItem, InboxState, Remedy, Secrets,
    SurveyPlatforms,
};
use lambda_http::http::{Method, header};
use lambda_http::{Body, Request, Response};

pub use address::Address;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// Which connections there are.
    pub configurations: Arc<dyn Configurations>,
    /// Reads the bodies of each platform.
    pub platforms: Arc<dyn SurveyPlatforms>,
    /// The senders' secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Keeps the bodies.
    pub inbox: Arc<dyn Inbox>,
    /// Tells of them.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Answers one HTTP request.
pub async fn handle(deps: &Deps, request: Request) -> Response<Body> {
    let answer = match *request.method() {
        // Platforms ask with GET or HEAD whether somebody is here before they send.
        Method::GET | Method::HEAD => Answer::Accepted,
        _ => take(deps, request).await,
    };
    Response::builder()
        .status(answer.status())
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::Empty)
        .expect("a status and a constant header make an answer")
}

async fn take(deps: &Deps, request: Request) -> Answer {
    let Some(address) = Address::of(request.uri().path()) else {
        return Answer::Refused;
    };
    let connection = address.connection.clone();
    match accept(deps, address, request).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::error!(%connection, remedy = ?failure.remedy, detail = failure.detail, "webhook not kept");
            Answer::TryAgain
        }
    }
}

async fn accept(deps: &Deps, address: Address, request: Request) -> Result<Answer, Failure> {
    let applied = deps.configurations.current().await?;
    let name = address.connection.clone();
    let Some(connection) = applied.configuration.connections.get(&name) else {
        tracing::warn!(connection = %name, "webhook refused: no such connection");
        return Ok(Answer::Refused);
    };
    let unverified = unverified(address, request);
    let verified = match verify(
        unverified,
        connection,
        deps.secrets.as_ref(),
        deps.clock.now(),
    )
    .await
    {
        Ok(verified) => verified,
        Err(Refusal::Unauthorized(reason)) => {
            tracing::warn!(connection = %name, reason, "webhook refused");
            return Ok(Answer::Refused);
        }
        Err(Refusal::SecretTrouble(failure)) => return Err(failure),
    };
    let platform = match connection {
        Connection::Dynamics(_) => return Ok(Answer::Refused),
        Connection::Wxm(_) | Connection::Standard(_) => deps.platforms.platform(&applied, &name)?,
    };
    let state = match platform.parse(verified.body()) {
        Ok(_) => InboxState::Unpublished,
        Err(unparsable) => InboxState::Parked {
            reason: unparsable.reason,
        },
    };
    keep(deps, &verified, state).await
}

fn unverified(address: Address, request: Request) -> Unverified {
    let (parts, body) = request.into_parts();
    Unverified {
        connection: address.connection,
        token: address.token,
        headers: SignatureHeaders::of(&parts.headers),
        body: body.to_vec(),
    }
}

async fn keep(deps: &Deps, verified: &Verified, state: InboxState) -> Result<Answer, Failure> {
    let id = inbox_id(
        verified.connection(),
        verified.delivery_id(),
        verified.body(),
    );
    let item = InboxItem {
        id: id.clone(),
        connection: verified.connection().clone(),
        accepted_at: deps.clock.now(),
        body: verified.body().to_vec(),
        state,
    };
    match deps.inbox.keep(&item).await {
        Ok(()) => {}
        Err(failure) if failure.remedy == Remedy::Park => {
            tracing::warn!(connection = %item.connection, inbox_id = %id, "webhook refused: {}", failure.message);
            return Ok(Answer::TooLarge);
        }
        Err(failure) => return Err(failure),
    }
    if let InboxState::Parked { reason } = &item.state {
        tracing::warn!(connection = %item.connection, inbox_id = %id, reason, "webhook kept and parked");
        return Ok(Answer::Accepted);
    }
    let event = ResponseHinted {
        connection: item.connection.clone(),
        inbox_id: id.clone(),
    };
    let published = match deps.bus.publish(&Outgoing::of(&event)).await {
        Ok(()) => deps.inbox.published(&id).await,
        Err(failure) => Err(failure),
    };
    match published {
        Ok(()) => {
            tracing::info!(connection = %item.connection, inbox_id = %id, "webhook kept and published")
        }
        Err(failure) => tracing::warn!(
            connection = %item.connection, inbox_id = %id, detail = failure.detail,
            "webhook kept; the sweep will publish it"
        ),
    }
    Ok(Answer::Accepted)
}

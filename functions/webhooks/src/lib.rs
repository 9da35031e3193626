//! Takes webhooks in: verify, keep the body, publish its id, answer 200.
//!
//! Nothing else is done here, because the sender waits. A publish that fails still answers 200: the
//! body is kept, and the sweep publishes it. Only what cannot be kept is answered with 503, the kind
//! of answer that makes senders deliver again.

mod address;

use std::sync::Arc;

use cxloop_domain::configuration::Connection;
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::{RefusalKind, Signal};
use cxloop_domain::trace::TraceId;
use cxloop_domain::webhooks::{Answer, inbox_id};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace::{self, Work};
use cxloop_lambda_kit::verification::{Refusal, SignatureHeaders, Unverified, Verified, verify};
use cxloop_ports::{
    Bus, Clock, Configurations, Failure, Inbox, InboxItem, InboxState, Remedy, Secrets, Signals,
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
    /// Counts what is accepted and refused.
    pub signals: Arc<dyn Signals>,
}

/// Answers one HTTP request. The trace of everything that follows from it begins here.
pub async fn handle(deps: &Deps, request: Request) -> Response<Body> {
    let trace = trace::of_request(&request)
        .unwrap_or_else(|| TraceId::derived(deps.clock.now(), request.body().as_ref()));
    let work = Work {
        function: "webhooks",
        trace: Some(trace),
    };
    let answer = match *request.method() {
        // Platforms ask with GET or HEAD whether somebody is here before they send.
        Method::GET | Method::HEAD => Answer::Accepted,
        _ => trace::scope(work, take(deps, request)).await,
    };
    Response::builder()
        .status(answer.status())
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::Empty)
        .expect("a status and a constant header make an answer")
}

async fn take(deps: &Deps, request: Request) -> Answer {
    let Some(address) = Address::of(request.uri().path()) else {
        return refused(deps, None, RefusalKind::Address, "no such address");
    };
    let connection = address.connection.clone();
    match accept(deps, address, request).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::error!(
                { fields::OUTCOME } = outcomes::NOT_KEPT,
                { fields::CONNECTION } = connection.as_str(),
                { fields::DETAIL } = failure.detail,
                "a webhook could not be kept: the sender was asked to try again"
            );
            Answer::TryAgain
        }
    }
}

async fn accept(deps: &Deps, address: Address, request: Request) -> Result<Answer, Failure> {
    let applied = deps.configurations.current().await?;
    let name = address.connection.clone();
    let Some(connection) = applied.configuration.connections.get(&name) else {
        let why = "the configuration has no such connection";
        return Ok(refused(deps, None, RefusalKind::Connection, why));
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
        Err(Refusal::Unauthorized { kind, reason }) => {
            return Ok(refused(deps, Some(&name), kind, reason));
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

/// The line and the count of a webhook that is refused. The sender learns nothing of the reason. A connection that the
/// configuration does not know is not named: a stranger chose its name.
fn refused(
    deps: &Deps,
    connection: Option<&ConnectionName>,
    kind: RefusalKind,
    reason: &'static str,
) -> Answer {
    tracing::warn!(
        { fields::OUTCOME } = outcomes::REFUSED,
        { fields::CONNECTION } = connection.map(ConnectionName::as_str),
        { fields::REFUSAL } = kind.as_str(),
        { fields::REASON } = reason,
        "a webhook was refused"
    );
    deps.signals.count(Signal::Refused {
        connection,
        reason: kind,
    });
    match kind {
        RefusalKind::TooLarge => Answer::TooLarge,
        RefusalKind::Address
        | RefusalKind::Connection
        | RefusalKind::Token
        | RefusalKind::Organization
        | RefusalKind::Signature
        | RefusalKind::Timestamp => Answer::Refused,
    }
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
    let connection = verified.connection();
    let item = InboxItem {
        id: inbox_id(connection, verified.delivery_id(), verified.body()),
        connection: connection.clone(),
        accepted_at: deps.clock.now(),
        body: verified.body().to_vec(),
        state,
        trace: trace::current(),
    };
    match deps.inbox.keep(&item).await {
        Ok(()) => deps.signals.count(Signal::Accepted { connection }),
        Err(failure) if failure.remedy == Remedy::Park => {
            let why = "the body does not fit, even compressed";
            return Ok(refused(deps, Some(connection), RefusalKind::TooLarge, why));
        }
        Err(failure) => return Err(failure),
    }
    match &item.state {
        InboxState::Parked { reason } => parked(deps, &item, reason),
        InboxState::Unpublished | InboxState::Published => publish(deps, &item).await,
    }
    Ok(Answer::Accepted)
}

fn parked(deps: &Deps, item: &InboxItem, reason: &str) {
    tracing::warn!(
        { fields::OUTCOME } = outcomes::PARKED,
        { fields::CONNECTION } = item.connection.as_str(),
        { fields::INBOX_ID } = item.id.as_str(),
        { fields::REASON } = reason,
        "a webhook was kept, and put aside because nobody understands it"
    );
    deps.signals.count(Signal::Parked {
        connection: Some(&item.connection),
    });
}

async fn publish(deps: &Deps, item: &InboxItem) {
    let event = ResponseHinted {
        connection: item.connection.clone(),
        inbox_id: item.id.clone(),
    };
    let outgoing = Outgoing::traced(&event, trace::current());
    let published = match deps.bus.publish(&outgoing).await {
        Ok(()) => deps.inbox.published(&item.id).await,
        Err(failure) => Err(failure),
    };
    match published {
        Ok(()) => tracing::info!(
            { fields::OUTCOME } = outcomes::ACCEPTED,
            { fields::CONNECTION } = item.connection.as_str(),
            { fields::INBOX_ID } = item.id.as_str(),
            "a webhook was kept and published"
        ),
        Err(failure) => tracing::warn!(
            { fields::OUTCOME } = outcomes::LEFT_TO_THE_SWEEP,
            { fields::CONNECTION } = item.connection.as_str(),
            { fields::INBOX_ID } = item.id.as_str(),
            { fields::DETAIL } = failure.detail,
            "a webhook was kept; the sweep will publish it"
        ),
    }
}

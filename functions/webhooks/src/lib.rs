//! Takes webhooks in: verify, keep the body, publish its id, answer 200.
//!
//! Nothing else is done here, because the sender waits. A publish that fails still answers 200: the
//! body is kept, and the sweep publishes it. Only what cannot be kept is answered with 503, the kind
//! of answer that makes senders deliver again. What a CRM tells of is read here too, because reading asks
//! nobody and one body may name several rows.

mod address;
mod changes;

use std::sync::Arc;

use cxloop_domain::configuration::{Applied, Connection};
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::{RefusalKind, Signal};
use cxloop_domain::trace::TraceId;
use cxloop_domain::webhooks::{Answer, inbox_id};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace::{self, Work};
use cxloop_lambda_kit::verification::{
    DataverseProof, Refusal, SignatureHeaders, Unverified, Verified, verify,
};
use cxloop_ports::{
    BodyKind, Bus, Clock, Configurations, Failure, Inbox, InboxItem, InboxState, Remedy, Secrets,
    Signals, SurveyPlatforms,
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
    let unverified = unverified(address, request, connection);
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
    match connection {
        Connection::Dynamics(dynamics) => changes::take(deps, dynamics, &verified).await,
        Connection::Wxm(_) | Connection::Standard(_) => hint(deps, &applied, &verified).await,
    }
}

/// Keeps what a survey platform says, and tells of it.
async fn hint(deps: &Deps, applied: &Applied, verified: &Verified) -> Result<Answer, Failure> {
    let platform = deps.platforms.platform(applied, verified.connection())?;
    let state = match platform.parse(verified.body()) {
        Ok(_) => InboxState::Unpublished,
        Err(unparsable) => InboxState::Parked {
            reason: unparsable.reason,
        },
    };
    let item = item(deps, verified, BodyKind::Response, state);
    match keep(deps, &item).await {
        Ok(()) => {}
        Err(failure) if failure.remedy == Remedy::Park => {
            let why = "the body does not fit, even compressed";
            let connection = Some(&item.connection);
            return Ok(refused(deps, connection, RefusalKind::TooLarge, why));
        }
        Err(failure) => return Err(failure),
    }
    match &item.state {
        InboxState::Parked { reason } => parked(deps, &item, reason),
        InboxState::Unpublished | InboxState::Published => {
            let event = ResponseHinted {
                connection: item.connection.clone(),
                inbox_id: item.id.clone(),
            };
            let event = Outgoing::traced(&event, trace::current());
            publish(deps, &item, &[event]).await;
        }
    }
    Ok(Answer::Accepted)
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

fn unverified(address: Address, request: Request, connection: &Connection) -> Unverified {
    let (parts, body) = request.into_parts();
    let dataverse = match connection {
        Connection::Dynamics(dynamics) => {
            DataverseProof::of(&parts.headers, parts.uri.query(), dynamics)
        }
        Connection::Wxm(_) | Connection::Standard(_) => DataverseProof::default(),
    };
    Unverified {
        connection: address.connection,
        token: address.token,
        headers: SignatureHeaders::of(&parts.headers),
        dataverse,
        body: body.to_vec(),
    }
}

fn item(deps: &Deps, verified: &Verified, kind: BodyKind, state: InboxState) -> InboxItem {
    let connection = verified.connection();
    InboxItem {
        id: inbox_id(connection, verified.delivery_id(), verified.body()),
        connection: connection.clone(),
        kind,
        accepted_at: deps.clock.now(),
        body: verified.body().to_vec(),
        state,
        trace: trace::current(),
    }
}

/// Keeps a body and counts it.
async fn keep(deps: &Deps, item: &InboxItem) -> Result<(), Failure> {
    deps.inbox.keep(item).await?;
    let connection = &item.connection;
    deps.signals.count(Signal::Accepted { connection });
    Ok(())
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

/// Publishes what a kept body tells of. What fails is left to the sweep, which publishes all of it again.
async fn publish(deps: &Deps, item: &InboxItem, events: &[Outgoing]) {
    match publish_all(deps, item, events).await {
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

async fn publish_all(deps: &Deps, item: &InboxItem, events: &[Outgoing]) -> Result<(), Failure> {
    for event in events {
        deps.bus.publish(event).await?;
    }
    let now = deps.clock.now();
    deps.inbox.published(&item.id, item.kind, now).await
}

//! Fetches the response behind a hint and stores its normal form.
//!
//! An unsigned body is never trusted: it only says which response to ask the platform for. A response
//! that is taken already gets the further notification name and is told of again, so that rules
//! written for that name can act.

use std::sync::Arc;

use cxloop_domain::configuration::Applied;
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::loops::waiting_step;
use cxloop_domain::names::{ConnectionName, ResponseKey};
use cxloop_domain::response::Response;
use cxloop_domain::response_intake::{failed_step, received, received_steps};
use cxloop_domain::response_to_case::score_in_words;
use cxloop_domain::signals::Signal;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace::{self, Work};
use cxloop_ports::{
    Bus, Clock, Configurations, Failure, Gates, Hint, Inbox, InboxItem, InboxState, Invitations,
    Lane, Loops, NewLoop, Remedy, Responses, Signals, SurveyPlatform, SurveyPlatforms,
};
use uuid::Uuid;

/// How long a platform may say that it does not know a response it told of, before that is taken for an answer, in seconds.
const KNOWN_AFTER_SECONDS: i64 = 600;
/// How soon it is asked again, in seconds.
const ASK_AGAIN_SECONDS: u32 = 30;
/// How many requests fetching a response is counted as: the response, and at times the questions it answers.
const FETCH_REQUESTS: u32 = 2;
/// How often an invitation is marked again when others change it at the same moment.
const TRIES: u32 = 5;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// Which connections there are.
    pub configurations: Arc<dyn Configurations>,
    /// Asks the platforms.
    pub platforms: Arc<dyn SurveyPlatforms>,
    /// The kept bodies.
    pub inbox: Arc<dyn Inbox>,
    /// Where responses are kept.
    pub responses: Arc<dyn Responses>,
    /// What the responses may answer.
    pub invitations: Arc<dyn Invitations>,
    /// The record for people.
    pub loops: Arc<dyn Loops>,
    /// Which connections are closed.
    pub gates: Arc<dyn Gates>,
    /// Tells of the response.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts what is put aside.
    pub signals: Arc<dyn Signals>,
}

/// Takes in the response behind one hint.
pub async fn handle(deps: &Deps, event: ResponseHinted) -> Result<(), Failure> {
    let Some(item) = deps.inbox.load(&event.inbox_id).await? else {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::CONNECTION } = event.connection.as_str(),
            { fields::INBOX_ID } = event.inbox_id.as_str(),
            "the kept body has expired: there is nothing to take in"
        );
        return Ok(());
    };
    // A hint that carries no trace goes on under that of its body.
    let work = Work {
        function: "response-intake",
        trace: trace::current().or(item.trace),
    };
    trace::scope(work, take_in_or_tell(deps, &event, &item)).await
}

async fn take_in_or_tell(
    deps: &Deps,
    event: &ResponseHinted,
    item: &InboxItem,
) -> Result<(), Failure> {
    match take_in(deps, event, item).await {
        Err(failure) if failure.remedy == Remedy::Park => {
            put_aside(deps, event, item, &failure).await
        }
        Err(failure) if matches!(failure.remedy, Remedy::ComeBack { .. }) => Err(failure),
        Err(failure) => {
            // Only told: whether the telling works changes nothing about the message.
            let _ = tell_of_waiting(deps, event, item, &failure).await;
            Err(failure)
        }
        Ok(()) => Ok(()),
    }
}

async fn take_in(deps: &Deps, event: &ResponseHinted, item: &InboxItem) -> Result<(), Failure> {
    let applied = deps.configurations.current().await?;
    let platform = deps.platforms.platform(&applied, &event.connection)?;
    let hint = platform
        .parse(&item.body)
        .map_err(|unparsable| Failure::park(unparsable.reason, ""))?;
    // A signed body carries the response, and nobody is asked for it.
    if hint.signed.is_none() {
        may_ask(deps, &applied, &event.connection).await?;
    }
    let response = fetch(deps, platform.as_ref(), &hint, item).await?;
    let stored = deps.responses.keep(&response, &hint.notification).await?;
    tell_the_loop(deps, &stored.response, &hint.notification, item).await?;
    if let Some(invitation) = stored.response.invitation {
        mark_as_answered(deps, invitation, &stored.response.key).await?;
    }
    let event = received(&stored.response, &hint.notification, &item.id);
    deps.bus
        .publish(&Outgoing::traced(&event, trace::current()))
        .await?;
    if was_parked(item) {
        deps.inbox.unpark(&item.id).await?;
    }
    tracing::info!(
        { fields::OUTCOME } = outcomes::TAKEN_IN,
        { fields::CONNECTION } = item.connection.as_str(),
        { fields::INBOX_ID } = item.id.as_str(),
        { fields::RESPONSE } = %event.response,
        { fields::KIND } = event.kind.as_str(),
        "a response was taken in"
    );
    Ok(())
}

/// Goes through when the platform may be asked now, and counts what is asked.
async fn may_ask(
    deps: &Deps,
    applied: &Applied,
    connection: &ConnectionName,
) -> Result<(), Failure> {
    let now = deps.clock.now();
    deps.gates.pass(connection, Lane::Cases, now).await?;
    match applied.configuration.requests_per_second(connection) {
        Some(per_second) => {
            deps.gates
                .take(connection, FETCH_REQUESTS, per_second, now)
                .await
        }
        None => Ok(()),
    }
}

async fn fetch(
    deps: &Deps,
    platform: &dyn SurveyPlatform,
    hint: &Hint,
    item: &InboxItem,
) -> Result<Response, Failure> {
    if let Some(signed) = &hint.signed {
        return Ok(signed.as_ref().clone());
    }
    match platform.fetch(&hint.response).await? {
        Some(response) => Ok(response),
        None if deps.clock.now().as_second() - item.accepted_at.as_second()
            < KNOWN_AFTER_SECONDS =>
        {
            Err(Failure::come_back(
                ASK_AGAIN_SECONDS,
                "the platform does not know the response yet",
            ))
        }
        None => Err(Failure::park(
            "the platform does not know the response that the webhook named: it was deleted, or the webhook was forged",
            "",
        )),
    }
}

fn was_parked(item: &InboxItem) -> bool {
    matches!(item.state, InboxState::Parked { .. })
}

/// Lets the invitation know its answer. One that is not kept, or not any more, is nobody's business here.
async fn mark_as_answered(
    deps: &Deps,
    invitation: Uuid,
    response: &ResponseKey,
) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let Some(kept) = deps.invitations.load(invitation).await? else {
            return Ok(());
        };
        let Some(answered) = kept.invitation.answered(response, deps.clock.now()) else {
            return Ok(());
        };
        let standing = deps.invitations.replace(kept.version, &answered).await?;
        if standing.invitation == answered {
            return Ok(());
        }
    }
    Err(Failure::retry("the invitation kept changing", ""))
}

/// A response about a case is shown in that case's loop; any other begins a loop of its own.
async fn tell_the_loop(
    deps: &Deps,
    response: &Response,
    notification: &str,
    item: &InboxItem,
) -> Result<(), Failure> {
    let steps = received_steps(response, notification, item.accepted_at, deps.clock.now());
    let steps: Vec<_> = steps.into_iter().map(trace::traced).collect();
    let of_case = match response.about_case {
        Some(case) => deps.loops.of_case(case).await?,
        None => None,
    };
    if let Some(loop_id) = of_case {
        let own = response.key.loop_id();
        if own != loop_id && deps.loops.of_response(&response.key).await? == Some(own) {
            // An earlier failure began a loop of its own for this response: that one goes on too.
            deps.loops.begin(&new_loop(deps, response), &steps).await?;
        }
        deps.loops.tie_response(&loop_id, &response.key).await?;
        return deps.loops.record(&loop_id, &steps).await;
    }
    deps.loops.begin(&new_loop(deps, response), &steps).await
}

fn new_loop(deps: &Deps, response: &Response) -> NewLoop {
    NewLoop {
        response: response.key.clone(),
        survey: response.survey.clone(),
        began_at: deps.clock.now(),
        score: score_in_words(response),
    }
}

/// The loop of a response of which no more is known than its name.
fn nameless_loop(deps: &Deps, response: ResponseKey) -> NewLoop {
    NewLoop {
        response,
        survey: String::new(),
        began_at: deps.clock.now(),
        score: None,
    }
}

/// Parks the body with its reason and, when it names a response, shows that on a loop.
async fn put_aside(
    deps: &Deps,
    event: &ResponseHinted,
    item: &InboxItem,
    failure: &Failure,
) -> Result<(), Failure> {
    tracing::error!(
        { fields::OUTCOME } = outcomes::PARKED,
        { fields::CONNECTION } = event.connection.as_str(),
        { fields::INBOX_ID } = event.inbox_id.as_str(),
        { fields::DETAIL } = failure.detail,
        "a response could not be taken in and was put aside"
    );
    deps.signals.count(Signal::Parked {
        connection: Some(&event.connection),
    });
    if let Some(key) = named_response(deps, event, item).await? {
        let step = failed_step(event, &key, &failure.message, deps.clock.now());
        let step = trace::traced_failure(step, failure);
        deps.loops.begin(&nameless_loop(deps, key), &[step]).await?;
    }
    deps.inbox.park(&event.inbox_id, &failure.message).await
}

/// Shows on the response's own loop why it is not taken in yet.
async fn tell_of_waiting(
    deps: &Deps,
    event: &ResponseHinted,
    item: &InboxItem,
    failure: &Failure,
) -> Result<(), Failure> {
    let Some(key) = named_response(deps, event, item).await? else {
        return Ok(());
    };
    let step = waiting_step("response-intake", &failure.message, deps.clock.now());
    let step = trace::traced_failure(step, failure);
    deps.loops.begin(&nameless_loop(deps, key), &[step]).await
}

/// The response that a kept body names, when it can be read.
async fn named_response(
    deps: &Deps,
    event: &ResponseHinted,
    item: &InboxItem,
) -> Result<Option<ResponseKey>, Failure> {
    let applied = deps.configurations.current().await?;
    let platform = deps.platforms.platform(&applied, &event.connection)?;
    let hint = platform.parse(&item.body).ok();
    Ok(hint.map(|hint| ResponseKey::new(event.connection.clone(), hint.response)))
}

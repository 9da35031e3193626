//! The pages, rendered here so that a browser needs nothing but HTML and one stylesheet.

use askama::Template;
use cxloop_domain::console::{actor_in_words, elapsed_in_words, state_in_words, step_in_words};
use cxloop_domain::loops::{Loop, LoopHistory, LoopState, StepKind};
use cxloop_domain::names::LoopId;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{Failure, ParkedBody};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};

use crate::{Answer, Deps, answer};

/// How many loops the list shows.
pub(crate) const NEWEST: usize = 100;
/// How many loops that need a person the list shows.
const FAILED: usize = 50;
/// How many bodies that were put aside the list shows.
const PARKED: usize = 20;

const HTML: &str = "text/html; charset=utf-8";

#[derive(Template)]
#[template(path = "loops.html")]
struct LoopsPage {
    rows: Vec<LoopRow>,
    failed: Vec<LoopRow>,
    parked: Vec<ParkedRow>,
}

struct ParkedRow {
    id: String,
    connection: String,
    reason: String,
    accepted_at: String,
}

struct LoopRow {
    id: String,
    survey: String,
    score: String,
    ticket: String,
    state: &'static str,
    class: &'static str,
    changed_at: String,
}

#[derive(Template)]
#[template(path = "loop.html")]
struct LoopPage {
    row: LoopRow,
    response: String,
    steps: Vec<StepRow>,
    can_replay: bool,
    goes_on: bool,
}

struct StepRow {
    name: &'static str,
    class: &'static str,
    at: String,
    elapsed: String,
    actor: String,
    text: String,
    link: Option<String>,
    trace: Option<String>,
    service_request_id: Option<String>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'m> {
    title: &'m str,
    text: &'m str,
}

pub(crate) async fn newest(deps: &Deps) -> Answer {
    let loops = deps.loops.newest(deps.clock.now(), NEWEST).await?;
    let failed = deps.loops.failed(FAILED).await?;
    let parked = deps.inbox.parked(PARKED).await?;
    Ok(html(
        StatusCode::OK,
        &LoopsPage {
            rows: loops.iter().map(row).collect(),
            failed: failed.iter().map(row).collect(),
            parked: parked.iter().map(parked_row).collect(),
        },
    ))
}

pub(crate) async fn one(deps: &Deps, id: &LoopId) -> Answer {
    match deps.loops.load(id).await? {
        Some(history) => Ok(html(StatusCode::OK, &page(&history))),
        None => Ok(not_found()),
    }
}

pub(crate) fn not_found() -> Response<Body> {
    let page = MessagePage {
        title: "Not found",
        text: "There is no such page or loop.",
    };
    html(StatusCode::NOT_FOUND, &page)
}

pub(crate) fn trouble(failure: &Failure) -> Response<Body> {
    let page = MessagePage {
        title: "Not available",
        text: &failure.message,
    };
    html(StatusCode::SERVICE_UNAVAILABLE, &page)
}

pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response<Body> {
    match page.render() {
        Ok(text) => answer(status, HTML, text),
        Err(error) => {
            tracing::error!(
                { fields::OUTCOME } = outcomes::NOT_ANSWERED,
                { fields::DETAIL } = %error,
                "a page could not be rendered"
            );
            answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain; charset=utf-8",
                "The page could not be rendered.",
            )
        }
    }
}

fn parked_row(body: &ParkedBody) -> ParkedRow {
    ParkedRow {
        id: body.id.to_string(),
        connection: body.connection.to_string(),
        reason: body.reason.clone(),
        accepted_at: moment(body.accepted_at),
    }
}

fn row(head: &Loop) -> LoopRow {
    LoopRow {
        id: head.id.to_string(),
        survey: head.survey.clone(),
        score: head.score.clone().unwrap_or_default(),
        ticket: head.ticket.clone().unwrap_or_default(),
        state: state_in_words(head.state),
        class: state_class(head.state),
        changed_at: moment(head.changed_at),
    }
}

fn page(history: &LoopHistory) -> LoopPage {
    let mut before: Option<Timestamp> = None;
    let mut steps = Vec::with_capacity(history.steps.len());
    for step in &history.steps {
        steps.push(StepRow {
            name: step_in_words(step.what),
            class: step_class(step.what),
            at: moment(step.at),
            elapsed: before
                .map(|from| elapsed_in_words(from, step.at))
                .unwrap_or_default(),
            actor: actor_in_words(&step.actor).to_owned(),
            text: step.text.clone(),
            link: step
                .link
                .clone()
                .filter(|link| link.starts_with("https://") || link.starts_with("http://")),
            trace: step.references.trace.map(|trace| trace.to_string()),
            service_request_id: step.references.service_request_id.map(|id| id.to_string()),
        });
        before = Some(step.at);
    }
    LoopPage {
        goes_on: history.head.state == LoopState::Received,
        row: row(&history.head),
        response: history.head.response.to_string(),
        steps,
        can_replay: history.steps.iter().any(|step| step.replay.is_some()),
    }
}

/// `2026-11-22 10:00:00.430`, in UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = format!("{at:.3}");
    text.replace('T', " ").trim_end_matches('Z').to_owned()
}

fn state_class(state: LoopState) -> &'static str {
    match state {
        LoopState::Received => "waiting",
        LoopState::NoAction | LoopState::Resolved => "quiet",
        LoopState::Open => "open",
        LoopState::Reopened => "reopened",
        LoopState::Failed => "failed",
    }
}

fn step_class(step: StepKind) -> &'static str {
    match step {
        StepKind::Failed => "failed",
        StepKind::InvitationSent => "open",
        StepKind::InvitationWaits => "waiting",
        StepKind::CaseReopened | StepKind::FollowUpOpened => "reopened",
        StepKind::CaseOpened | StepKind::CaseAttached => "open",
        StepKind::ResponseReceived | StepKind::FollowUpAnswered => "customer",
        StepKind::ResponseTaken
        | StepKind::Waiting
        | StepKind::RulesDecided
        | StepKind::ContactCreated
        | StepKind::ResponseNoted
        | StepKind::CaseResolved
        | StepKind::CaseNoted
        | StepKind::WrittenBack
        | StepKind::InvitationNotSent
        | StepKind::NothingDone
        | StepKind::Replayed => "quiet",
    }
}

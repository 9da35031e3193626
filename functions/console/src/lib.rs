//! Shows the loops to people: the newest ones, and one with every step, its time, actor, link and reason. Shows the
//! invitations to surveys likewise, also those that were not sent.
//!
//! Reads the record that the other functions wrote; changes nothing but by a replay, which publishes the
//! event that led to a failure once more, or that an invitation is due.

mod api;
mod invitations;
mod pages;
mod replaying;
mod route;

use std::sync::Arc;

use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::trace::{self, Work};
use cxloop_ports::{Bus, Clock, Configurations, Failure, Inbox, Invitations, Loops};
use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Request, Response};

use route::Route;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// Which connections a response id may have come through.
    pub configurations: Arc<dyn Configurations>,
    /// The record of the loops.
    pub loops: Arc<dyn Loops>,
    /// The invitations to surveys.
    pub invitations: Arc<dyn Invitations>,
    /// The bodies that were put aside.
    pub inbox: Arc<dyn Inbox>,
    /// For replays.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Answers one HTTP request. A failure is answered with its message for people and never with its detail.
pub async fn handle(deps: &Deps, request: Request) -> Response<Body> {
    let work = Work {
        function: "console",
        trace: trace::of_request(&request),
    };
    trace::scope(work, answered(deps, &request)).await
}

async fn answered(deps: &Deps, request: &Request) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default();
    let Some(route) = Route::of(request.method(), request.uri().path(), query) else {
        return pages::not_found();
    };
    let answer = match route {
        Route::Newest => pages::newest(deps).await,
        Route::One(id) => pages::one(deps, &id).await,
        Route::Replay(id) => replaying::replay(deps, &id).await,
        Route::Style => Ok(answer(
            StatusCode::OK,
            "text/css; charset=utf-8",
            include_str!("../assets/console.css"),
        )),
        Route::Invitations(listing) => invitations::page(deps, &listing).await,
        Route::Invitation(id) => invitations::one(deps, id).await,
        Route::ReplayInvitation(id) => replaying::replay_invitation(deps, id).await,
        Route::ApiInvitations(listing) => invitations::api_page(deps, &listing).await,
        Route::ApiInvitation(id) => invitations::api_one(deps, id).await,
        Route::ApiNewest => api::newest(deps).await,
        Route::ApiOfResponse(response) => api::of_response(deps, &response).await,
        Route::ApiOne(id) => api::one(deps, &id).await,
    };
    answer.unwrap_or_else(|failure| {
        tracing::error!(
            { fields::OUTCOME } = outcomes::NOT_ANSWERED,
            { fields::DETAIL } = failure.detail,
            "a page of the console could not be given"
        );
        pages::trouble(&failure)
    })
}

type Answer = Result<Response<Body>, Failure>;

/// No script, no frame, no foreign resource: everything a page needs comes from its own origin.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(body.into())
        .expect("a status and constant headers make an answer")
}

//! The HTTP side: which paths there are, who is calling, how often, and the form of answers.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use uuid::Uuid;

use super::access;
use super::agent_case;
use super::agent_contacts;
use super::agent_page;
use super::agent_sales;
use super::caller::Caller;
use super::message::{Answer, Request};
use super::payload::References;
use super::query::Options;
use super::refusal::Refusal;
use super::steps::Origin;
use super::throttle::{Limit, Remaining, Verdict, grouped};
use super::{Dataverse, batch, drawn, lock, service};

/// The largest body that the service takes. Source: Microsoft Learn, "Use bulk operation messages" (116.85 MB when plug-ins are
/// registered). The wire in front of a sandbox's stand-ins takes less, so this one counts where the router is served by itself.
const LARGEST_BODY: usize = 122_000_000;

pub(super) fn router(dataverse: &Dataverse) -> Router {
    Router::new()
        .route("/", get(agent_page::cases))
        .route("/main.aspx", get(agent_page::record_link))
        .route("/agent/style.css", get(agent_page::style))
        .route("/agent/cases/{id}", get(agent_page::case))
        .route("/agent/cases", post(agent_case::open))
        .route("/agent/cases/{id}/{action}", post(agent_case::act))
        .route("/agent/contacts", get(agent_contacts::contacts))
        .route("/agent/contacts/{id}/{action}", post(agent_contacts::act))
        .route("/agent/sales", get(agent_sales::sales))
        .route("/agent/sales/{set}", post(agent_sales::open))
        .route("/agent/sales/{set}/{id}/{action}", post(agent_sales::end))
        .route("/{tenant}/oauth2/v2.0/token", post(token))
        .route("/api/data/{version}", any(web_api))
        .route("/api/data/{version}/", any(web_api))
        .route("/api/data/{version}/{*path}", any(web_api))
        .with_state(dataverse.clone())
}

async fn token(
    State(dataverse): State<Dataverse>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let (status, body) =
        lock(&dataverse.shared.tokens).grant(&form, authorization, dataverse.now());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(header::CACHE_CONTROL, "no-store, no-cache")],
        axum::Json(body),
    )
        .into_response()
}

/// A request that is being worked on; it leaves when this value is dropped, also when its caller hangs up.
struct InFlight {
    dataverse: Dataverse,
    user: Uuid,
}

impl InFlight {
    fn enter(dataverse: &Dataverse, user: Uuid) -> Option<Self> {
        lock(&dataverse.shared.throttle).enter(user).then(|| Self {
            dataverse: dataverse.clone(),
            user,
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.dataverse.shared.throttle).leave(self.user);
    }
}

async fn web_api(State(dataverse): State<Dataverse>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let mut caller = dataverse.caller();
    let text = |name: HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let user =
        bearer.and_then(|token| lock(&dataverse.shared.tokens).user(token.trim(), caller.now));
    let Some(user) = user else {
        return respond(
            Answer::from(Refusal::unauthorized()).with("WWW-Authenticate", "Bearer"),
            None,
        );
    };
    caller.user = user;
    let (verdict, limits) = {
        let mut throttle = lock(&dataverse.shared.throttle);
        (throttle.take(user, caller.now), throttle.limits)
    };
    let remaining = match verdict {
        Verdict::Allowed(remaining) => remaining,
        Verdict::Refused {
            limit,
            retry_after_seconds,
        } => {
            let refused = Answer::from(limits.refusal(limit));
            return respond(
                refused.with("Retry-After", retry_after_seconds.to_string()),
                Some(Remaining::default()),
            );
        }
    };
    let Some(_in_flight) = InFlight::enter(&dataverse, user) else {
        let refused = Answer::from(limits.refusal(Limit::Concurrency));
        return respond(refused.with("Retry-After", "1"), Some(remaining));
    };
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return respond(Refusal::body_too_large().into(), Some(remaining));
    };
    let path = parts.uri.path();
    let below = path.strip_prefix("/api/data/").unwrap_or_default();
    let (version, rest) = below.split_once('/').unwrap_or((below, ""));
    if !matches!(version, "v9.0" | "v9.1" | "v9.2") {
        return respond(Refusal::no_resource(path).into(), Some(remaining));
    }
    let host = text(header::HOST).unwrap_or("localhost");
    dataverse.shared.jobs.asked_under(host);
    let service = format!("http://{host}/api/data/{version}");
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: rest.to_owned(),
        body,
        ..Request::default()
    };
    request.query = parts.uri.query().unwrap_or_default().to_owned();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            request.header(name.as_str(), value);
        }
    }
    caller.detect_duplicates = request.detect_duplicates;
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    dataverse.follow_the_clock();
    let resolved = access::resolve(
        &dataverse.reading(),
        &lock(&dataverse.shared.access),
        &mut caller,
        &parts.headers,
    );
    let origin = Origin {
        user_agent: text(header::USER_AGENT).map(str::to_owned),
        accept_language: text(header::ACCEPT_LANGUAGE).map(str::to_owned),
        bypass: request.bypass.clone(),
        ..Origin::default()
    };
    caller.origin = Some(Arc::new(origin));
    let answer = match resolved {
        Ok(()) => answer(&dataverse, caller, &service, &request, kind).await,
        Err(refusal) => Err(refusal),
    };
    let answer = answer.unwrap_or_else(|refusal| Answer::refused(&refusal, &request.preferences));
    respond(answer, Some(remaining))
}

async fn answer(
    dataverse: &Dataverse,
    mut caller: Caller,
    service: &str,
    request: &Request,
    content_type: &str,
) -> Result<Answer, Refusal> {
    request.bypass.check(&caller)?;
    caller.tag = Options::read(&request.query)?.get("tag").map(str::to_owned);
    if request.method == "GET" {
        return service::read(
            &dataverse.reading(),
            &caller,
            service,
            request,
            &References::at(service, caller.now),
        );
    }
    if matches!(request.path.as_str(), "$batch" | "%24batch") {
        if request.method != "POST" {
            return Err(Refusal::method_not_allowed(&request.method));
        }
        return batch::answer(dataverse, &caller, service, request, content_type).await;
    }
    let references = References::at(service, caller.now);
    dataverse
        .transaction(|organisation| {
            service::write(organisation, &caller, service, request, &references)
        })
        .await
}

fn respond(answer: Answer, remaining: Option<Remaining>) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(name, value);
        }
    };
    if let Some(kind) = &answer.content_type {
        add(header::CONTENT_TYPE, kind);
    }
    add(HeaderName::from_static("odata-version"), "4.0");
    let request_id = drawn::key().to_string();
    add(HeaderName::from_static("req_id"), &request_id);
    add(
        HeaderName::from_static("x-ms-service-request-id"),
        &request_id,
    );
    if let Some(remaining) = remaining {
        add(
            HeaderName::from_static("x-ms-ratelimit-burst-remaining-xrm-requests"),
            &remaining.requests.to_string(),
        );
        let (seconds, hundredths) = (
            grouped(remaining.milliseconds / 1000),
            remaining.milliseconds % 1000 / 10,
        );
        add(
            HeaderName::from_static("x-ms-ratelimit-time-remaining-xrm-requests"),
            &format!("{seconds}.{hundredths:02}"),
        );
    }
    for (name, value) in &answer.headers {
        if let Ok(name) = HeaderName::try_from(*name) {
            add(name, value);
        }
    }
    response
}

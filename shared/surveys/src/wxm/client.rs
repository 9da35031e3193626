//! Requests to the platform's API, signed in.

use std::sync::Arc;

use cxloop_domain::configuration::WxmConnection;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Clock, Failure, Remedy, Secrets};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Url};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::PLATFORM;
use super::session::Session;
use crate::Error;
use crate::classify::{Action, classify, retry_after_seconds};
use crate::error::Words;
use crate::exchange::{Answer, exchange};
use crate::platforms::Correlation;

pub(super) struct Client {
    connection: ConnectionName,
    url: String,
    http: reqwest::Client,
    session: Session,
    clock: Arc<dyn Clock>,
    pub(super) correlation: Correlation,
}

impl Client {
    pub(super) fn new(
        connection: ConnectionName,
        configured: WxmConnection,
        http: reqwest::Client,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let session = Session::new(configured.secret, secrets, Arc::clone(&clock));
        Self {
            connection,
            url: configured.url,
            http,
            session,
            clock,
            correlation: Arc::new(|| None),
        }
    }

    /// The body at a path below `/api`, or `None` when nothing is there. `asked` names the operation in logs.
    pub(super) async fn get(&self, asked: &str, path: &[&str]) -> Result<Option<Vec<u8>>, Failure> {
        self.call(asked, Method::GET, path, None).await
    }

    /// Posts JSON to a path below `/api`; `None` when nothing is there.
    pub(super) async fn post(
        &self,
        asked: &str,
        path: &[&str],
        body: &Value,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.post_text(asked, path, &body.to_string()).await
    }

    /// Posts a text that is JSON already, byte by byte.
    pub(super) async fn post_text(
        &self,
        asked: &str,
        path: &[&str],
        body: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.call(asked, Method::POST, path, Some(body)).await
    }

    /// Posts what cannot be taken back. Fails with remedy `Retry` only when the platform may have done it, and with
    /// `ComeBack` when trouble came before it was asked.
    pub(super) async fn post_once(
        &self,
        asked: &str,
        path: &[&str],
        body: &Value,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let body = body.to_string();
        let posted = self.signed_in(Method::POST, path, Some(&body)).await;
        posted.map_err(|unfinished| {
            let failure = self.failure(unfinished.error, asked);
            if unfinished.may_be_done {
                failure
            } else {
                not_asked(failure)
            }
        })
    }

    /// The failure for an answer that cannot be read. Passing: a cut or garbled answer looks the same.
    pub(super) fn unreadable(&self, problem: &'static str, asked: &str) -> Failure {
        self.failure(
            Error::Unreadable {
                status: 200,
                problem,
            },
            asked,
        )
    }

    /// The failure for an address that has to exist and does not.
    pub(super) fn no_api(&self, asked: &str) -> Failure {
        self.failure(no_api(404), asked)
    }

    fn failure(&self, error: Error, asked: &str) -> Failure {
        error.into_failure(PLATFORM, &self.connection, asked)
    }

    async fn call(
        &self,
        asked: &str,
        method: Method,
        path: &[&str],
        body: Option<&str>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.signed_in(method, path, body)
            .await
            .map_err(|unfinished| self.failure(unfinished.error, asked))
    }

    /// Asks, and once more with a new token when the first is refused: a 401 means that nothing was done.
    async fn signed_in(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&str>,
    ) -> Result<Option<Vec<u8>>, Unfinished> {
        let address = self.address(path).map_err(Unfinished::before)?;
        let login = self.address(&["LoginToken"]).map_err(Unfinished::before)?;
        let mut refused = None;
        loop {
            let token = self.session.token(&self.http, &login, refused).await;
            let token = token.map_err(Unfinished::before)?;
            let mut request = self
                .http
                .request(method.clone(), address.clone())
                .bearer_auth(token.bearer.expose_secret());
            if let Some(body) = body {
                request = request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.to_owned());
            }
            if let Some(id) = (self.correlation)() {
                request = request.header("X-Request-Id", id.to_string());
            }
            let answer = exchange(request).await.map_err(Unfinished::asked)?;
            match outcome(&answer, self.clock.now()) {
                Ok(found) => return Ok(found.then_some(answer.body)),
                Err(None) if refused.is_none() => refused = Some(token.serial),
                Err(None) => return Err(Unfinished::before(self.session.refused(&answer.body))),
                Err(Some(error)) => return Err(Unfinished::asked(error)),
            }
        }
    }

    fn address(&self, path: &[&str]) -> Result<Url, Error> {
        let none = || Error::SetUp {
            status: 0,
            problem: "the configured url is no address",
            words: Words::default(),
        };
        let mut address = Url::parse(&self.url).map_err(|_| none())?;
        address
            .path_segments_mut()
            .map_err(|()| none())?
            .pop_if_empty()
            .push("api")
            .extend(path);
        Ok(address)
    }
}

/// How soon something comes back that could not even be asked for, in seconds.
const COMES_BACK_SECONDS: u32 = 30;

/// Passing trouble before anything was asked: it comes back, and nobody has to wonder whether it was done.
pub(super) fn not_asked(failure: Failure) -> Failure {
    let remedy = match failure.remedy {
        Remedy::Retry => Remedy::ComeBack {
            after_seconds: COMES_BACK_SECONDS,
        },
        other => other,
    };
    Failure { remedy, ..failure }
}

/// Why a request came to no end.
struct Unfinished {
    error: Error,
    /// Whether the platform may have done what it was asked.
    may_be_done: bool,
}

impl Unfinished {
    /// Nothing was asked yet.
    fn before(error: Error) -> Self {
        Self {
            error,
            may_be_done: false,
        }
    }

    /// The request was on its way, if a connection came about. What is refused is not done.
    fn asked(error: Error) -> Self {
        let may_be_done = matches!(
            error,
            Error::Unreachable(_) | Error::Unreadable { .. } | Error::Unavailable(_)
        );
        Self { error, may_be_done }
    }
}

/// Whether the thing asked for is in the answer; `Err(None)` asks to sign in again.
pub(super) fn outcome(answer: &Answer, now: jiff::Timestamp) -> Result<bool, Option<Error>> {
    let status = answer.status;
    let wait = answer
        .retry_after
        .as_deref()
        .and_then(|value| retry_after_seconds(value, now));
    let words = || {
        if answer.is_web_page {
            Words::default()
        } else {
            Words::of(&answer.body)
        }
    };
    Err(Some(match classify(status, answer.is_web_page, wait) {
        Action::Take => return Ok(true),
        Action::Absent => return Ok(false),
        Action::SignInAgain => return Err(None),
        Action::Wait { seconds } => {
            let until = now.checked_add(jiff::SignedDuration::from_secs(i64::from(seconds)));
            Error::Throttled(until.unwrap_or(now))
        }
        Action::Retry if answer.is_web_page && status < 500 => Error::Unreadable {
            status,
            problem: "with a web page instead of JSON",
        },
        Action::Retry => Error::Unavailable(status),
        Action::Mend if status == 403 => Error::SetUp {
            status,
            problem: "the account lacks the right",
            words: words(),
        },
        Action::Mend => no_api(status),
        Action::Park => Error::Refused {
            status,
            words: words(),
        },
    }))
}

fn no_api(status: u16) -> Error {
    Error::SetUp {
        status,
        problem: "there is no API at the configured url",
        words: Words::default(),
    }
}

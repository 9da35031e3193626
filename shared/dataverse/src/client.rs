//! The client: sends described requests with a token, and reads the answers.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    answer::{Answer, judge},
    batch::{self, Batch, Outcome},
    classify::{Action, classify},
    connection::{Connection, Now},
    error::Error,
    request::Request,
    token::{Token, TokenCache},
    transport::{self, LARGEST_ANSWER_BYTES, RawAnswer},
};

/// What the Web API accepts and answers. The charset is named because parts of a batch have no
/// other place to say it.
const JSON: &str = "application/json; charset=utf-8";

/// Adds headers to a request just before it goes out, such as `x-ms-client-request-id`.
pub type HeaderHook = Arc<dyn Fn(&mut HeaderMap) + Send + Sync>;

/// A client of one Dataverse organisation. Clones share the connection and its token.
///
/// Every method sends one request (two when the token is new or was refused) and returns; none
/// waits, and none repeats. What a failure asks for is read from [`crate::classify()`].
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    hook: Option<HeaderHook>,
}

struct Shared {
    http: reqwest::Client,
    connection: Connection,
    api_path: String,
    now: Now,
    tokens: TokenCache,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connection", &self.shared.connection)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client over `http`, which should come from [`Connection::http_client`].
    #[must_use]
    pub fn new(http: reqwest::Client, connection: Connection, now: Now) -> Self {
        Self {
            shared: Arc::new(Shared {
                http,
                api_path: connection.api_path(),
                connection,
                now,
                tokens: TokenCache::default(),
            }),
            hook: None,
        }
    }

    /// The same client, sharing its token, whose requests to the Web API (not those for a token)
    /// pass through `hook` before they go out. The hook runs for every request, so it may read what
    /// the current task is about. It cannot change the authorisation.
    #[must_use]
    pub fn with_header_hook(mut self, hook: HeaderHook) -> Self {
        self.hook = Some(hook);
        self
    }

    /// The organisation's root, without a trailing slash.
    #[must_use]
    pub fn root(&self) -> &str {
        self.shared.connection.root.as_str().trim_end_matches('/')
    }

    /// The clock that the client reads.
    #[must_use]
    pub fn clock(&self) -> Now {
        Arc::clone(&self.shared.now)
    }

    /// Sends one described request.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let connection = &self.shared.connection;
        let url = connection.address(&request.resource(&connection.tag))?;
        let mut headers = accepting_json();
        for (name, value) in request.headers() {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::not_sendable("a header name is malformed"))?;
            headers.append(name, header_value(value)?);
        }
        let body = request.body.as_ref().map(Value::to_string);
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        let outgoing = Outgoing {
            method: request.method.clone(),
            url,
            headers,
            body,
        };
        self.answer(&outgoing).await
    }

    /// Sends a batch and gives one outcome for each of its groups, in their order.
    ///
    /// # Errors
    /// An [`Error`] of the batch as a whole; failures of single requests are in the outcomes.
    pub async fn batch(&self, batch: &Batch) -> Result<Vec<Outcome>, Error> {
        let shared = &self.shared;
        let body = batch::write(batch, &shared.api_path, &shared.connection.tag)?;
        let mut headers = accepting_json();
        let content_type = HeaderValue::from_static(batch::CONTENT_TYPE);
        headers.insert(header::CONTENT_TYPE, content_type);
        if batch.continues() {
            let preference = HeaderValue::from_static("odata.continue-on-error");
            headers.insert(HeaderName::from_static("prefer"), preference);
        }
        let outgoing = Outgoing {
            method: Method::POST,
            url: shared.connection.address("$batch")?,
            headers,
            body: Some(body),
        };
        let raw = self.exchange(&outgoing).await?;
        batch::read(batch, raw.status, &raw.headers, &raw.body, (shared.now)())
    }

    /// Follows a link of the service's own making unchanged, with these preferences.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotSendable`] when the link leads out of the organisation's Web
    /// API, where our token must not go.
    pub(crate) async fn follow(&self, link: &str, preferences: &[String]) -> Result<Answer, Error> {
        let root = self.shared.connection.address("")?;
        let url = Url::parse(link)
            .ok()
            .filter(|link| link.origin() == root.origin() && link.path().starts_with(root.path()))
            .filter(|link| link.username().is_empty() && link.password().is_none())
            .ok_or_else(|| Error::not_sendable("the link leads out of the organisation"))?;
        let mut headers = accepting_json();
        if !preferences.is_empty() {
            let preferences = header_value(&preferences.join(","))?;
            headers.insert(HeaderName::from_static("prefer"), preferences);
        }
        let outgoing = Outgoing {
            method: Method::GET,
            url,
            headers,
            body: None,
        };
        self.answer(&outgoing).await
    }

    async fn answer(&self, outgoing: &Outgoing) -> Result<Answer, Error> {
        let raw = self.exchange(outgoing).await?;
        judge(raw.status, &raw.headers, &raw.body, (self.shared.now)())
    }

    /// Sends with the cached token and, should the answer be 401, once more with a new one.
    async fn exchange(&self, outgoing: &Outgoing) -> Result<RawAnswer, Error> {
        let token = self.token(None).await?;
        let first = self.exchange_with(&token, outgoing).await?;
        if !asks_for_new_token(&first) {
            return Ok(first);
        }
        let token = self.token(Some(&token)).await?;
        let second = self.exchange_with(&token, outgoing).await?;
        let now = (self.shared.now)();
        match Error::from_whole_answer(second.status, &second.headers, &second.body, now) {
            Error::Unauthorized(detail) => Err(Error::TokenRejected(detail)),
            _ => Ok(second),
        }
    }

    async fn exchange_with(&self, token: &Token, outgoing: &Outgoing) -> Result<RawAnswer, Error> {
        let mut headers = outgoing.headers.clone();
        let version = HeaderValue::from_static("4.0");
        headers.insert(HeaderName::from_static("odata-version"), version.clone());
        headers.insert(HeaderName::from_static("odata-maxversion"), version);
        if let Some(hook) = &self.hook {
            hook(&mut headers);
        }
        let mut bearer = header_value(&format!("Bearer {}", token.bearer.expose_secret()))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
        let mut request = self
            .shared
            .http
            .request(outgoing.method.clone(), outgoing.url.clone())
            .headers(headers)
            .timeout(self.shared.connection.timeouts.request);
        if let Some(body) = &outgoing.body {
            request = request.body(body.clone());
        }
        let request = request.build().map_err(transport::unbuildable)?;
        transport::exchange(&self.shared.http, request, LARGEST_ANSWER_BYTES).await
    }

    async fn token(&self, rejected: Option<&Token>) -> Result<Token, Error> {
        let shared = &self.shared;
        shared
            .tokens
            .token(&shared.http, &shared.connection, &shared.now, rejected)
            .await
    }
}

/// A request that is ready but for its token.
struct Outgoing {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

fn accepting_json() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers
}

fn asks_for_new_token(raw: &RawAnswer) -> bool {
    raw.status >= 400
        && classify(&Error::from_answer(raw.status, &raw.body, None)).action == Action::RefreshToken
}

fn header_value(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| Error::not_sendable("a header value is malformed"))
}

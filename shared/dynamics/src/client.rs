//! The client: sends described requests with a token, and reads the answers.

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    answer::{Answer, judge},
    batch::{self, Batch, Outcome},
    classify::{Action, classify},
    connection::{Connection, Correlation, Now},
    error::Error,
    query::{Query, page_size_preference},
    record::Record,
    request::{Call, Condition, Request},
    row::Row,
    token::{Token, TokenCache},
    transport::{self, RawAnswer},
};

/// What the Web API accepts and answers. The charset is named because parts of a batch have no
/// other place to say it.
const JSON: &str = "application/json; charset=utf-8";

const CORRELATION_HEADERS: [&str; 2] = ["x-ms-client-request-id", "x-ms-correlation-id"];

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows of this page.
    pub rows: Vec<Record>,
    /// The address of the next page, to be followed unchanged; `None` on the last one.
    pub next_link: Option<String>,
    /// How many rows match, when [`Query::count`] asked; the service counts to 5,000.
    pub count: Option<u64>,
}

/// A client of one Dataverse organisation. Clones share the connection and its token.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    correlation: Correlation,
    observer: Option<Arc<dyn Fn(u32) + Send + Sync>>,
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
            correlation: Arc::new(|| None),
            observer: None,
        }
    }

    /// The same client, whose requests carry the id of the running work as `x-ms-client-request-id` and
    /// `x-ms-correlation-id`, which the service keeps with its own records of them.
    #[must_use]
    pub fn correlated_by(self, correlation: Correlation) -> Self {
        Self {
            correlation,
            ..self
        }
    }

    /// The client, telling `observer` after each answer how many requests the service says are left of its budget.
    ///
    /// Source: Microsoft Learn, "Service protection API limits" (`x-ms-ratelimit-burst-remaining-xrm-requests`).
    #[must_use]
    pub fn observed(self, observer: Arc<dyn Fn(u32) + Send + Sync>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The organisation's root, without a trailing slash.
    #[must_use]
    pub fn root(&self) -> &str {
        self.shared.connection.root.as_str().trim_end_matches('/')
    }

    /// The clock that the client reads.
    pub(crate) fn clock(&self) -> Now {
        Arc::clone(&self.shared.now)
    }

    /// Reads one row. A row that is not there is [`Error::NotFound`].
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn get(&self, set: &str, id: Uuid, query: &Query) -> Result<Record, Error> {
        let answer = self.send(&Request::get(set, id, query)).await?;
        answer.record().ok_or_else(no_row)
    }

    /// Reads the first page of rows.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn list(&self, set: &str, query: &Query) -> Result<Page, Error> {
        page(self.send(&Request::list(set, query)).await?)
    }

    /// Reads a following page; `rows` repeats [`Query::page_size`] of the first one, as the
    /// service demands.
    ///
    /// Source: Microsoft Learn, "Page results using OData".
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotSendable`] when the link leads out of the organisation's Web
    /// API, where our token must not go.
    pub async fn next_page(&self, next_link: &str, rows: Option<u32>) -> Result<Page, Error> {
        let root = self.shared.connection.address("")?;
        let link = reqwest::Url::parse(next_link)
            .ok()
            .filter(|link| link.origin() == root.origin() && link.path().starts_with(root.path()))
            .ok_or_else(|| Error::not_sendable("the next page lies outside the organisation"))?;
        let mut headers = vec![(header::ACCEPT, HeaderValue::from_static("application/json"))];
        if let Some(rows) = rows {
            let preference = page_size_preference(rows);
            headers.push((
                HeaderName::from_static("prefer"),
                header_value(&preference)?,
            ));
        }
        let raw = self
            .exchange(|http| {
                let request = http.get(link.clone());
                headers.iter().fold(request, |request, (name, value)| {
                    request.header(name, value)
                })
            })
            .await?;
        page(judge(
            raw.status,
            &raw.headers,
            &raw.body,
            (self.shared.now)(),
        )?)
    }

    /// Creates the row `id` and never changes one that is there.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when a row with this key is there, which may or may not be ours;
    /// otherwise any [`Error`].
    pub async fn create_with_id(&self, set: &str, id: Uuid, row: Row) -> Result<Answer, Error> {
        self.send(&Request::create_with_id(set, id, row)).await
    }

    /// Changes columns of a row.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when the row changed; otherwise any [`Error`].
    pub async fn update(
        &self,
        set: &str,
        id: Uuid,
        condition: &Condition,
        row: Row,
    ) -> Result<Answer, Error> {
        self.send(&Request::update(set, id, condition, row)).await
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there; otherwise any [`Error`].
    pub async fn delete(&self, set: &str, id: Uuid, condition: &Condition) -> Result<(), Error> {
        self.send(&Request::delete(set, id, condition))
            .await
            .map(drop)
    }

    /// Runs an action and gives its result, where it has one.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn execute(&self, call: Call) -> Result<Option<Value>, Error> {
        Ok(self.send(&Request::execute(call)).await?.body)
    }

    /// Sends one described request.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let shared = &self.shared;
        let url = shared
            .connection
            .address(&request.resource(&shared.connection.tag))?;
        let mut headers = vec![(header::ACCEPT, HeaderValue::from_static("application/json"))];
        for (name, value) in request.headers() {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::not_sendable("a header name is malformed"))?;
            headers.push((name, header_value(value)?));
        }
        let body = request.body.as_ref().map(Value::to_string);
        let raw = self
            .exchange(|http| {
                let mut sent = http.request(request.method.clone(), url.clone());
                for (name, value) in &headers {
                    sent = sent.header(name, value);
                }
                match &body {
                    Some(body) => sent.header(header::CONTENT_TYPE, JSON).body(body.clone()),
                    None => sent,
                }
            })
            .await?;
        judge(raw.status, &raw.headers, &raw.body, (shared.now)())
    }

    /// Sends a batch and gives one outcome for each of its groups, in their order.
    ///
    /// # Errors
    /// An [`Error`] of the batch as a whole; failures of single requests are in the outcomes.
    pub async fn batch(&self, batch: &Batch) -> Result<Vec<Outcome>, Error> {
        let shared = &self.shared;
        let url = shared.connection.address("$batch")?;
        let body = batch::write(batch, &shared.api_path, &shared.connection.tag)?;
        let raw = self
            .exchange(|http| {
                http.request(Method::POST, url.clone())
                    .header(header::ACCEPT, "application/json")
                    .header(header::CONTENT_TYPE, batch::CONTENT_TYPE)
                    .body(body.clone())
            })
            .await?;
        batch::read(batch, raw.status, &raw.headers, &raw.body, (shared.now)())
    }

    /// Sends with the cached token and, should the answer be 401, once more with a new one.
    async fn exchange(
        &self,
        build: impl Fn(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<RawAnswer, Error> {
        let token = self.token(None).await?;
        let first = self.exchange_with(&token, &build).await?;
        if !asks_for_new_token(&first) {
            return Ok(first);
        }
        let token = self.token(Some(&token)).await?;
        let second = self.exchange_with(&token, &build).await?;
        match Error::from_answer(second.status, &second.body, None) {
            Error::Unauthorized(detail) => Err(Error::TokenRejected(detail)),
            _ => Ok(second),
        }
    }

    async fn exchange_with(
        &self,
        token: &Token,
        build: impl Fn(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<RawAnswer, Error> {
        let mut request = build(&self.shared.http);
        if let Some(id) = (self.correlation)() {
            for name in CORRELATION_HEADERS {
                request = request.header(name, id.to_string());
            }
        }
        let request = request
            .header("OData-Version", "4.0")
            .header("OData-MaxVersion", "4.0")
            .bearer_auth(token.bearer.expose_secret())
            .timeout(self.shared.connection.timeouts.request);
        let answer = transport::exchange(&self.shared.http, request).await?;
        if let (Some(observer), Some(left)) = (&self.observer, answer.remaining_requests()) {
            observer(left);
        }
        Ok(answer)
    }

    async fn token(&self, rejected: Option<&Token>) -> Result<Token, Error> {
        let shared = &self.shared;
        shared
            .tokens
            .token(&shared.http, &shared.connection, &shared.now, rejected)
            .await
    }
}

fn asks_for_new_token(raw: &RawAnswer) -> bool {
    raw.status >= 400
        && classify(&Error::from_answer(raw.status, &raw.body, None)).action == Action::RefreshToken
}

fn header_value(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| Error::not_sendable("a header value is malformed"))
}

fn no_row() -> Error {
    Error::unavailable("the answer holds no row")
}

fn page(answer: Answer) -> Result<Page, Error> {
    let Some(Value::Object(mut body)) = answer.body else {
        return Err(Error::unavailable("the answer holds no rows"));
    };
    let Some(Value::Array(rows)) = body.remove("value") else {
        return Err(Error::unavailable("the answer holds no rows"));
    };
    Ok(Page {
        rows: rows
            .into_iter()
            .map(|row| Record::from_value(row).ok_or_else(no_row))
            .collect::<Result<_, _>>()?,
        next_link: body
            .get("@odata.nextLink")
            .and_then(Value::as_str)
            .map(str::to_owned),
        count: body.get("@odata.count").and_then(Value::as_u64),
    })
}

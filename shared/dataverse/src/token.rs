//! The client-credentials token: cached, renewed shortly before it expires, fetched once for all
//! who wait.
//!
//! Source: Microsoft Learn, "OAuth 2.0 client credentials flow on the Microsoft identity
//! platform".

use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    connection::{Connection, Now},
    error::{Detail, Error},
    meaning::{DEFAULT_WAIT_SECONDS, retry_after_seconds},
    transport::{self, LARGEST_TOKEN_BYTES},
};

/// A token and its place in the row of tokens fetched so far.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) bearer: SecretString,
    serial: u64,
    use_until: Timestamp,
}

/// The cache of one connection.
#[derive(Default)]
pub(crate) struct TokenCache {
    last: Mutex<Option<Result<Token, Error>>>,
    fetches: AtomicU64,
}

impl TokenCache {
    /// A token that is good for now; fetched when there is none. `rejected` is a token that the
    /// service has just refused: it, and only it, is replaced however long it is said to live.
    pub(crate) async fn token(
        &self,
        http: &reqwest::Client,
        connection: &Connection,
        now: &Now,
        rejected: Option<&Token>,
    ) -> Result<Token, Error> {
        let fetches_seen = self.fetches.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        let fetched_while_waiting = self.fetches.load(Ordering::Acquire) != fetches_seen;
        match &*last {
            Some(Ok(token))
                if token.use_until > now()
                    && rejected.is_none_or(|rejected| rejected.serial != token.serial) =>
            {
                return Ok(token.clone());
            }
            // Those who waited for a fetch share its failure too. Each trying in turn would hold
            // the last of them for as many time-outs as there are callers.
            Some(Err(error)) if fetched_while_waiting => return Err(error.clone()),
            _ => {}
        }
        let serial = self.fetches.load(Ordering::Acquire) + 1;
        let fetched = fetch(http, connection, now, serial).await;
        self.fetches.fetch_add(1, Ordering::Release);
        *last = Some(fetched.clone());
        fetched
    }
}

async fn fetch(
    http: &reqwest::Client,
    connection: &Connection,
    now: &Now,
    serial: u64,
) -> Result<Token, Error> {
    let asked_at = now();
    let request = http
        .post(connection.token_url.clone())
        .timeout(connection.timeouts.request)
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &connection.client_id),
            ("client_secret", connection.client_secret.expose_secret()),
            ("scope", &connection.scope),
        ])
        .build()
        .map_err(transport::unbuildable)?;
    let raw = transport::exchange(http, request, LARGEST_TOKEN_BYTES)
        .await
        // A flood at the door says nothing about the request that wanted in.
        .map_err(|error| match error {
            Error::Oversized { .. } => Error::unavailable("the token endpoint's answer is endless"),
            other => other,
        })?;
    let is_json = transport::is_json(raw.headers.get(CONTENT_TYPE));
    if raw.status != 200 {
        let retry_after = raw
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after_seconds(value.to_str().ok()?, now()));
        return Err(refusal(raw.status, &raw.body, retry_after));
    }
    let body: Value = match serde_json::from_slice(&raw.body) {
        Ok(body) if is_json => body,
        _ => {
            return Err(Error::unavailable(
                "the token endpoint's answer is not JSON",
            ));
        }
    };
    let bearer = body["access_token"]
        .as_str()
        .filter(|bearer| !bearer.is_empty());
    let lifetime = match &body["expires_in"] {
        Value::String(seconds) => seconds.parse().ok(),
        seconds => seconds.as_u64(),
    };
    let (Some(bearer), Some(lifetime)) = (bearer, lifetime) else {
        return Err(Error::unavailable(
            "the token endpoint's answer holds no token",
        ));
    };
    tracing::debug!(lifetime_seconds = lifetime, "fetched a token");
    Ok(Token {
        bearer: SecretString::from(bearer.to_owned()),
        serial,
        use_until: use_until(asked_at, lifetime),
    })
}

/// Two minutes before the end, or half the life of a very short token: a request that starts with
/// the token must not outlive it.
fn use_until(asked_at: Timestamp, lifetime_seconds: u64) -> Timestamp {
    let lifetime = i64::try_from(lifetime_seconds.min(86_400)).expect("a day fits");
    let margin = 120.min(lifetime / 2);
    asked_at
        .checked_add(SignedDuration::from_secs(lifetime - margin))
        .unwrap_or(asked_at)
}

/// The token endpoint answers errors in OAuth's own form, `{"error","error_description"}`.
fn refusal(status: u16, body: &[u8], retry_after: Option<u32>) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let message = match (text("error"), text("error_description")) {
        (error, "") => error.to_owned(),
        (error, description) => format!("{error}: {description}"),
    };
    let detail = Detail {
        status,
        code: None,
        message,
        request_id: None,
    };
    let passes = ["temporarily_unavailable", "server_error"];
    match status {
        429 | 503 if status == 429 || retry_after.is_some() => Error::Throttled {
            retry_after_seconds: retry_after.unwrap_or(DEFAULT_WAIT_SECONDS),
            detail,
        },
        400 | 401 if passes.contains(&text("error")) => {
            Error::unavailable(format!("the token endpoint says {}", text("error")))
        }
        400 | 401 | 403 | 404 => Error::CredentialsRefused(detail),
        408 | 500..=599 => Error::unavailable(format!("the token endpoint's answer is {status}")),
        _ => Error::Unexpected(detail),
    }
}

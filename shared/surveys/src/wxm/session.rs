//! Signing in: a token, kept until shortly before it ends.
//!
//! Source: Webex Experience Management developer documentation, "Authentication".

use std::sync::Arc;

use cxloop_ports::{Clock, Failure, Secrets};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use super::client::outcome;
use crate::Error;
use crate::error::Words;
use crate::exchange::exchange;

/// The page says that a token lives 12 hours at most; the answer says 86,399 seconds. The lower counts.
const LONGEST_LIFE_SECONDS: i64 = 12 * 3_600;

/// A token is given up this much before its end, in seconds, so that no request outlives it.
const MARGIN_SECONDS: i64 = 300;

/// How long refused credentials are not tried again, in seconds: the platform locks accounts that fail too often.
const REFUSED_SECONDS: i64 = 300;

/// A token and its place in the row of tokens fetched so far.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) bearer: SecretString,
    pub(super) serial: u64,
    use_until: Timestamp,
}

struct Credentials {
    username: SecretString,
    password: SecretString,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    serial: u64,
    refused: Option<(Credentials, Timestamp, Error)>,
}

pub(super) struct Session {
    secret: String,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Session {
    pub(super) fn new(secret: String, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        Self {
            secret,
            secrets,
            clock,
            state: Mutex::default(),
        }
    }

    /// A token that is good for now. `rejected` is the serial of one that the platform has just refused: it,
    /// and only it, is replaced although it seems to live.
    pub(super) async fn token(
        &self,
        http: &reqwest::Client,
        login: &Url,
        rejected: Option<u64>,
    ) -> Result<Token, Error> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && token.use_until > self.clock.now()
            && rejected != Some(token.serial)
        {
            return Ok(token.clone());
        }
        state.token = None;
        let mut credentials = self.credentials().await?;
        if let Some(error) = self.refused_lately(&state, &credentials) {
            // Perhaps the secret was mended since it was read.
            self.secrets.forget(&self.secret).await;
            credentials = self.credentials().await?;
            if self.refused_lately(&state, &credentials).is_some() {
                return Err(error);
            }
        }
        match self
            .login(http, login, &credentials, state.serial + 1)
            .await
        {
            Ok(token) => {
                state.serial = token.serial;
                state.refused = None;
                state.token = Some(token.clone());
                tracing::debug!("signed in to the survey platform");
                Ok(token)
            }
            Err(error) => {
                if matches!(error, Error::SignInRefused { .. }) {
                    self.secrets.forget(&self.secret).await;
                    state.refused = Some((credentials, self.clock.now(), error.clone()));
                }
                Err(error)
            }
        }
    }

    /// The error for a platform that refuses even a new token.
    pub(super) fn refused(&self, body: &[u8]) -> Error {
        Error::SignInRefused {
            secret: self.secret.clone(),
            words: Words::of(body),
        }
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let wrap = |failure: Failure| Error::Secret(failure);
        Ok(Credentials {
            username: self
                .secrets
                .field(&self.secret, "username")
                .await
                .map_err(wrap)?,
            password: self
                .secrets
                .field(&self.secret, "password")
                .await
                .map_err(wrap)?,
        })
    }

    fn refused_lately(&self, state: &State, credentials: &Credentials) -> Option<Error> {
        let (refused, at, error) = state.refused.as_ref()?;
        let same = refused.username.expose_secret() == credentials.username.expose_secret()
            && refused.password.expose_secret() == credentials.password.expose_secret();
        let lately = self.clock.now().as_second() - at.as_second() < REFUSED_SECONDS;
        (same && lately).then(|| error.clone())
    }

    async fn login(
        &self,
        http: &reqwest::Client,
        login: &Url,
        credentials: &Credentials,
        serial: u64,
    ) -> Result<Token, Error> {
        let asked_at = self.clock.now();
        let form = [
            ("grant_type", "password"),
            ("username", credentials.username.expose_secret()),
            ("password", credentials.password.expose_secret()),
        ];
        let answer = exchange(http.post(login.clone()).form(&form)).await?;
        match outcome(&answer, self.clock.now()) {
            Ok(true) => {}
            Ok(false) => {
                let problem = "there is no API at the configured url";
                return Err(Error::SetUp {
                    status: answer.status,
                    problem,
                    words: Words::default(),
                });
            }
            Err(None) => return Err(self.refused(&answer.body)),
            // OAuth's own way to refuse a password is a 400.
            Err(Some(Error::Refused { status: 400, .. } | Error::SetUp { status: 403, .. })) => {
                return Err(self.refused(&answer.body));
            }
            Err(Some(error)) => return Err(error),
        }
        let unreadable = |problem| Error::Unreadable {
            status: answer.status,
            problem,
        };
        let body: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| unreadable("its body is no whole JSON"))?;
        let bearer = body["access_token"]
            .as_str()
            .filter(|bearer| !bearer.is_empty());
        let bearer = bearer.ok_or_else(|| unreadable("it holds no access_token"))?;
        let life = match &body["expires_in"] {
            Value::String(seconds) => seconds.parse().ok(),
            seconds => seconds.as_i64(),
        };
        let life = life
            .unwrap_or(LONGEST_LIFE_SECONDS)
            .clamp(0, LONGEST_LIFE_SECONDS);
        let seconds = life - MARGIN_SECONDS.min(life / 2);
        let use_until = asked_at
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(asked_at);
        Ok(Token {
            bearer: SecretString::from(bearer.to_owned()),
            serial,
            use_until,
        })
    }
}

//! The token endpoint of the identity platform, client-credentials grant.
//! Source: Microsoft Learn, "OAuth 2.0 client credentials flow on the Microsoft identity platform".

use std::collections::HashMap;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::drawn;

/// The client id and secret that the sandbox knows, and the bearer token that is always accepted.
pub(crate) const SANDBOX: &str = "sandbox";

/// How long a granted token lives, in seconds.
const LIFETIME_SECONDS: i64 = 3599;

/// Tokens that were granted and until when they hold.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Timestamp>);

impl Tokens {
    /// True for a token that holds now.
    pub(crate) fn accepts(&self, token: &str, now: Timestamp) -> bool {
        token == SANDBOX || self.0.get(token).is_some_and(|until| now < *until)
    }

    pub(crate) fn revoke_all(&mut self) {
        self.0.clear();
    }

    /// Answers a token request: status and body.
    pub(crate) fn grant(
        &mut self,
        form: &HashMap<String, String>,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> (u16, Json) {
        match check(form, authorization) {
            Err((status, error, number, description)) => {
                (status, refusal(error, number, description, now))
            }
            Ok(()) => {
                self.0.retain(|_, until| *until > now);
                let token = format!("{}{}", drawn::key().simple(), drawn::key().simple());
                self.0.insert(
                    token.clone(),
                    now + SignedDuration::from_secs(LIFETIME_SECONDS),
                );
                (
                    200,
                    json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token}),
                )
            }
        }
    }
}

type Refused = (u16, &'static str, u32, &'static str);

fn check(form: &HashMap<String, String>, authorization: Option<&str>) -> Result<(), Refused> {
    let field = |name: &str| {
        form.get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            return Err((
                400,
                "unsupported_grant_type",
                70003,
                "The app requested an unsupported grant type.",
            ));
        }
        None => {
            return Err((
                400,
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'grant_type'.",
            ));
        }
    }
    let basic = authorization.and_then(basic);
    let (client, secret) = match &basic {
        Some((client, secret)) => (Some(client.as_str()), Some(secret.as_str())),
        None => (field("client_id"), field("client_secret")),
    };
    match client {
        Some(SANDBOX) => {}
        Some(_) => {
            return Err((
                400,
                "unauthorized_client",
                700_016,
                "Application with this identifier was not found in the directory.",
            ));
        }
        None => {
            return Err((
                400,
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'client_id'.",
            ));
        }
    }
    match secret {
        Some(SANDBOX) => {}
        Some(_) => {
            return Err((
                401,
                "invalid_client",
                7_000_215,
                "Invalid client secret provided.",
            ));
        }
        None => {
            return Err((
                401,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ));
        }
    }
    match field("scope") {
        Some(scope) if scope.ends_with("/.default") && scope.split_whitespace().count() == 1 => {
            Ok(())
        }
        Some(scope) if scope.split_whitespace().count() > 1 => Err((
            400,
            "invalid_scope",
            70011,
            "The provided request must include a single resource in 'scope'.",
        )),
        Some(_) => Err((
            400,
            "invalid_scope",
            1_002_012,
            "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
        )),
        None => Err((
            400,
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'scope'.",
        )),
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(header.strip_prefix("Basic ")?)
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':')
        .map(|(client, secret)| (client.to_owned(), secret.to_owned()))
}

fn refusal(error: &str, number: u32, description: &str, now: Timestamp) -> Json {
    let trace = drawn::key().to_string();
    json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {description} Trace ID: {trace} Timestamp: {now}"),
        "error_codes": [number],
        "timestamp": now.to_string(),
        "trace_id": trace,
        "correlation_id": drawn::key().to_string(),
    })
}

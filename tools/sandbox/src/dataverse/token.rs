//! The token endpoint of the identity platform, client-credentials grant.
//! Source: Microsoft Learn, "OAuth 2.0 client credentials flow on the Microsoft identity platform".

use std::collections::HashMap;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::company;
use super::drawn;

/// The client id and secret that the sandbox knows from the start, and the bearer token that is always accepted.
pub(crate) const SANDBOX: &str = "sandbox";

/// How long a granted token lives, in seconds.
const LIFETIME_SECONDS: i64 = 3599;

/// A token that was granted: until when it holds, and for whom.
#[derive(Debug)]
struct Granted {
    until: Timestamp,
    user: Uuid,
}

/// The programs that may ask for tokens, each with its secret and its application user, and the tokens that were granted.
#[derive(Debug)]
pub(crate) struct Tokens {
    clients: HashMap<String, (String, Uuid)>,
    granted: HashMap<String, Granted>,
}

impl Default for Tokens {
    fn default() -> Self {
        let sandbox = (SANDBOX.to_owned(), company::APPLICATION_USER);
        Self {
            clients: HashMap::from([(SANDBOX.to_owned(), sandbox)]),
            granted: HashMap::new(),
        }
    }
}

impl Tokens {
    /// Lets another program ask for tokens, which stand for `user`.
    pub(crate) fn add_client(&mut self, client: &str, secret: &str, user: Uuid) {
        self.clients
            .insert(client.to_owned(), (secret.to_owned(), user));
    }

    /// The user for whom a token stands that holds now.
    pub(crate) fn user(&self, token: &str, now: Timestamp) -> Option<Uuid> {
        if token == SANDBOX {
            return Some(company::APPLICATION_USER);
        }
        let granted = self.granted.get(token)?;
        (now < granted.until).then_some(granted.user)
    }

    pub(crate) fn revoke_all(&mut self) {
        self.granted.clear();
    }

    /// Answers a token request: status and body.
    pub(crate) fn grant(
        &mut self,
        form: &HashMap<String, String>,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> (u16, Json) {
        match check(&self.clients, form, authorization) {
            Err((status, error, number, description)) => {
                (status, refusal(error, number, description, now))
            }
            Ok(user) => {
                self.granted.retain(|_, granted| granted.until > now);
                let token = format!("{}{}", drawn::key().simple(), drawn::key().simple());
                let until = now + SignedDuration::from_secs(LIFETIME_SECONDS);
                self.granted.insert(token.clone(), Granted { until, user });
                (
                    200,
                    json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token}),
                )
            }
        }
    }
}

type Refused = (u16, &'static str, u32, &'static str);

/// The user whom the token shall stand for.
fn check(
    clients: &HashMap<String, (String, Uuid)>,
    form: &HashMap<String, String>,
    authorization: Option<&str>,
) -> Result<Uuid, Refused> {
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
    let (expected, user) = match client.map(|client| clients.get(client)) {
        Some(Some((expected, user))) => (expected, *user),
        Some(None) => {
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
    };
    match secret {
        Some(secret) if secret == expected => {}
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
            Ok(user)
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

//! From bytes that anybody may have sent to bytes from a known sender.
//!
//! [`Verified`] cannot be made in any other way than by [`verify`], so a use case that takes one cannot have
//! forgotten to check.

mod dataverse;
#[cfg(test)]
mod rotation_tests;
mod standard;
#[cfg(test)]
mod tests;

use std::fmt;

use cxloop_domain::configuration::Connection;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::RefusalKind;
use cxloop_ports::{Failure, Secrets};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

pub use dataverse::DataverseProof;

/// The headers of the Standard Webhooks scheme, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `webhook-id`: the delivery's id, the same on every retry.
    pub id: Option<String>,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: Option<String>,
    /// `webhook-signature`: signatures separated by spaces.
    pub signature: Option<String>,
}

impl SignatureHeaders {
    /// Picks the three headers from all of a request. One that is no plain text counts as missing.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            headers
                .get(name)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned)
        };
        Self {
            id: text("webhook-id"),
            timestamp: text("webhook-timestamp"),
            signature: text("webhook-signature"),
        }
    }
}

/// A webhook as it came in from the network.
#[derive(Clone)]
pub struct Unverified {
    /// The connection in the address.
    pub connection: ConnectionName,
    /// The token in the address, where there is one, exactly as it stands there. A token is made of characters that no
    /// address encodes, so there is nothing to decode.
    pub token: Option<String>,
    /// The signature's headers.
    pub headers: SignatureHeaders,
    /// What Dataverse sends along.
    pub dataverse: DataverseProof,
    /// The body, byte by byte as sent.
    pub body: Vec<u8>,
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Unverified {{ connection: {}, {} bytes }}",
            self.connection,
            self.body.len()
        )
    }
}

/// A webhook from a sender who proved to be the connection's.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    connection: ConnectionName,
    delivery_id: Option<String>,
    body: Vec<u8>,
}

impl Verified {
    /// The connection it came through.
    pub fn connection(&self) -> &ConnectionName {
        &self.connection
    }

    /// The sender's id of the delivery, the same on every retry, where the scheme has one. It is signed too.
    pub fn delivery_id(&self) -> Option<&str> {
        self.delivery_id.as_deref()
    }

    /// The body, byte by byte as sent.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Verified {{ connection: {}, {} bytes }}",
            self.connection,
            self.body.len()
        )
    }
}

/// Why a webhook is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The sender did not prove who they are. The reason is for logs only: it would help who guesses.
    #[error("{reason}")]
    Unauthorized {
        /// Which proof failed.
        kind: RefusalKind,
        /// How, in words that hold nothing of the request.
        reason: &'static str,
    },
    /// The secret that proves it cannot be read or used; the sender may be right, so they should try again.
    #[error("{0}")]
    SecretTrouble(Failure),
}

/// Checks a webhook against its connection's secret: the token in the address for `wxm`, which cannot sign, the
/// signature over the raw bytes for `standard`, and for `dynamics`, which cannot sign either, a header or the address's
/// `code`, and the organisation's domain where the connection names it.
///
/// Secret fields: `webhook_token` for `wxm`, `webhook_secret` for the others.
///
/// # Errors
/// [`Refusal::Unauthorized`] for a wrong or missing proof, or one more than five minutes off;
/// [`Refusal::SecretTrouble`] when our own secret is missing or unfit.
pub async fn verify(
    unverified: Unverified,
    connection: &Connection,
    secrets: &dyn Secrets,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let delivery_id = match connection {
        Connection::Wxm(wxm) => {
            let expected = secrets
                .field(&wxm.secret, "webhook_token")
                .await
                .map_err(Refusal::SecretTrouble)?;
            let previous = secrets.optional_field(&wxm.secret, PREVIOUS_TOKEN).await;
            let previous = previous.map_err(Refusal::SecretTrouble)?;
            let given = unverified.token.as_deref();
            let checked = token(given, expected.expose_secret(), &wxm.secret);
            match (checked, previous) {
                // While the token is changed, the platform may still call the address before.
                (Err(Refusal::Unauthorized { .. }), Some(previous)) => {
                    token(given, previous.expose_secret(), &wxm.secret)?;
                }
                (checked, _) => checked?,
            }
            None
        }
        Connection::Standard(standard) => {
            let secret = secrets
                .field(&standard.secret, "webhook_secret")
                .await
                .map_err(Refusal::SecretTrouble)?;
            let key = standard::Key::read(secret.expose_secret())
                .map_err(|problem| unfit(&standard.secret, "webhook_secret", problem))?;
            Some(
                standard::verify(&key, &unverified.headers, &unverified.body, now)
                    .map_err(|(kind, reason)| Refusal::Unauthorized { kind, reason })?,
            )
        }
        Connection::Dynamics(dynamics) => {
            dataverse::verify(&unverified.dataverse, dynamics, secrets).await?;
            None
        }
    };
    Ok(Verified {
        connection: unverified.connection,
        delivery_id,
        body: unverified.body,
    })
}

/// The token before the current one, which is accepted too as long as the field is there.
const PREVIOUS_TOKEN: &str = "previous_webhook_token";

/// What makes a `webhook_token` unusable, in words that continue a sentence about the field.
///
/// An empty one would be matched by an address that ends in a slash. Any character outside `A-Z a-z 0-9 - _` may reach
/// us in another form than it was written in. Source: RFC 3986, section 2.3, "Unreserved Characters".
pub fn token_problem(token: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if token.is_empty() {
        Some("is empty")
    } else if token.bytes().all(plain) {
        None
    } else {
        Some("holds other characters than A-Z a-z 0-9 - _")
    }
}

fn token(given: Option<&str>, expected: &str, secret: &str) -> Result<(), Refusal> {
    if let Some(problem) = token_problem(expected) {
        return Err(unfit(secret, "webhook_token", problem));
    }
    let refused = |reason| Refusal::Unauthorized {
        kind: RefusalKind::Token,
        reason,
    };
    let given = given.ok_or(refused("no token in the address"))?;
    let equal: bool = given.as_bytes().ct_eq(expected.as_bytes()).into();
    if equal {
        Ok(())
    } else {
        Err(refused("wrong token in the address"))
    }
}

fn unfit(secret: &str, field: &str, problem: &str) -> Refusal {
    Refusal::SecretTrouble(Failure::mend(
        format!("Secret {secret}: the field {field} {problem}."),
        "webhook verification",
    ))
}

//! The shared secret of Dataverse's webhooks. Dataverse does not sign; what it sends is a fixed value in a header or in the
//! address.
//!
//! Source: Microsoft Learn, "Register a webhook" (authentication options `WebhookKey` and `HttpHeader`).

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::signals::RefusalKind;
use cxloop_ports::Secrets;
use http::HeaderMap;
use secrecy::ExposeSecret;
use subtle::{Choice, ConstantTimeEq};

use super::{Refusal, token_problem, unfit};

/// The header that names the environment by its domain.
/// Source: Microsoft Learn, "Use webhooks to create external handlers for server events".
const ORGANIZATION: &str = "x-ms-dynamics-organization";

const FIELD: &str = "webhook_secret";

/// The secret of before, which `cxloop setup dynamics` keeps while both sides are changed.
const PREVIOUS_FIELD: &str = "previous_webhook_secret";

/// The new secret and the old one, while both sides are changed.
const MOST_SECRETS: usize = 2;

/// What a webhook of Dataverse proves its sender by, as it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DataverseProof {
    /// The value of the header that the connection names.
    pub header: Option<String>,
    /// The address's `code`, exactly as it stands there: the secret is made of characters that no address encodes.
    pub code: Option<String>,
    /// The domain of the environment.
    pub organization: Option<String>,
}

impl DataverseProof {
    /// Picks what is needed from a request's headers and query. A header that is no plain text counts as missing.
    pub fn of(headers: &HeaderMap, query: Option<&str>, connection: &DynamicsConnection) -> Self {
        let header = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.trim().to_owned())
        };
        let mut pairs = query.unwrap_or_default().split('&');
        let code = pairs.find_map(|pair| pair.strip_prefix("code="));
        Self {
            header: header(connection.webhook_header.as_str()),
            code: code.map(str::to_owned),
            organization: header(ORGANIZATION),
        }
    }
}

/// Checks the secret first and then the domain, so that a stranger learns nothing of the latter.
pub(super) async fn verify(
    proof: &DataverseProof,
    connection: &DynamicsConnection,
    secrets: &dyn Secrets,
) -> Result<(), Refusal> {
    let given: Vec<&str> = [&proof.header, &proof.code]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    let refused = |kind, reason| Refusal::Unauthorized { kind, reason };
    if given.is_empty() {
        // Without asking for our own secret, so that strangers find no trouble with it.
        let reason = "no secret in a header or in the address";
        return Err(refused(RefusalKind::Token, reason));
    }
    let field = secrets
        .field(&connection.secret, FIELD)
        .await
        .map_err(Refusal::SecretTrouble)?;
    let previous = secrets
        .optional_field(&connection.secret, PREVIOUS_FIELD)
        .await
        .map_err(Refusal::SecretTrouble)?;
    let previous = previous.as_ref().map_or("", ExposeSecret::expose_secret);
    let expected: Vec<&str> = field.expose_secret().split_whitespace().collect();
    let problem = match expected.as_slice() {
        [] => Some("is empty"),
        many if many.len() > MOST_SECRETS => Some("holds more than two secrets"),
        some => some.iter().find_map(|secret| token_problem(secret)),
    };
    if let Some(problem) = problem {
        return Err(unfit(&connection.secret, FIELD, problem));
    }
    // One that is unfit is no secret, and the current one is there.
    let expected: Vec<&str> = expected
        .into_iter()
        .chain(previous.split_whitespace())
        .filter(|secret| token_problem(secret).is_none())
        .collect();
    // All pairs are compared, so that the time tells nothing of which one it was.
    let pairs = expected
        .iter()
        .flat_map(|e| given.iter().map(move |g| (e, g)));
    let one_is_right = pairs.fold(Choice::from(0), |so_far, (expected, given)| {
        so_far | expected.as_bytes().ct_eq(given.as_bytes())
    });
    if !bool::from(one_is_right) {
        let reason = "wrong secret in a header or in the address";
        return Err(refused(RefusalKind::Token, reason));
    }
    let domains = connection
        .organization_domain
        .as_deref()
        .zip(proof.organization.as_deref());
    if domains.is_some_and(|(ours, theirs)| !ours.trim().eq_ignore_ascii_case(theirs)) {
        let reason = "the webhook comes from another organisation";
        return Err(refused(RefusalKind::Organization, reason));
    }
    Ok(())
}

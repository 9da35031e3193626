//! How long the secret that expires is good for.

use cxloop_domain::signals::Signal;
use cxloop_domain::sweep::{EXPIRES_FIELD, days_left, looks_at_expiry};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::Remedy;
use secrecy::ExposeSecret;

use crate::Deps;

/// Says once an hour how many days are left. Trouble with it is logged and fails nothing: publishing what was accepted is
/// what this function is for, and another hour comes.
pub(crate) async fn watch(deps: &Deps) {
    let now = deps.clock.now();
    let Some(secret) = deps
        .expiring_secret
        .as_deref()
        .filter(|_| looks_at_expiry(now))
    else {
        return;
    };
    let expires = match deps.secrets.field(secret, EXPIRES_FIELD).await {
        Ok(expires) => expires,
        // A person has not said when it expires, or not filled it in at all, which others report.
        Err(failure) if failure.remedy == Remedy::Mend => return,
        Err(failure) => {
            tracing::warn!(
                { fields::OUTCOME } = outcomes::FAILED,
                { fields::REASON } = failure.message,
                { fields::DETAIL } = failure.detail,
                "it could not be seen when a secret expires"
            );
            return;
        }
    };
    let days = days_left(expires.expose_secret(), now).unwrap_or_else(|problem| {
        // Nobody knows how long, so the alarm rings.
        tracing::error!(
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::REASON } = %format_args!("Secret {secret}: {problem}."),
            "it is not known when a secret expires");
        0
    });
    deps.signals.count(Signal::SecretDaysLeft { secret, days });
}

//! A configuration, its secrets and a clock that stands still, for targets that need them.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use cxloop_domain::configuration::{self, Applied, Configuration, Connection};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Clock, Failure, Secrets};
use jiff::Timestamp;
use secrecy::SecretString;

/// The key that bodies of the connection `generic` are signed with.
pub(crate) const SIGNING_KEY: &str = "whsec_Y3hsb29wIGZ1enogc2lnbmluZyBrZXkgMDEyMzQ1Njc=";

/// The token in the address of webhooks of the connection `wxm`, and the secret of those of `dynamics`.
pub(crate) const WEBHOOK_TOKEN: &str = "fuzz-token";

/// Secrets that never change.
pub(crate) struct FixedSecrets;

#[async_trait]
impl Secrets for FixedSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        let value = match field {
            "webhook_secret" if secret == "fuzz/dynamics" => WEBHOOK_TOKEN,
            "webhook_secret" => SIGNING_KEY,
            "webhook_token" => WEBHOOK_TOKEN,
            "username" | "password" => "sandbox",
            _ => {
                let words = format!("the secret {secret} has no field {field}");
                return Err(Failure::mend(words, ""));
            }
        };
        Ok(SecretString::from(value))
    }

    async fn forget(&self, _secret: &str) {}
}

/// A clock that stands still.
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        crate::now()
    }
}

/// A configuration with the survey platform at this address.
pub(crate) fn applied(wxm_url: &str) -> Applied {
    // Reading it takes longer than most inputs.
    static READ: OnceLock<Configuration> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let text = [
            "connections:",
            "  wxm: { kind: wxm, url: 'http://127.0.0.1:1', secret: fuzz/wxm, case_surveys: [after-case] }",
            "  generic: { kind: standard, secret: fuzz/generic }",
            "  dynamics: { kind: dynamics, url: 'http://127.0.0.1:1', secret: fuzz/dynamics }",
            "case_rules: []",
        ];
        configuration::read(&text.join("\n")).expect("the configuration is a valid one")
    });
    let mut configuration = read.clone();
    if let Some(Connection::Wxm(wxm)) = configuration.connections.get_mut(&name("wxm")) {
        wxm_url.clone_into(&mut wxm.url);
    }
    Applied {
        version: 1,
        configuration,
    }
}

/// The name of a connection.
pub(crate) fn name(text: &str) -> ConnectionName {
    ConnectionName::parse(text).expect("the name is made of letters")
}

/// Clock and secrets as the platforms take them.
pub(crate) fn ports() -> (Arc<dyn Secrets>, Arc<dyn Clock>) {
    (Arc::new(FixedSecrets), Arc::new(StandingClock))
}

//! The secrets of the sandbox, which are none: everything listens on loopback and is forgotten at the end.

use std::collections::BTreeMap;

use anyhow::Context;
use async_trait::async_trait;
use cxloop_ports::{Failure, Secrets};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::emulator::Stack;

/// The signing secret of the connection `generic`. Always the same, so that a script survives a restart.
/// Source of its form: the Standard Webhooks specification (`whsec_` and 24 to 64 bytes in base64). Its 30 bytes need no
/// padding in base64: readers of environment files stumble over a value with `=`.
pub const WEBHOOK_SECRET: &str = "whsec_Y3hsb29wIHNhbmRib3ggc2lnbmluZyBrZXkgMzBi";

/// The deployed secrets by the outputs with their names, the names by which the sandbox's configuration calls them, and
/// their values.
fn values() -> [(&'static str, &'static str, Value); 3] {
    [
        (
            "WxmSecretName",
            "cxloop/wxm",
            json!({"username": "sandbox", "password": "sandbox", "webhook_token": "sandbox"}),
        ),
        (
            "GenericSecretName",
            "cxloop/generic",
            json!({"webhook_secret": WEBHOOK_SECRET}),
        ),
        (
            "DynamicsSecretName",
            "cxloop/dynamics",
            json!({
                "tenant": "sandbox", "client_id": "sandbox", "client_secret": "sandbox",
                "webhook_secret": "sandbox",
            }),
        ),
    ]
}

/// Gives the deployed secrets their values.
pub(super) async fn put(stack: &Stack) -> anyhow::Result<()> {
    for (output, _, value) in values() {
        let name = stack.output(output)?;
        stack
            .put_secret(name, &value)
            .await
            .with_context(|| format!("the secret {name} cannot be stored"))?;
    }
    Ok(())
}

/// The same values, for what this process does itself.
pub(super) struct SandboxSecrets(BTreeMap<&'static str, Value>);

impl SandboxSecrets {
    pub(super) fn new() -> Self {
        let named = values().map(|(_, name, value)| (name, value));
        Self(named.into())
    }
}

#[async_trait]
impl Secrets for SandboxSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        let value = self.0.get(secret).and_then(|value| value[field].as_str());
        value.map(SecretString::from).ok_or_else(|| {
            let missing = format!("The sandbox has no secret {secret} with a field {field}.");
            Failure::mend(missing, "")
        })
    }

    async fn forget(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::WEBHOOK_SECRET;

    #[test]
    fn the_signing_secret_is_one_by_the_specification() {
        let key = STANDARD
            .decode(WEBHOOK_SECRET.strip_prefix("whsec_").unwrap())
            .unwrap();
        assert!((24..=64).contains(&key.len()), "{}", key.len());
    }
}

//! The secrets of the sandbox, which are none: everything listens on loopback and is forgotten at the end.

use anyhow::{Context, Result};
use serde_json::json;

use crate::emulator::Stack;

/// The signing secret of the connection `generic`. Always the same, so that a script survives a restart.
/// Source of its form: the Standard Webhooks specification (`whsec_` and 24 to 64 bytes in base64). Its 30 bytes need no
/// padding in base64: readers of environment files stumble over a value with `=`.
pub const WEBHOOK_SECRET: &str = "whsec_Y3hsb29wIHNhbmRib3ggc2lnbmluZyBrZXkgMzBi";

/// Gives the deployed secrets their values.
pub(super) async fn put(stack: &Stack) -> Result<()> {
    let values = [
        (
            "WxmSecretName",
            json!({"username": "sandbox", "password": "sandbox", "webhook_token": "sandbox"}),
        ),
        (
            "GenericSecretName",
            json!({"webhook_secret": WEBHOOK_SECRET}),
        ),
        (
            "DynamicsSecretName",
            json!({
                "tenant": "sandbox", "client_id": "sandbox", "client_secret": "sandbox",
                "webhook_secret": "sandbox",
            }),
        ),
    ];
    for (output, value) in values {
        let name = stack.output(output)?;
        stack
            .put_secret(name, &value)
            .await
            .with_context(|| format!("the secret {name} cannot be stored"))?;
    }
    Ok(())
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

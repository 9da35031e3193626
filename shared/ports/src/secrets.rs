//! Secrets by name.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::Failure;

/// Reads secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// One field of a secret that is a JSON object. Fails with remedy `Mend`, naming secret and field,
    /// when either is missing. May be some minutes old.
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure>;

    /// Forgets what is cached of a secret, because the far side refused it.
    async fn forget(&self, secret: &str);
}

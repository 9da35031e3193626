//! Secrets by name.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{Failure, Remedy};

/// Reads secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// One field of a secret that is a JSON object. Fails with remedy `Mend`, naming secret and field,
    /// when either is missing. May be some minutes old.
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure>;

    /// One field that may be missing, such as the token before the current one: `None` when it, or the secret, is not there.
    /// May be some minutes old. Asking for a field that is missing is as cheap as asking for one that is there.
    async fn optional_field(
        &self,
        secret: &str,
        field: &str,
    ) -> Result<Option<SecretString>, Failure> {
        match self.field(secret, field).await {
            Ok(value) => Ok(Some(value)),
            Err(failure) if failure.remedy == Remedy::Mend => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Forgets what is cached of a secret, because the far side refused it.
    async fn forget(&self, secret: &str);
}

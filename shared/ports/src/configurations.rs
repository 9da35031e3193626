//! The applied configuration.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, Configuration};

use crate::Failure;

/// Keeps the versions of the configuration.
#[async_trait]
pub trait Configurations: Send + Sync {
    /// The configuration in force; may be some seconds old. Fails with remedy `Mend` when none was ever applied.
    async fn current(&self) -> Result<Arc<Applied>, Failure>;

    /// Puts a configuration in force as the next version and returns it. An equal one keeps its version.
    async fn apply(&self, configuration: &Configuration) -> Result<Applied, Failure>;
}

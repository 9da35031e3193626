//! The index of hashed e-mail addresses.

use async_trait::async_trait;
use cxloop_domain::address_index::{IndexName, Progress};
use uuid::Uuid;

use crate::Failure;

/// Which contacts of a CRM have an e-mail address with a hash. Holds hashes and ids, never an address.
#[async_trait]
pub trait AddressIndex: Send + Sync {
    /// The contacts that had the address when they were read last, at most 20. Some may have another by now.
    async fn contacts(&self, index: &IndexName, hash: &str) -> Result<Vec<Uuid>, Failure>;

    /// Adds entries; one that is there is kept for longer.
    async fn add(&self, index: &IndexName, entries: &[(String, Uuid)]) -> Result<(), Failure>;

    /// How far the index of an algorithm is.
    async fn progress(&self, index: &IndexName, algorithm: &str) -> Result<Progress, Failure>;

    /// Keeps how far it is. One worker at a time: callers hold a lease.
    async fn keep_progress(
        &self,
        index: &IndexName,
        algorithm: &str,
        progress: &Progress,
    ) -> Result<(), Failure>;
}

//! Plans, which are stored before they are carried out, and claims on what is one at a time.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;

/// A plan as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The plan; its shape belongs to the use case that wrote it.
    pub plan: Value,
    /// Counts up with each replacement; guards the next one.
    pub version: u64,
}

/// What came of keeping a plan as the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFirst {
    /// The plan that stands.
    pub kept: Kept,
    /// Whether it is the one given; another stood there already otherwise.
    pub new: bool,
}

/// Keeps plans under business keys such as `case/wxm/52c7…/detractor`.
#[async_trait]
pub trait Plans: Send + Sync {
    /// The plan under a key.
    async fn load(&self, key: &str) -> Result<Option<Kept>, Failure>;

    /// Stores a plan unless there is one; returns the one that stands. The first plan is the one that all retries run.
    async fn keep_first(&self, key: &str, plan: &Value) -> Result<KeptFirst, Failure>;

    /// Replaces the plan if it still has the version given; returns the one that stands, which is
    /// another's when the version had moved on.
    async fn replace(&self, key: &str, version: u64, plan: &Value) -> Result<Kept, Failure>;
}

/// Claims: conditional items for what may exist only once at a time, and short leases for work that must not overlap.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Claims `key` for `holder` unless another holds it; returns the holder that stands.
    async fn claim(&self, key: &str, holder: &str) -> Result<String, Failure>;

    /// Hands the claim from one holder to the next, if `from` still holds it; returns the holder that stands.
    async fn take_over(&self, key: &str, from: &str, to: &str) -> Result<String, Failure>;

    /// Takes a lease until a moment. `false` when somebody else's lease still runs at `now`.
    /// The same holder may take it again.
    async fn lease(
        &self,
        key: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Failure>;

    /// Gives the lease back early, if the holder still has it.
    async fn release(&self, key: &str, holder: &str) -> Result<(), Failure>;

    /// Adds a member to a set and returns how many *other* members it has. Adding twice changes nothing.
    async fn join(&self, key: &str, member: &str) -> Result<u32, Failure>;

    /// Takes a member out of a set again. Leaving a set one is not in changes nothing.
    async fn leave(&self, key: &str, member: &str) -> Result<(), Failure>;

    /// How many members other than this one the set has.
    async fn others(&self, key: &str, member: &str) -> Result<u32, Failure>;
}

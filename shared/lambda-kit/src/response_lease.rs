//! One worker at a time at a response: platforms have no keys on notes, and take an answer only whole.

use std::sync::atomic::{AtomicU64, Ordering};

use cxloop_domain::names::ResponseKey;
use cxloop_ports::{Claims, Failure, Remedy};
use jiff::{SignedDuration, Timestamp};

/// How long one attempt may be at a response before another takes it for dead.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Tells the attempts of a process apart.
static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

/// The right to write on a response, of one attempt.
pub struct ResponseLease<'c> {
    claims: &'c dyn Claims,
    key: String,
    holder: String,
}

impl<'c> ResponseLease<'c> {
    /// Takes it for an attempt of a worker; `None` while another attempt has it. Attempts of one process count as different:
    /// after a lost answer it has to wait as any other.
    pub async fn take(
        claims: &'c dyn Claims,
        worker: &str,
        response: &ResponseKey,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let lease = Self {
            claims,
            key: format!("note/{response}"),
            holder: format!("{worker}/{}", ATTEMPTS.fetch_add(1, Ordering::Relaxed)),
        };
        let is_taken = claims
            .lease(&lease.key, &lease.holder, now, now + LEASE)
            .await?;
        Ok(is_taken.then_some(lease))
    }

    /// Gives it back after what was done under it. After a lost answer nobody knows what the platform holds: then it runs
    /// out by itself, so that the next look comes late enough to see it.
    pub async fn give_back_after<T>(self, done: Result<T, Failure>) -> Result<T, Failure> {
        let is_unknown = matches!(&done, Err(failure) if failure.remedy == Remedy::Retry);
        if !is_unknown {
            self.claims.release(&self.key, &self.holder).await?;
        }
        done
    }
}

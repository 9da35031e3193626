//! One worker at a time at something that has no key of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use cxloop_domain::names::ResponseKey;
use cxloop_ports::{Claims, Failure, Remedy};
use jiff::{SignedDuration, Timestamp};

/// How long one attempt may be at a response before another takes it for dead.
const AT_A_RESPONSE: SignedDuration = SignedDuration::from_secs(60);

/// Tells the attempts of a process apart.
static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

/// The right of one attempt to work at something.
pub struct Lease<'c> {
    claims: &'c dyn Claims,
    key: String,
    holder: String,
}

impl<'c> Lease<'c> {
    /// Takes it for an attempt of a worker; `None` while another attempt has it. Attempts of one process count as different:
    /// after a lost answer it has to wait as any other.
    pub async fn take(
        claims: &'c dyn Claims,
        worker: &str,
        key: String,
        now: Timestamp,
        held_for: SignedDuration,
    ) -> Result<Option<Self>, Failure> {
        let lease = Self {
            claims,
            key,
            holder: format!("{worker}/{}", ATTEMPTS.fetch_add(1, Ordering::Relaxed)),
        };
        let is_taken = claims
            .lease(&lease.key, &lease.holder, now, now + held_for)
            .await?;
        Ok(is_taken.then_some(lease))
    }

    /// The right to write on a response: platforms have no keys on notes, and take an answer only whole.
    pub async fn on_response(
        claims: &'c dyn Claims,
        worker: &str,
        response: &ResponseKey,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let key = format!("note/{response}");
        Self::take(claims, worker, key, now, AT_A_RESPONSE).await
    }

    /// Gives it back.
    pub async fn give_back(self) -> Result<(), Failure> {
        self.claims.release(&self.key, &self.holder).await
    }

    /// Gives it back after what was done under it. After a lost answer nobody knows what the far side holds: then it runs
    /// out by itself, so that the next look comes late enough to see it.
    pub async fn give_back_after<T>(self, done: Result<T, Failure>) -> Result<T, Failure> {
        let is_unknown = matches!(&done, Err(failure) if failure.remedy == Remedy::Retry);
        if !is_unknown {
            self.give_back().await?;
        }
        done
    }
}

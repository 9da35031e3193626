//! What a person who waits is told.

use std::future::Future;
use std::path::Path;

use anyhow::Result;
use tokio::time::Instant;

use super::options::Tell;
use super::secrets::WEBHOOK_SECRET;
use crate::front::Addresses;

/// Tells each step with the seconds that it took.
pub(super) struct Progress {
    tell: Tell,
    began: Instant,
}

impl Progress {
    pub(super) fn new(tell: Tell) -> Self {
        Self {
            tell,
            began: Instant::now(),
        }
    }

    pub(super) fn tell(&self, line: &str) {
        (self.tell)(line);
    }

    /// Does a step that takes seconds, announcing it first.
    pub(super) async fn step<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.tell(&format!("{what} …"));
        let began = Instant::now();
        let done = work.await?;
        self.tell(&format!("{what}: {:.1} s", began.elapsed().as_secs_f32()));
        Ok(done)
    }

    /// The last lines of a start.
    pub(super) fn done(&self, addresses: &Addresses, environment: &Path) {
        self.tell(&format!(
            "ready after {:.1} s",
            self.began.elapsed().as_secs_f32()
        ));
        for line in [
            String::new(),
            format!("  start here       {}/", addresses.front),
            format!("  Dynamics         {}/", addresses.dynamics),
            format!("  survey platform  {}/", addresses.survey),
            format!("  AWS emulator     {}", addresses.emulator),
            format!("  signed webhooks  {}/webhooks/generic", addresses.front),
            format!("  their secret     {WEBHOOK_SECRET}"),
            format!("  environment      {}", environment.display()),
            String::new(),
        ] {
            self.tell(&line);
        }
    }
}

//! Checkpoints in memory.

use async_trait::async_trait;
use cxloop_domain::changed_records::Checkpoint;
use cxloop_ports::{Checkpoints, Failure};

use super::FakeStore;

#[async_trait]
impl Checkpoints for FakeStore {
    async fn load(&self, key: &str) -> Result<(Checkpoint, u64), Failure> {
        Ok(self
            .open()?
            .checkpoints
            .get(key)
            .cloned()
            .unwrap_or_default())
    }

    async fn keep(
        &self,
        key: &str,
        version: u64,
        checkpoint: &Checkpoint,
    ) -> Result<bool, Failure> {
        let mut state = self.open()?;
        let standing = state.checkpoints.entry(key.to_owned()).or_default();
        if standing.1 != version {
            return Ok(false);
        }
        *standing = (checkpoint.clone(), version + 1);
        Ok(true)
    }
}

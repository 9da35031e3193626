//! The index of hashed addresses in memory.

use async_trait::async_trait;
use cxloop_domain::address_index::{IndexName, Progress};
use cxloop_domain::customers::MOST_CONTACTS;
use cxloop_ports::{AddressIndex, Failure};
use uuid::Uuid;

use super::FakeStore;

#[async_trait]
impl AddressIndex for FakeStore {
    async fn contacts(&self, index: &IndexName, hash: &str) -> Result<Vec<Uuid>, Failure> {
        let state = self.open()?;
        let key = (index.clone(), hash.to_owned());
        let contacts = state.addresses.get(&key).into_iter().flatten();
        Ok(contacts.copied().take(MOST_CONTACTS).collect())
    }

    async fn add(&self, index: &IndexName, entries: &[(String, Uuid)]) -> Result<(), Failure> {
        let mut state = self.open()?;
        for (hash, contact) in entries {
            let key = (index.clone(), hash.clone());
            state.addresses.entry(key).or_default().insert(*contact);
        }
        Ok(())
    }

    async fn progress(&self, index: &IndexName, algorithm: &str) -> Result<Progress, Failure> {
        let key = (index.clone(), algorithm.to_owned());
        Ok(self
            .open()?
            .address_progress
            .get(&key)
            .cloned()
            .unwrap_or_default())
    }

    async fn keep_progress(
        &self,
        index: &IndexName,
        algorithm: &str,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let key = (index.clone(), algorithm.to_owned());
        self.open()?.address_progress.insert(key, progress.clone());
        Ok(())
    }
}

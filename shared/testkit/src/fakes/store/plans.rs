//! Plans in memory.

use async_trait::async_trait;
use cxloop_ports::{Failure, Kept, KeptFirst, Plans};
use serde_json::Value;

use super::FakeStore;

#[async_trait]
impl Plans for FakeStore {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Failure> {
        Ok(self.open()?.plans.get(key).cloned())
    }

    async fn keep_first(&self, key: &str, plan: &Value) -> Result<KeptFirst, Failure> {
        let mut state = self.open()?;
        let new = !state.plans.contains_key(key);
        let kept = state.plans.entry(key.to_owned()).or_insert_with(|| Kept {
            plan: plan.clone(),
            version: 1,
        });
        Ok(KeptFirst {
            kept: kept.clone(),
            new,
        })
    }

    async fn replace(&self, key: &str, version: u64, plan: &Value) -> Result<Kept, Failure> {
        let mut state = self.open()?;
        let Some(kept) = state.plans.get_mut(key) else {
            let first = Kept {
                plan: plan.clone(),
                version: 1,
            };
            state.plans.insert(key.to_owned(), first.clone());
            return Ok(first);
        };
        if kept.version == version {
            *kept = Kept {
                plan: plan.clone(),
                version: version + 1,
            };
        }
        Ok(kept.clone())
    }
}

//! Configurations in memory.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, Configuration};
use cxloop_ports::{Configurations, Failure};

use super::{FakeStore, State};

fn current(state: &State) -> Option<Applied> {
    let configuration = state.configurations.last()?.clone();
    Some(Applied {
        version: state.configurations.len() as u64,
        configuration,
    })
}

#[async_trait]
impl Configurations for FakeStore {
    async fn current(&self) -> Result<Arc<Applied>, Failure> {
        let applied = current(&*self.open()?);
        applied
            .map(Arc::new)
            .ok_or_else(|| Failure::mend("no configuration has been applied: run cxloop apply", ""))
    }

    async fn apply(&self, configuration: &Configuration) -> Result<Applied, Failure> {
        let mut state = self.open()?;
        if state.configurations.last() != Some(configuration) {
            state.configurations.push(configuration.clone());
        }
        Ok(current(&state).expect("one was pushed or stood there"))
    }
}

//! Gates in memory.

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Gates, HEAD_START, Lane, fits, paced};
use jiff::Timestamp;

use super::FakeStore;

#[async_trait]
impl Gates for FakeStore {
    async fn closed_until(
        &self,
        connection: &ConnectionName,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let state = self.open()?;
        let all = state.gates.get(connection).copied();
        let until = match lane {
            Lane::Cases => all,
            Lane::History => {
                let first_served = all.map(|until| until + HEAD_START);
                first_served.max(state.held_back.get(connection).copied())
            }
        };
        Ok(until.filter(|until| *until > now))
    }

    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure> {
        let mut state = self.open()?;
        let standing = state.gates.entry(connection.clone()).or_insert(until);
        *standing = until.max(*standing);
        Ok(())
    }

    async fn hold_back_history(
        &self,
        connection: &ConnectionName,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let mut state = self.open()?;
        let standing = state.held_back.entry(connection.clone()).or_insert(until);
        *standing = until.max(*standing);
        Ok(())
    }

    async fn take(
        &self,
        connection: &ConnectionName,
        requests: u32,
        per_second: u32,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut state = self.open()?;
        let second = (connection.clone(), now.as_second());
        let taken = state.taken.entry(second).or_default();
        *taken += u64::from(requests);
        if fits(*taken, requests, per_second) {
            Ok(())
        } else {
            Err(paced(connection, *taken, per_second))
        }
    }
}

//! Claims and gates in memory.

use async_trait::async_trait;
use cxloop_ports::{Claims, Failure};
use jiff::Timestamp;

use super::{FakeStore, State};

fn others_in(state: &State, key: &str, member: &str) -> u32 {
    let others = state
        .sets
        .get(key)
        .map_or(0, |set| set.iter().filter(|known| *known != member).count());
    u32::try_from(others).expect("a test's sets are small")
}

#[async_trait]
impl Claims for FakeStore {
    async fn claim(&self, key: &str, holder: &str) -> Result<String, Failure> {
        Ok(self
            .open()?
            .claims
            .entry(key.to_owned())
            .or_insert_with(|| holder.to_owned())
            .clone())
    }

    async fn take_over(&self, key: &str, from: &str, to: &str) -> Result<String, Failure> {
        let mut state = self.open()?;
        let holder = state
            .claims
            .entry(key.to_owned())
            .or_insert_with(|| to.to_owned());
        if holder == from {
            *holder = to.to_owned();
        }
        Ok(holder.clone())
    }

    async fn lease(
        &self,
        key: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Failure> {
        let mut state = self.open()?;
        let taken = state
            .leases
            .get(key)
            .is_some_and(|(standing, runs_until)| standing != holder && *runs_until > now);
        if !taken {
            state
                .leases
                .insert(key.to_owned(), (holder.to_owned(), until));
        }
        Ok(!taken)
    }

    async fn release(&self, key: &str, holder: &str) -> Result<(), Failure> {
        let mut state = self.open()?;
        if state
            .leases
            .get(key)
            .is_some_and(|(standing, _)| standing == holder)
        {
            state.leases.remove(key);
        }
        Ok(())
    }

    async fn join(&self, key: &str, member: &str) -> Result<u32, Failure> {
        let mut state = self.open()?;
        state
            .sets
            .entry(key.to_owned())
            .or_default()
            .insert(member.to_owned());
        Ok(others_in(&state, key, member))
    }

    async fn leave(&self, key: &str, member: &str) -> Result<(), Failure> {
        if let Some(set) = self.open()?.sets.get_mut(key) {
            set.remove(member);
        }
        Ok(())
    }

    async fn others(&self, key: &str, member: &str) -> Result<u32, Failure> {
        Ok(others_in(&*self.open()?, key, member))
    }
}

//! Invitations in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use cxloop_domain::survey_trigger::{Invitation, InvitationState};
use cxloop_ports::{Awaited, Failure, Invitations, KeptInvitation};
use jiff::Timestamp;
use uuid::Uuid;

use super::{FakeStore, State};

fn first(invitation: &Invitation) -> KeptInvitation {
    KeptInvitation {
        invitation: invitation.clone(),
        version: 1,
    }
}

fn await_moment(state: &mut State, invitation: &Invitation) {
    if let InvitationState::Waiting { until } = invitation.state {
        state.awaited.entry((until, invitation.id)).or_insert(false);
    }
}

impl FakeStore {
    /// All invitations, in the order of their ids.
    pub fn invitations(&self) -> Vec<Invitation> {
        let state = self.look();
        let kept = state.invitations.values();
        kept.map(|kept| kept.invitation.clone()).collect()
    }
}

#[async_trait]
impl Invitations for FakeStore {
    async fn load(&self, id: Uuid) -> Result<Option<KeptInvitation>, Failure> {
        Ok(self.open()?.invitations.get(&id).cloned())
    }

    async fn begin(&self, invitation: &Invitation) -> Result<KeptInvitation, Failure> {
        let mut state = self.open()?;
        await_moment(&mut state, invitation);
        let standing = state.invitations.entry(invitation.id);
        Ok(standing.or_insert_with(|| first(invitation)).clone())
    }

    async fn replace(
        &self,
        version: u64,
        invitation: &Invitation,
    ) -> Result<KeptInvitation, Failure> {
        let mut state = self.open()?;
        await_moment(&mut state, invitation);
        let standing = state
            .invitations
            .entry(invitation.id)
            .and_modify(|standing| {
                if standing.version == version {
                    *standing = KeptInvitation {
                        invitation: invitation.clone(),
                        version: version + 1,
                    };
                }
            });
        Ok(standing.or_insert_with(|| first(invitation)).clone())
    }

    async fn newest(&self, limit: usize, before: Timestamp) -> Result<Vec<Invitation>, Failure> {
        let state = self.open()?;
        let kept = state.invitations.values();
        let mut listed: Vec<Invitation> = kept
            .map(|kept| kept.invitation.clone())
            .filter(|invitation| invitation.changed_at < before)
            .collect();
        listed.sort_by_key(|one| Reverse((one.changed_at, one.id)));
        listed.truncate(limit);
        Ok(listed)
    }

    async fn awaited_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Awaited>, Failure> {
        let state = self.open()?;
        let open = state.awaited.iter().filter(|(_, looked)| !**looked);
        let awaited = open.map(|(&(at, invitation), _)| Awaited { invitation, at });
        let past = awaited.take_while(|awaited| awaited.at < before);
        Ok(past.take(limit).collect())
    }

    async fn looked_after(&self, awaited: &Awaited) -> Result<(), Failure> {
        let mut state = self.open()?;
        let key = (awaited.at, awaited.invitation);
        if let Some(looked) = state.awaited.get_mut(&key) {
            *looked = true;
        }
        Ok(())
    }
}

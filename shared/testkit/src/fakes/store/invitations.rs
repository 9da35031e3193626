//! Invitations in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use cxloop_domain::survey_trigger::Invitation;
use cxloop_ports::{Failure, Invitations, KeptInvitation};
use jiff::Timestamp;
use uuid::Uuid;

use super::FakeStore;

fn first(invitation: &Invitation) -> KeptInvitation {
    KeptInvitation {
        invitation: invitation.clone(),
        version: 1,
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
        let standing = state.invitations.entry(invitation.id);
        Ok(standing.or_insert_with(|| first(invitation)).clone())
    }

    async fn replace(
        &self,
        version: u64,
        invitation: &Invitation,
    ) -> Result<KeptInvitation, Failure> {
        let mut state = self.open()?;
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
}

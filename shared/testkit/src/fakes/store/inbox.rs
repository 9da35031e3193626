//! Inbox and responses in memory.

use async_trait::async_trait;
use cxloop_domain::names::{InboxId, ResponseKey};
use cxloop_domain::response::Response;
use cxloop_ports::{
    BodyKind, Failure, Inbox, InboxItem, InboxState, Overdue, ParkedBody, Responses, StoredResponse,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::FakeStore;

fn compressed_bytes(body: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, body).expect("writing into memory cannot fail");
    encoder
        .finish()
        .expect("writing into memory cannot fail")
        .len()
}

/// Those that are on a list since before a moment, the first first.
fn overdue<'i>(
    items: impl Iterator<Item = (Timestamp, &'i InboxItem)>,
    before: Timestamp,
    limit: usize,
) -> Vec<Overdue> {
    let mut waiting: Vec<_> = items.filter(|(since, _)| *since < before).collect();
    waiting.sort_by_key(|(since, item)| (*since, &item.id));
    let overdue = |(_, item): (Timestamp, &InboxItem)| Overdue {
        id: item.id.clone(),
        connection: item.connection.clone(),
        kind: item.kind,
        trace: item.trace,
    };
    waiting.into_iter().take(limit).map(overdue).collect()
}

#[async_trait]
impl Inbox for FakeStore {
    async fn keep(&self, item: &InboxItem) -> Result<(), Failure> {
        let mut state = self.open()?;
        if compressed_bytes(&item.body) > 300 * 1024 {
            return Err(Failure::park(
                "the body is larger than 300 KB compressed",
                "",
            ));
        }
        state
            .inbox
            .entry(item.id.clone())
            .or_insert_with(|| item.clone());
        Ok(())
    }

    async fn load(&self, id: &InboxId) -> Result<Option<InboxItem>, Failure> {
        Ok(self.open()?.inbox.get(id).cloned())
    }

    async fn published(&self, id: &InboxId, kind: BodyKind, at: Timestamp) -> Result<(), Failure> {
        let mut state = self.open()?;
        if let Some(item) = state.inbox.get_mut(id)
            && item.state == InboxState::Unpublished
        {
            item.state = InboxState::Published;
            if kind == BodyKind::Response {
                state.unfinished.insert(id.clone(), at);
            }
        }
        Ok(())
    }

    async fn finished(&self, id: &InboxId) -> Result<(), Failure> {
        self.open()?.unfinished.remove(id);
        Ok(())
    }

    async fn unfinished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure> {
        let state = self.open()?;
        let items = state.unfinished.iter();
        let items = items.filter_map(|(id, since)| Some((*since, state.inbox.get(id)?)));
        Ok(overdue(items, before, limit))
    }

    async fn park(&self, id: &InboxId, reason: &str) -> Result<(), Failure> {
        let mut state = self.open()?;
        if let Some(item) = state.inbox.get_mut(id) {
            item.state = InboxState::Parked {
                reason: reason.to_owned(),
            };
            state.unfinished.remove(id);
        }
        Ok(())
    }

    async fn unpark(&self, id: &InboxId) -> Result<(), Failure> {
        if let Some(item) = self.open()?.inbox.get_mut(id)
            && matches!(item.state, InboxState::Parked { .. })
        {
            item.state = InboxState::Published;
        }
        Ok(())
    }

    async fn unpublished_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Overdue>, Failure> {
        let state = self.open()?;
        let is_waiting = |item: &&InboxItem| item.state == InboxState::Unpublished;
        let items = state.inbox.values().filter(is_waiting);
        let items = items.map(|item| (item.accepted_at, item));
        Ok(overdue(items, before, limit))
    }

    async fn parked(&self, limit: usize) -> Result<Vec<ParkedBody>, Failure> {
        let state = self.open()?;
        let mut parked: Vec<ParkedBody> = state
            .inbox
            .values()
            .filter_map(|item| match &item.state {
                InboxState::Parked { reason } => Some(ParkedBody {
                    id: item.id.clone(),
                    connection: item.connection.clone(),
                    kind: item.kind,
                    accepted_at: item.accepted_at,
                    reason: reason.clone(),
                }),
                _ => None,
            })
            .collect();
        parked.sort_by(|a, b| (b.accepted_at, &b.id).cmp(&(a.accepted_at, &a.id)));
        parked.truncate(limit);
        Ok(parked)
    }
}

#[async_trait]
impl Responses for FakeStore {
    async fn keep(
        &self,
        response: &Response,
        notification: &str,
    ) -> Result<StoredResponse, Failure> {
        let mut state = self.open()?;
        let stored = state
            .responses
            .entry(response.key.clone())
            .or_insert_with(|| StoredResponse {
                response: response.clone(),
                notifications: Default::default(),
            });
        if !notification.is_empty() {
            stored.notifications.insert(notification.to_owned());
        }
        Ok(stored.clone())
    }

    async fn load(&self, key: &ResponseKey) -> Result<Option<StoredResponse>, Failure> {
        Ok(self.open()?.responses.get(key).cloned())
    }
}

//! Responses in normal form.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::response::Response;

use crate::Failure;

/// A response as it was taken, with the notification names it was announced under so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The response as first taken.
    pub response: Response,
    /// Every notification name it came under; empty names are left out.
    pub notifications: BTreeSet<String>,
}

/// Keeps responses.
#[async_trait]
pub trait Responses: Send + Sync {
    /// Keeps the response and adds the notification name. The response that was taken first stands;
    /// returns what is stored now.
    async fn keep(
        &self,
        response: &Response,
        notification: &str,
    ) -> Result<StoredResponse, Failure>;

    /// The response, unless it expired or never was.
    async fn load(&self, key: &ResponseKey) -> Result<Option<StoredResponse>, Failure>;
}

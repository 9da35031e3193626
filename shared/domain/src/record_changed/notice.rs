//! What a message of the CRM says, before anything is decided about it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Authorship, Record};
use crate::names::ColumnName;

/// What one message says happened. Everything may be missing: a body over 256 KB comes without its parameters and images.
/// Source: Microsoft Learn, "Use webhooks to create external handlers for server events".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The message's name, such as `Update`.
    pub message: Option<String>,
    /// The organisation that it comes from.
    pub organization: Option<Uuid>,
    /// The row that it is about.
    pub primary: Option<Record>,
    /// The rows that its parameters name, with what was written to them.
    pub rows: Vec<NamedRow>,
    /// The case that a resolution closes. The message itself is then about no row.
    pub closed: Option<Record>,
    /// The row that was merged into another.
    pub subordinate: Option<Record>,
    /// The row that the row belongs to, by the images that came along.
    pub about: Option<Record>,
    /// Who did it.
    pub authorship: Authorship,
    /// What it is called.
    pub operation: OperationIds,
    /// When it happened, by the clock of the CRM.
    pub happened_at: Option<Timestamp>,
    /// Whether parameters and images were taken out of it, because it was too large.
    pub is_stripped: bool,
}

/// A row that a message's parameters name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedRow {
    /// Which one. `None` for a new row whose id is told elsewhere.
    pub record: Option<Record>,
    /// The columns that were written.
    pub columns: BTreeSet<ColumnName>,
    /// The row that it belongs to: the case of a note or an e-mail.
    pub about: Option<Record>,
}

/// The ids that a message gives to what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationIds {
    /// The system job of an asynchronous step; of a synchronous one the request, as is said there once more.
    pub operation: Option<Uuid>,
    /// The request that caused it.
    pub request: Option<Uuid>,
    /// The registered step that told of it.
    pub step: Option<Uuid>,
    /// Whether the step is an asynchronous one.
    pub is_asynchronous: Option<bool>,
}

impl OperationIds {
    /// The one id that is equal on a redelivery and differs between two operations: the system job where there is one, else
    /// request, step and row. `None` when the message names neither job nor request.
    pub fn key(&self, primary: Option<Uuid>) -> Option<String> {
        let is_job = match self.is_asynchronous {
            Some(is_asynchronous) => is_asynchronous,
            None => self.operation != self.request,
        };
        match self.operation {
            Some(job) if is_job => Some(job.to_string()),
            operation => {
                let request = self.request.or(operation)?;
                let parts = [Some(request), self.step, primary];
                let written = parts.map(|part| part.unwrap_or_default().to_string());
                Some(written.join("/"))
            }
        }
    }
}

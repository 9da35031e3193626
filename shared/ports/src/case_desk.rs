//! The desk where cases are opened, read and reopened.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::cases::{CaseDraft, CaseFacts, ContactDraft, NoteDraft, OwnerRef, Reopening};
use cxloop_domain::configuration::Applied;
use cxloop_domain::customers::{CustomerSearch, Found};
use cxloop_domain::names::ConnectionName;
use jiff::Timestamp;
use uuid::Uuid;

use crate::Failure;

/// Whether a row with a derived id was written now or by an earlier attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Now.
    Now,
    /// Before: our row is there.
    Before,
}

/// A case that stands in the CRM under our id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedCase {
    /// Its ticket number.
    pub ticket: String,
    /// Whether this attempt wrote it.
    pub written: Written,
}

/// What came of an attempt to reopen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReopenOutcome {
    /// The change set went through now.
    Reopened,
    /// Our note is there: an earlier attempt had gone through.
    AlreadyDone,
    /// The case changed since it was read: read and decide again.
    Changed,
}

/// Where a reading of addresses goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressesFrom {
    /// At the first page: of the contacts that changed since a moment, or of all.
    Start {
        /// The moment.
        changed_since: Option<Timestamp>,
    },
    /// At the page whose address an earlier page gave.
    Next(String),
}

/// One page of contacts with their e-mail addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPage {
    /// The contacts that have an address, with all of theirs.
    pub contacts: Vec<(Uuid, Vec<String>)>,
    /// The address of the next page; none on the last one.
    pub next: Option<String>,
}

/// The case desk of a CRM. Every write is under a derived id and harmless twice.
#[async_trait]
pub trait CaseDesk: Send + Sync {
    /// The active contacts with the surest key that anybody has: by external id, then e-mail or its hash, then phone.
    /// Newest first. One request.
    async fn find_customer(&self, search: &CustomerSearch) -> Result<Option<Found>, Failure>;

    /// One page of the e-mail addresses of all contacts, or of those that changed.
    async fn contact_addresses(&self, from: &AddressesFrom) -> Result<AddressPage, Failure>;

    /// The value of a choice column of the case by its label, case ignored. Fails with remedy `Park` when there is none.
    /// May be cached.
    async fn choice(&self, column: &str, label: &str) -> Result<i64, Failure>;

    /// The queue of a name. Fails with remedy `Park` when there is none. May be cached.
    async fn queue(&self, name: &str) -> Result<Uuid, Failure>;

    /// The user (by full name) or team (by name). Fails with remedy `Park` when there is none. May be cached.
    async fn owner(&self, name: &str) -> Result<OwnerRef, Failure>;

    /// Creates the contact under its derived id.
    async fn create_contact(&self, contact: &ContactDraft) -> Result<Written, Failure>;

    /// Opens the case with its queue item and note in one change set.
    /// A conflict counts as done only when its code says so and our case is there.
    async fn open_case(&self, case: &CaseDraft) -> Result<OpenedCase, Failure>;

    /// Adds a note to a case, whatever its state.
    async fn add_note(&self, case: Uuid, note: &NoteDraft) -> Result<Written, Failure>;

    /// The case as it is now, or `None` when it is gone. One request.
    async fn read_case(&self, case: Uuid) -> Result<Option<CaseFacts>, Failure>;

    /// Makes a resolved case active again in one change set: first its state, guarded by the version
    /// read, then the note, then the queue item.
    async fn reopen(&self, reopening: &Reopening) -> Result<ReopenOutcome, Failure>;

    /// The address at which an agent opens the case.
    fn case_link(&self, case: Uuid) -> String;
}

/// The case desk of a configuration.
pub trait CaseDesks: Send + Sync {
    /// The desk and the name of its connection. Fails with remedy `Mend` when no CRM is connected.
    fn desk(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CaseDesk>), Failure>;
}

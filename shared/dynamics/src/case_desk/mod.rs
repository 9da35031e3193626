//! The case desk of Dynamics 365 Customer Service, on top of the client.
//!
//! Every write is under a derived id with `If-None-Match: *`, or guarded by the version that was
//! read, so each method is harmless twice.

mod addresses;
mod belonging;
mod cases;
mod changes;
mod columns;
mod customers;
mod desks;
mod failed_jobs;
pub(crate) mod failure;
mod labels;
mod limiter;
mod lookup;
mod map;
mod metadata;
mod names;
mod record;
mod rows;
mod sign_in;

use async_trait::async_trait;
use cxloop_domain::cases::{CaseDraft, CaseFacts, ContactDraft, NoteDraft, OwnerRef, Reopening};
use cxloop_domain::customers::{CustomerSearch, Found};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{
    AddressPage, AddressesFrom, CaseDesk, Failure, OpenedCase, ReopenOutcome, Written,
};
use uuid::Uuid;

use crate::{Client, Error, Now};

pub use desks::{Correlation, DynamicsCaseDesks};
pub use metadata::{ChoiceDefinition, ColumnDefinition, LookupDefinition, TableDefinition};

#[cfg(test)]
pub(crate) use failure::failure;
use limiter::Limiter;
#[cfg(test)]
pub(crate) use map::fitting;
use names::NameCache;
use rows::Tables;
use sign_in::SignIn;

/// The tag of our own writes, which comes back in the webhooks that they cause.
pub const TAG: &str = cxloop_domain::record_changed::OWN_TAG;

/// The case desk of one organisation.
pub struct DynamicsCaseDesk {
    sign_in: SignIn,
    connection: ConnectionName,
    root: String,
    now: Now,
    names: NameCache,
    tables: Tables,
    limiter: Option<Limiter>,
    /// Who we are in the CRM, once somebody asked.
    user: tokio::sync::OnceCell<Uuid>,
}

impl DynamicsCaseDesk {
    /// The desk that `client` reaches, known to the configuration as `connection`.
    #[must_use]
    pub fn new(client: Client, connection: ConnectionName) -> Self {
        let (root, now) = (client.root().to_owned(), client.clock());
        Self::over(SignIn::Ready(client), connection, &root, now)
    }

    fn over(sign_in: SignIn, connection: ConnectionName, root: &str, now: Now) -> Self {
        Self {
            sign_in,
            connection,
            root: root.trim_end_matches('/').to_owned(),
            now,
            names: NameCache::default(),
            tables: Tables::default(),
            limiter: None,
            user: tokio::sync::OnceCell::new(),
        }
    }

    /// The desk, asking the gates before each of its requests.
    fn limited(self, limiter: Limiter) -> Self {
        Self {
            limiter: Some(limiter),
            ..self
        }
    }

    /// The client for one request, or for a few that belong together: nothing is sent while the connection is closed.
    async fn client(&self) -> Result<Client, Failure> {
        let Some(limiter) = &self.limiter else {
            return self.sign_in.client().await;
        };
        limiter.pass(&self.connection, (self.now)()).await?;
        let client = self.sign_in.client().await?;
        Ok(client.with_budget_observer(limiter.observer()))
    }

    /// The failure that an error is for callers of the desk. `doing` completes "Dynamics refused
    /// to …".
    async fn fail(&self, doing: &str, error: &Error) -> Failure {
        if matches!(
            error,
            Error::CredentialsRefused(_) | Error::TokenRejected(_)
        ) {
            self.sign_in.forget().await;
        }
        failure::failure(doing, error, &self.connection, (self.now)())
    }
}

#[async_trait]
impl CaseDesk for DynamicsCaseDesk {
    async fn find_customer(&self, search: &CustomerSearch) -> Result<Option<Found>, Failure> {
        customers::find(self, search).await
    }

    async fn contact_addresses(&self, from: &AddressesFrom) -> Result<AddressPage, Failure> {
        addresses::page(self, from).await
    }

    async fn choice(&self, column: &str, label: &str) -> Result<i64, Failure> {
        columns::choice(self, column, label).await
    }

    async fn queue(&self, name: &str) -> Result<Uuid, Failure> {
        names::queue(self, name).await
    }

    async fn owner(&self, name: &str) -> Result<OwnerRef, Failure> {
        names::owner(self, name).await
    }

    async fn create_contact(&self, contact: &ContactDraft) -> Result<Written, Failure> {
        customers::create(self, contact).await
    }

    async fn open_case(&self, case: &CaseDraft) -> Result<OpenedCase, Failure> {
        cases::open(self, case).await
    }

    async fn add_note(&self, case: Uuid, note: &NoteDraft) -> Result<Written, Failure> {
        cases::add_note(self, case, note).await
    }

    async fn read_case(&self, case: Uuid) -> Result<Option<CaseFacts>, Failure> {
        cases::read(self, case).await
    }

    async fn reopen(&self, reopening: &Reopening) -> Result<ReopenOutcome, Failure> {
        cases::reopen(self, reopening).await
    }

    /// Source: Microsoft Learn, "Open apps, forms, views, and dialogs in model-driven apps with a
    /// URL".
    fn case_link(&self, case: Uuid) -> String {
        format!(
            "{}/main.aspx?etn=incident&pagetype=entityrecord&id={}",
            self.root,
            case.hyphenated()
        )
    }
}

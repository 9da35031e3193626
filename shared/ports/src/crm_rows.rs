//! Rows of any table of the CRM, and the people they lead to.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ColumnName, ConnectionName};
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Consent, ConsentAsked, Person, SeenRow};
use uuid::Uuid;

use crate::Failure;

/// Reads rows of any table, people and what they agreed to.
#[async_trait]
pub trait CrmRows: Send + Sync {
    /// The user that cxloop itself is in the CRM. One request, and then none.
    async fn our_user(&self) -> Result<Uuid, Failure>;

    /// The row as it is now with these columns, or `None` when it is gone. One request, and now and then one more for the
    /// definition of a table. Fails with remedy `Park` when there is no such table or column.
    async fn row(
        &self,
        record: &Record,
        columns: &BTreeSet<ColumnName>,
    ) -> Result<Option<SeenRow>, Failure>;

    /// The person of a contact, an account (its primary contact), a lead or a user; `None` when there is nobody. One request.
    async fn person(
        &self,
        record: &Record,
        time_zone: Option<&ColumnName>,
    ) -> Result<Option<Person>, Failure>;

    /// What the owner of an address agreed to. An environment that keeps no consent has none of anybody. One request.
    async fn consent(&self, asked: &ConsentAsked) -> Result<Consent, Failure>;

    /// Writes a text into a column of a row, unless it stands there already. Fails with remedy `Park` when the row is gone or
    /// refuses it.
    async fn write_text(
        &self,
        record: &Record,
        column: &ColumnName,
        text: &str,
    ) -> Result<(), Failure>;
}

/// The CRM of a configuration.
pub trait CrmRowDesks: Send + Sync {
    /// The CRM and the name of its connection. Fails with remedy `Mend` when none is connected.
    fn rows(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CrmRows>), Failure>;
}

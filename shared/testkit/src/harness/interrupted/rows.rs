//! Rows of the CRM and their people, with the calls counted and interruptible.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ColumnName, ConnectionName};
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Consent, ConsentAsked, Person, SeenRow};
use cxloop_ports::{CrmRowDesks, CrmRows, Failure};
use uuid::Uuid;

use super::Interrupted;

interrupted!(CrmRows, "crm_rows", {
    our_user() -> Uuid;
    row(record: &Record, columns: &BTreeSet<ColumnName>) -> Option<SeenRow>;
    person(record: &Record, time_zone: Option<&ColumnName>) -> Option<Person>;
    consent(asked: &ConsentAsked) -> Consent;
    write_text(record: &Record, column: &ColumnName, text: &str) -> ();
});

impl<T: CrmRowDesks + ?Sized> CrmRowDesks for Interrupted<T> {
    fn rows(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CrmRows>), Failure> {
        let (connection, rows) = self.inner.rows(applied)?;
        Ok((
            connection,
            Arc::new(Interrupted::new(rows, &self.interruptions)),
        ))
    }
}

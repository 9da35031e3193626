//! Tells of changes in the CRM that no webhook told of, through the same event that webhooks lead to.

use cxloop_domain::changed_records::{Checkpoint, Reading, checkpoint_key, found, matters, tables};
use cxloop_domain::configuration::Applied;
use cxloop_domain::events::Outgoing;
use cxloop_domain::names::{ColumnName, ConnectionName};
use cxloop_domain::sweep::{begins_pages_until, first_in_turn};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{ChangedPage, ChangedRecords, Failure};
use jiff::Timestamp;

use crate::passing::{unless_asked_to_wait, unless_to_be_mended};
use crate::{Deps, FUNCTION, publishing};

/// Reads what changed and tells it, table by table. One table that fails keeps no other back, but a closed connection all.
/// Returns how many changes were told, or the first failure.
pub(crate) async fn tell(
    deps: &Deps,
    applied: &Applied,
    (connection, crm): (&ConnectionName, &dyn ChangedRecords),
) -> Result<usize, Failure> {
    let mut told = 0;
    let mut first_failure = None;
    let mut tables = tables(&applied.configuration);
    // One with much to catch up on keeps none back for long.
    let until = begins_pages_until(deps.clock.now());
    let first = first_in_turn(tables.len(), deps.clock.now());
    tables.rotate_left(first);
    for table in tables {
        let work = Table {
            deps,
            applied,
            connection,
            crm,
            table: &table,
            until,
        };
        match work.tell().await {
            Ok(count) => told += count,
            Err(failure) => {
                let Some(failure) = unless_asked_to_wait(deps, failure).await else {
                    break;
                };
                tracing::error!(
                    { fields::FUNCTION } = FUNCTION,
                    { fields::OUTCOME } = outcomes::FAILED,
                    { fields::CONNECTION } = connection.as_str(),
                    { fields::DETAIL } = failure.detail,
                    "it could not be read what changed in the CRM"
                );
                if let Some(failure) = unless_to_be_mended(deps, connection, failure) {
                    first_failure.get_or_insert(failure);
                }
            }
        }
    }
    if told > 0 {
        tracing::info!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::CONNECTION } = connection.as_str(),
            { fields::COUNT } = told,
            "changes were found in the CRM and told"
        );
    }
    first_failure.map_or(Ok(told), Err)
}

/// One table at work.
struct Table<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    connection: &'w ConnectionName,
    crm: &'w dyn ChangedRecords,
    table: &'w ColumnName,
    /// Until when further pages of any table are begun.
    until: Timestamp,
}

impl Table<'_> {
    async fn tell(&self) -> Result<usize, Failure> {
        let clock = &self.deps.clock;
        let url = self
            .applied
            .configuration
            .dynamics()
            .map_or("", |(_, dynamics)| dynamics.url.as_str());
        let key = checkpoint_key(self.connection, url, self.table);
        let (mut checkpoint, mut version) = self.deps.checkpoints.load(&key).await?;
        let mut told = 0;
        while clock.now() < self.until {
            let Some(reading) = checkpoint.due(clock.now()) else {
                break;
            };
            let (next, count) = self.page(&checkpoint, &reading).await?;
            told += count;
            // Only now does the page count as read: a run that dies before tells all of it again.
            if !self.deps.checkpoints.keep(&key, version, &next).await? {
                break;
            }
            (checkpoint, version) = (next, version + 1);
        }
        Ok(told)
    }

    /// Tells one page, and returns the checkpoint after it and how many changes were told.
    async fn page(
        &self,
        checkpoint: &Checkpoint,
        reading: &Reading,
    ) -> Result<(Checkpoint, usize), Failure> {
        match self.crm.page(self.table, reading).await? {
            ChangedPage::Forgotten => Ok((checkpoint.forgotten(), 0)),
            ChangedPage::NotTracked => Ok((checkpoint.not_tracked(self.deps.clock.now()), 0)),
            ChangedPage::Rows(rows, after) => {
                let now = self.deps.clock.now();
                let events: Vec<Outgoing> = rows
                    .iter()
                    .filter(|row| reading.tells(row) && matters(self.table, row))
                    .map(|row| Outgoing::of(&found(self.connection, self.table, row, now)))
                    .collect();
                let told = events.len();
                publishing::all(self.deps, events).await?;
                Ok((checkpoint.after_page(reading, after), told))
            }
        }
    }
}

//! Reading what changed in the organisation, page by page.
//!
//! Source: Microsoft Learn, "Use change tracking to synchronize data with external systems", "Page results using OData".

use async_trait::async_trait;
use cxloop_dataverse::changes::Change;
use cxloop_domain::changed_records::{After, FoundRow, Reading, What};
use cxloop_domain::names::ColumnName;
use cxloop_domain::record_changed::Record as Row;
use cxloop_ports::{ChangedPage, ChangedRecords, FailedJobsPage, Failure};
use jiff::Timestamp;
use uuid::Uuid;

use super::DynamicsCaseDesk;
use super::belonging::{Rows, rows_of, selected};
use super::failed_jobs;
use crate::{Client, Direction, Error, Filter, Query, Record};

/// How many rows a page has. All changes of a page are told before it counts as read, within one run of a function, which
/// may be a slow one.
const ROWS_A_PAGE: u32 = 1_000;

#[async_trait]
impl ChangedRecords for DynamicsCaseDesk {
    async fn page(&self, table: &ColumnName, reading: &Reading) -> Result<ChangedPage, Failure> {
        let read = rows_of(self, table.as_str()).await?;
        let client = self.client().await?;
        let page = match &reading.what {
            What::ChangedSince(moment) => by_time(&client, &read, *moment, reading).await,
            What::Everything { .. } | What::Link(_) => tracked(&client, &read, reading).await,
        };
        match page {
            Ok(page) => Ok(page),
            Err(Error::DeltaExpired(_)) => Ok(ChangedPage::Forgotten),
            // A page address of long ago is refused too, and a link of before the organisation was restored or stopped to
            // track the table; the first request of a reading has neither.
            Err(Error::Refused(_)) if reading.next.is_some() => Ok(ChangedPage::Forgotten),
            Err(Error::Refused(_)) if matches!(reading.what, What::Link(_)) => {
                Ok(ChangedPage::Forgotten)
            }
            Err(Error::Refused(_)) if matches!(reading.what, What::Everything { .. }) => {
                Ok(ChangedPage::NotTracked)
            }
            Err(error) => Err(self.fail("read what changed", &error).await),
        }
    }

    async fn failed_jobs(
        &self,
        steps: &[Uuid],
        since: Timestamp,
        next: Option<&str>,
    ) -> Result<FailedJobsPage, Failure> {
        let client = self.client().await?;
        let page = match failed_jobs::page(&client, steps, since, next).await {
            // A page address of long ago is refused.
            Err(Error::Refused(_)) if next.is_some() => {
                failed_jobs::page(&client, steps, since, None).await
            }
            page => page,
        };
        match page {
            Ok(page) => Ok(page),
            Err(error) => Err(self.fail("list failed system jobs", &error).await),
        }
    }
}

fn query(read: &Rows) -> Query {
    let about = read.about.map(selected);
    let columns = [&*read.id, "versionnumber", "modifiedon"];
    let query = Query::new()
        .select(columns.into_iter().chain(about.as_deref()))
        .page_size(ROWS_A_PAGE);
    match read.about {
        // Which table a lookup leads into stands in an annotation.
        Some(_) => query.with_annotations(),
        None => query,
    }
}

async fn tracked(client: &Client, read: &Rows, reading: &Reading) -> Result<ChangedPage, Error> {
    let query = query(read);
    let mut changes = match (&reading.next, &reading.what) {
        (Some(link), _) | (None, What::Link(link)) => client.changes_since(link, &query)?,
        (None, What::Everything { .. } | What::ChangedSince(_)) => {
            client.changes(&read.set, &query)?
        }
    };
    let page = changes.next().await?.unwrap_or_default();
    let rows = page.iter().filter_map(|change| match change {
        Change::Saved(record) => found(read, record),
        Change::Deleted(id) => Some(FoundRow {
            id: *id,
            changed_at: None,
            version: None,
            about: None,
            gone: true,
        }),
    });
    let after = match changes.next_link() {
        Some(next) => After::Page(next.to_owned()),
        None => After::End(changes.delta_link().map(str::to_owned)),
    };
    Ok(ChangedPage::Rows(rows.collect(), after))
}

/// Oldest change first, so that what changes during a reading comes at its end.
async fn by_time(
    client: &Client,
    read: &Rows,
    moment: Timestamp,
    reading: &Reading,
) -> Result<ChangedPage, Error> {
    let query = query(read);
    let page = match &reading.next {
        Some(link) => client.next_page(link, &query).await?,
        None => {
            let query = query
                .filter(Filter::ge("modifiedon", moment))
                .orderby("modifiedon", Direction::Ascending)
                .orderby(&read.id, Direction::Ascending);
            client.list(&read.set, &query).await?
        }
    };
    let rows = page.rows.iter().filter_map(|record| found(read, record));
    let rows = rows.collect();
    let after = page.next_link.map_or(After::End(None), After::Page);
    Ok(ChangedPage::Rows(rows, after))
}

fn found(read: &Rows, record: &Record) -> Option<FoundRow> {
    let about = read.about.and_then(|lookup| {
        Some(Row {
            table: record.lookup_table(lookup)?.parse().ok()?,
            id: record.lookup(lookup)?,
        })
    });
    Some(FoundRow {
        id: record.id(&read.id)?,
        changed_at: record.moment("modifiedon"),
        version: record
            .whole("versionnumber")
            .and_then(|version| u64::try_from(version).ok()),
        about,
        gone: false,
    })
}

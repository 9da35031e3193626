//! Reading which system jobs of our steps failed.
//!
//! Sources: Microsoft Learn, "Register a webhook" (failed system jobs), "AsyncOperation" (`statuscode`).

use cxloop_domain::changed_records::failed_jobs::FailedJob;
use cxloop_domain::record_changed::Record as Row;
use cxloop_ports::FailedJobsPage;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Client, Direction, Error, Filter, Query, Record};

const JOBS: &str = "asyncoperations";
/// Failed.
const FAILED: i64 = 31;
const ABOUT: &str = "regardingobjectid";
/// How many jobs a page has.
const ROWS_A_PAGE: u32 = 500;

/// The jobs that failed first come first, so that what fails during a reading comes at its end.
pub(super) async fn page(
    client: &Client,
    steps: &[Uuid],
    since: Timestamp,
    next: Option<&str>,
) -> Result<FailedJobsPage, Error> {
    let of_ours = steps
        .iter()
        .map(|step| Filter::eq("_owningextensionid_value", *step))
        .reduce(Filter::or);
    let Some(of_ours) = of_ours else {
        return Ok(FailedJobsPage::default());
    };
    let about = super::belonging::selected(ABOUT);
    let query = Query::new()
        .select(["asyncoperationid", "messagename", "completedon", &about])
        .page_size(ROWS_A_PAGE)
        // Which table a lookup leads into stands in an annotation.
        .with_annotations();
    let page = match next {
        Some(link) => client.next_page(link, &query).await?,
        None => {
            let query = query
                .filter(Filter::eq("statuscode", FAILED))
                .filter(Filter::ge("completedon", since))
                .filter(of_ours)
                .orderby("completedon", Direction::Ascending)
                .orderby("asyncoperationid", Direction::Ascending);
            client.list(JOBS, &query).await?
        }
    };
    Ok(FailedJobsPage {
        jobs: page.rows.iter().filter_map(failed).collect(),
        next: page.next_link,
    })
}

fn failed(job: &Record) -> Option<FailedJob> {
    let record = || {
        Some(Row {
            table: job.lookup_table(ABOUT)?.parse().ok()?,
            id: job.lookup(ABOUT)?,
        })
    };
    Some(FailedJob {
        id: job.id("asyncoperationid")?,
        message: job.text("messagename").unwrap_or_default().to_owned(),
        ended_at: job.moment("completedon")?,
        record: record(),
    })
}

//! A case with its comments and resolutions, in one request.
//!
//! Source: Microsoft Learn, "Join tables using OData" and the table references "Case (incident)", "Note (annotation)",
//! "Email" and "Phone Call".

use std::collections::BTreeSet;

use cxloop_domain::case_write_back::{CaseRecord, Comment, CommentKind};
use cxloop_domain::cases::CaseState;
use cxloop_domain::configuration::WriteBack;
use cxloop_domain::record_changed::Record as ChangedRow;
use cxloop_ports::{CaseRecordDesks, CaseRecords, Failure};
use uuid::Uuid;

use super::belonging::{about, rows_of, selected};
use super::{DynamicsCaseDesk, DynamicsCaseDesks, columns, labels, map};
use crate::{Direction, Error, Query, Record};

const CASES: &str = "incidents";
const NOTES: &str = "Incident_Annotation";
const EMAILS: &str = "Incident_Emails";
const PHONE_CALLS: &str = "Incident_Phonecalls";

/// The newest so many notes and phone calls are read; what is older was told before.
const MOST_NOTES: u32 = 50;
/// E-mails can be long.
const MOST_EMAILS: u32 = 20;

/// Columns that are read of every case.
const OWN: [&str; 8] = [
    "ticketnumber",
    "statecode",
    "statuscode",
    "merged",
    "createdon",
    "modifiedon",
    "_ownerid_value",
    "_masterid_value",
];

#[async_trait::async_trait]
impl CaseRecords for DynamicsCaseDesk {
    async fn record(
        &self,
        case: Uuid,
        settings: &WriteBack,
    ) -> Result<Option<CaseRecord>, Failure> {
        let doing = "read the case with its comments";
        let client = self.client().await?;
        let us = match self
            .user
            .get_or_try_init(async || client.who_am_i().await.map(|found| found.user))
            .await
        {
            Ok(user) => *user,
            Err(error) => return Err(self.fail("say who we are", &error).await),
        };
        let read = match client.get(CASES, case, &query(settings)).await {
            Ok(row) => record(case, &row, settings, us)
                .map(|record| Some((record, row.whole("statuscode")))),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        };
        let (mut record, status) = match read {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) => return Err(self.fail(doing, &error).await),
        };
        if let Some(language) = settings.label_language {
            labels::translate(self, &mut record, status, language).await?;
        }
        Ok(Some(record))
    }

    async fn case_of(&self, row: &ChangedRow) -> Result<Option<Uuid>, Failure> {
        let Some(lookup) = about(row.table.as_str()) else {
            return Ok(None);
        };
        let rows = rows_of(self, row.table.as_str()).await?;
        let column = selected(lookup);
        let query = Query::new().select([column.as_str()]).with_annotations();
        let client = self.client().await?;
        match client.get(&rows.set, row.id, &query).await {
            Ok(found) if found.lookup_table(lookup) == Some("incident") => Ok(found.lookup(lookup)),
            Ok(_) | Err(Error::NotFound(_)) => Ok(None),
            Err(error) => {
                let doing = "read what a note or activity belongs to";
                Err(self.fail(doing, &error).await)
            }
        }
    }

    fn link(&self, case: Uuid) -> String {
        cxloop_ports::CaseDesk::case_link(self, case)
    }
}

impl CaseRecordDesks for DynamicsCaseDesks {
    fn records(
        &self,
        applied: &cxloop_domain::configuration::Applied,
    ) -> Result<
        (
            cxloop_domain::names::ConnectionName,
            std::sync::Arc<dyn CaseRecords>,
        ),
        Failure,
    > {
        let (name, desk) = self.dynamics_desk(applied)?;
        Ok((name, desk))
    }
}

/// The columns that the settings ask for, each once, beside those that are read anyway.
fn mapped(settings: &WriteBack) -> BTreeSet<&str> {
    let mapped = settings.fields.iter();
    mapped
        .filter_map(|field| field.column.as_ref())
        .map(|column| column.as_str())
        .collect()
}

fn query(settings: &WriteBack) -> Query {
    let resolutions = Query::new().select(["createdon", "statecode", "subject", "description"]);
    let newest = |most: u32| {
        Query::new()
            .orderby("createdon", Direction::Descending)
            .top(most)
    };
    let notes = newest(MOST_NOTES).select(["subject", "notetext", "createdon", "_createdby_value"]);
    let activity = |most: u32| {
        let marker = settings.comments.activity_column.as_ref();
        newest(most)
            .select([
                "subject",
                "description",
                "createdon",
                "statecode",
                "directioncode",
                "_createdby_value",
            ])
            .select(marker.map(|column| column.as_str()))
    };
    let further = mapped(settings);
    Query::new()
        .select(OWN)
        .select(further.into_iter().filter(|column| !OWN.contains(column)))
        .expand(map::RESOLUTIONS, resolutions)
        .expand(NOTES, notes)
        .expand(EMAILS, activity(MOST_EMAILS))
        .expand(PHONE_CALLS, activity(MOST_NOTES))
        .with_annotations()
}

fn record(id: Uuid, row: &Record, settings: &WriteBack, us: Uuid) -> Result<CaseRecord, Error> {
    let missing = |what: &'static str| move || Error::unavailable(what);
    let state = map::state(row).ok_or_else(missing("the case has no known state"))?;
    let resolutions = row.related_rows(map::RESOLUTIONS);
    let resolved_at = match state {
        CaseState::Resolved => map::resolved_at(row, state),
        CaseState::Active | CaseState::Cancelled | CaseState::Merged => None,
    };
    let in_force = resolutions
        .iter()
        .filter(|resolution| resolution.whole("statecode") != Some(2))
        .max_by_key(|resolution| resolution.moment("createdon"))
        .filter(|_| resolved_at.is_some());
    let reopened = resolutions.len() - usize::from(in_force.is_some());
    let comments = [
        (NOTES, CommentKind::Note, "notetext", "annotationid"),
        (EMAILS, CommentKind::Email, "description", "activityid"),
        (
            PHONE_CALLS,
            CommentKind::PhoneCall,
            "description",
            "activityid",
        ),
    ];
    let comments = comments.into_iter().flat_map(|(rows, kind, text, key)| {
        let rows = row.related_rows(rows);
        rows.into_iter()
            .filter_map(move |row| comment(&row, kind, text, key, settings, us))
    });
    let read = mapped(settings).into_iter();
    let read = read.filter_map(|name| Some((name.to_owned(), columns::read(row, name)?)));
    Ok(CaseRecord {
        id,
        row_version: version(row).ok_or_else(missing("the case has no version"))?,
        state,
        status: row.label("statuscode").unwrap_or_default().to_owned(),
        ticket: row.text("ticketnumber").unwrap_or_default().to_owned(),
        owner: row.label("_ownerid_value").map(str::to_owned),
        created_at: row
            .moment("createdon")
            .ok_or_else(missing("the case has no time of creation"))?,
        resolved_at,
        resolution: in_force.and_then(words),
        reopen_count: u32::try_from(reopened).unwrap_or(u32::MAX),
        merged_into: row.lookup("masterid"),
        columns: read.collect(),
        comments: comments.collect(),
    })
}

/// The number in the row's ETag, which counts up with each change in the organisation.
/// Source: Microsoft Learn, "Use change tracking to synchronize data with external systems" (row version).
pub(super) fn version(row: &Record) -> Option<u64> {
    let etag = row.etag()?;
    let digits: String = etag.as_str().chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Subject and description of a resolution, unless both say the same.
fn words(resolution: &Record) -> Option<String> {
    let text = |column: &str| {
        let text = resolution
            .text(column)
            .unwrap_or_default()
            .trim()
            .to_owned();
        (!text.is_empty()).then_some(text)
    };
    match (text("subject"), text("description")) {
        (Some(subject), Some(description)) if subject != description => {
            Some(format!("{subject}: {description}"))
        }
        (subject, description) => subject.or(description),
    }
}

/// Every row of ours has an id of version 5, and rows of others do not; so a note of ours is known also where a company lets
/// people's tools write as our application user, or another user for us.
fn comment(
    row: &Record,
    kind: CommentKind,
    text: &str,
    key: &str,
    settings: &WriteBack,
    us: Uuid,
) -> Option<Comment> {
    let id = row.id(key)?;
    let is_ours = id.get_version_num() == 5 || row.lookup("createdby") == Some(us);
    let marker = settings.comments.activity_column.as_ref();
    let marker = marker.and_then(|name| columns::read(row, name.as_str()));
    let is_done = row.whole("statecode") == Some(1) && row.boolean("directioncode") == Some(true);
    Some(Comment {
        id,
        kind,
        subject: row.text("subject").unwrap_or_default().to_owned(),
        text: row.text(text).unwrap_or_default().to_owned(),
        written_at: row.moment("createdon")?,
        is_ours,
        went_out: is_done && kind != CommentKind::Note,
        marker: marker.filter(|_| kind != CommentKind::Note),
    })
}

//! Opening, reading and reopening cases.

use std::collections::BTreeMap;

use cxloop_domain::cases::{CaseDraft, CaseFacts, NoteDraft, Reopening};
use cxloop_ports::{Failure, OpenedCase, ReopenOutcome, Written};
use uuid::Uuid;

use super::{DynamicsCaseDesk, columns, lookup, map};
use crate::{
    Action, Client, Condition, Error, Etag, Request, Row, ServiceCode, batch::ChangeSet, classify,
};

const CASES: &str = "incidents";
const NOTES: &str = "annotations";
const QUEUE_ITEMS: &str = "queueitems";

/// What the note of a case says when its queue takes no items any more.
const UNQUEUED: &str =
    "The queue for this case is not active any more, so the case stands in no queue.";

/// What the note of a reopened case says when Dynamics refused the columns that the configuration names for it.
const UNMARKED: &str =
    "Dynamics refused the columns that say when and by which response this case was reopened.";

/// Which request of a reopening writes those columns.
const COLUMNS: usize = 2;

/// Case, note and queue item in one change set, so that there is never one without the others.
///
/// Source: Microsoft Learn, "Execute batch operations using the Web API" (change sets).
pub(super) async fn open(desk: &DynamicsCaseDesk, case: &CaseDraft) -> Result<OpenedCase, Failure> {
    let client = desk.client().await?;
    let mut result = lookup::all_or_nothing(&client, opened(case)).await;
    let alone;
    let mut case = case;
    if case.parent.is_some() && matches!(&result, Err((Some(0), Error::Refused(_)))) {
        // Whatever keeps the other case from having a child: two cases side by side are better than none.
        alone = CaseDraft {
            parent: None,
            ..case.clone()
        };
        case = &alone;
        result = lookup::all_or_nothing(&client, opened(case)).await;
    }
    if case.queue.is_some() && refused_with(&result, ServiceCode::INACTIVE_QUEUE) {
        // A case in no queue is seen by more people than a case that was never opened.
        let unqueued = CaseDraft {
            queue: None,
            note: saying(UNQUEUED, &case.note),
            ..case.clone()
        };
        result = lookup::all_or_nothing(&client, opened(&unqueued)).await;
    }
    let (written, ticket, (part, error)) = match result {
        Ok(answers) => {
            let record = answers.first().and_then(|answer| answer.record());
            let ticket = record.and_then(|record| record.text("ticketnumber").map(str::to_owned));
            let lost = Error::unavailable("the case that was just opened cannot be read");
            (Written::Now, ticket, (None, lost))
        }
        Err((part, error)) if classify(&error).action == Action::LookForOurRow => {
            (Written::Before, None, (part, error))
        }
        Err((part, error)) => return Err(desk.fail(opening(part), &error).await),
    };
    if let Some(ticket) = ticket {
        return Ok(OpenedCase { ticket, written });
    }
    // Either an earlier attempt went through, or the answer left the ticket number out.
    match lookup::ours(&client, CASES, case.id, &["ticketnumber"]).await {
        Ok(Some(record)) => Ok(OpenedCase {
            ticket: record.text("ticketnumber").unwrap_or_default().to_owned(),
            written,
        }),
        Ok(None) => Err(desk.fail(opening(part), &error).await),
        Err(error) => Err(desk.fail("read the case that was opened", &error).await),
    }
}

fn opened(case: &CaseDraft) -> ChangeSet {
    let row = map::case(case);
    let note = map::note(case.id, &case.note);
    let change_set = ChangeSet::new()
        .request(Request::create_with_id(CASES, case.id, row).returning(["ticketnumber"]))
        .request(Request::create_with_id(NOTES, case.note.id, note));
    match &case.queue {
        Some(placement) => {
            let row = map::queue_item(case.id, placement);
            change_set.request(Request::create_with_id(QUEUE_ITEMS, placement.item, row))
        }
        None => change_set,
    }
}

/// Completes "Dynamics refused to …" with the part that was refused.
fn opening(part: Option<usize>) -> &'static str {
    match part {
        Some(1) => "open the case with its note",
        Some(2) => "open the case in its queue",
        _ => "open the case",
    }
}

pub(super) async fn add_note(
    desk: &DynamicsCaseDesk,
    case: Uuid,
    note: &NoteDraft,
) -> Result<Written, Failure> {
    let doing = "add a note to the case";
    let client = desk.client().await?;
    let error = match client
        .create_with_id(NOTES, note.id, map::note(case, note))
        .await
    {
        Ok(_) => return Ok(Written::Now),
        Err(error) => error,
    };
    if classify(&error).action != Action::LookForOurRow {
        return Err(desk.fail(doing, &error).await);
    }
    match lookup::ours(&client, NOTES, note.id, &["annotationid"]).await {
        Ok(Some(_)) => Ok(Written::Before),
        Ok(None) => Err(desk.fail(doing, &error).await),
        Err(error) => Err(desk.fail(doing, &error).await),
    }
}

pub(super) async fn read(
    desk: &DynamicsCaseDesk,
    case: Uuid,
) -> Result<Option<CaseFacts>, Failure> {
    let client = desk.client().await?;
    let facts = match client.get(CASES, case, &map::case_query()).await {
        Ok(row) => map::facts(case, &row).map(Some),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    };
    match facts {
        Ok(facts) => Ok(facts),
        Err(error) => Err(desk.fail("read the case", &error).await),
    }
}

/// First the state alone under the version read, then the note, then the queue item. Resolving
/// had deactivated the old queue item.
///
/// Source: Microsoft Learn, "Update and delete table rows using the Web API" (optimistic
/// concurrency) and "Queue tables".
pub(super) async fn reopen(
    desk: &DynamicsCaseDesk,
    reopening: &Reopening,
) -> Result<ReopenOutcome, Failure> {
    let doing = "reopen the case";
    let client = desk.client().await?;
    let etag = match Etag::new(reopening.etag.clone()) {
        Ok(etag) => etag,
        Err(error) => return Err(desk.fail(doing, &error).await),
    };
    let mut result = lookup::all_or_nothing(&client, reopened(reopening, &etag)).await;
    let bare;
    let mut reopening = reopening;
    if !reopening.columns.is_empty() && matches!(&result, Err((Some(COLUMNS), Error::Refused(_)))) {
        // A customer waits for the case, and nobody for the columns.
        bare = Reopening {
            columns: BTreeMap::new(),
            note: saying(UNMARKED, &reopening.note),
            ..reopening.clone()
        };
        reopening = &bare;
        result = lookup::all_or_nothing(&client, reopened(reopening, &etag)).await;
    }
    // Nothing of a refused attempt happened, so its guards still hold for one without the queue.
    let unqueued = if reopening.queue.is_none() {
        None
    } else if refused_with(&result, ServiceCode::QUEUE_ITEM_EXISTS) {
        // The case stands in a queue after all, perhaps with an agent who picked it: there it stays.
        Some(reopening.note.clone())
    } else if refused_with(&result, ServiceCode::INACTIVE_QUEUE) {
        Some(saying(UNQUEUED, &reopening.note))
    } else {
        None
    };
    if let Some(note) = unqueued {
        let without_queue = Reopening {
            queue: None,
            note,
            ..reopening.clone()
        };
        result = lookup::all_or_nothing(&client, reopened(&without_queue, &etag)).await;
    }
    match result {
        Ok(_) => Ok(ReopenOutcome::Reopened),
        Err((_, error)) => match classify(&error).action {
            Action::LookForOurRow | Action::DecideAgain => {
                note_tells(desk, &client, reopening).await
            }
            _ => Err(desk.fail(doing, &error).await),
        },
    }
}

fn reopened(reopening: &Reopening, etag: &Etag) -> ChangeSet {
    let case = reopening.case;
    let unchanged = Condition::Unchanged(etag.clone());
    let note = map::note(case, &reopening.note);
    let change_set = ChangeSet::new()
        .request(Request::update(
            CASES,
            case,
            &unchanged,
            map::active_again(),
        ))
        .request(Request::create_with_id(NOTES, reopening.note.id, note));
    let change_set = if reopening.columns.is_empty() {
        change_set
    } else {
        // Guarded by the first request: whoever wrote in between made it fail, and this one with it.
        let row = reopening
            .columns
            .iter()
            .fold(Row::new(), |row, (name, value)| {
                columns::set(row, name.as_str(), value)
            });
        change_set.request(Request::update(CASES, case, &Condition::Exists, row))
    };
    match &reopening.queue {
        Some(placement) => {
            let row = map::queue_item(case, placement);
            change_set.request(Request::create_with_id(QUEUE_ITEMS, placement.item, row))
        }
        None => change_set,
    }
}

fn refused_with<T>(result: &Result<T, (Option<usize>, Error)>, code: ServiceCode) -> bool {
    matches!(result, Err((_, Error::Refused(detail))) if detail.code == Some(code))
}

/// The note with something to know of its case, before its text so that no cut takes it away.
fn saying(what: &str, note: &NoteDraft) -> NoteDraft {
    NoteDraft {
        text: format!("{what}\n\n{}", note.text),
        ..note.clone()
    }
}

/// Our note is written with the reopening or not at all, so it tells whether it was we who
/// changed the case.
async fn note_tells(
    desk: &DynamicsCaseDesk,
    client: &Client,
    reopening: &Reopening,
) -> Result<ReopenOutcome, Failure> {
    match lookup::ours(client, NOTES, reopening.note.id, &["annotationid"]).await {
        Ok(Some(_)) => Ok(ReopenOutcome::AlreadyDone),
        Ok(None) => Ok(ReopenOutcome::Changed),
        Err(error) => Err(desk.fail("look for the note of a reopening", &error).await),
    }
}

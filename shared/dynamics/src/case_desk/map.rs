//! Rows of Dynamics from drafts, and facts from rows.
//!
//! Choices, lengths and navigation names are those of the tables `incident`, `contact`,
//! `annotation` and `queueitem`. Source: Microsoft Learn, the table references "Case (incident)",
//! "Contact", "Note (annotation)" and "Queue item".

use cxloop_domain::cases::{
    CaseDraft, CaseFacts, CaseState, CaseType, ContactDraft, CustomerRef, DESCRIPTION_CHARS,
    NOTE_SUBJECT_CHARS, NOTE_TEXT_CHARS, NoteDraft, Origin, OwnerRef, Priority, QueuePlacement,
    TITLE_CHARS,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::columns;
use crate::{Direction, Error, Query, Record, Row};

pub(super) const RESOLUTIONS: &str = "Incident_IncidentResolutions";
const QUEUE_ITEMS: &str = "Incident_QueueItem";

/// The longest first or last name of a contact, and the longest phone number and external id.
const CONTACT_TEXT_LENGTH: usize = 50;
const EMAIL_LENGTH: usize = 100;

fn priority(priority: Priority) -> i64 {
    match priority {
        Priority::High => 1,
        Priority::Normal => 2,
        Priority::Low => 3,
    }
}

fn origin(origin: Origin) -> i64 {
    match origin {
        Origin::Phone => 1,
        Origin::Email => 2,
        Origin::Web => 3,
    }
}

fn case_type(case_type: CaseType) -> i64 {
    match case_type {
        CaseType::Question => 1,
        CaseType::Problem => 2,
        CaseType::Request => 3,
    }
}

/// A case. With a queue of its own it is kept out of the organisation's routing rules, which
/// would put it into another one.
pub(super) fn case(case: &CaseDraft) -> Row {
    let row = Row::new()
        .set("title", fitting(&case.title, TITLE_CHARS))
        .set_some(
            "description",
            case.description
                .as_deref()
                .map(|text| fitting(text, DESCRIPTION_CHARS)),
        )
        .set_some("prioritycode", case.priority.map(priority))
        .set_some("caseorigincode", case.origin.map(origin))
        .set_some("casetypecode", case.case_type.map(case_type))
        .set_some("routecase", case.queue.is_some().then_some(false));
    let row = match &case.customer {
        CustomerRef::Contact(id) => row.bind("customerid_contact", "contacts", *id),
        CustomerRef::Account(id) => row.bind("customerid_account", "accounts", *id),
    };
    let row = match case.parent {
        Some(parent) => row.bind("parentcaseid", "incidents", parent),
        None => row,
    };
    let row = case.columns.iter().fold(row, |row, (name, value)| {
        columns::set(row, name.as_str(), value)
    });
    match &case.owner {
        Some(OwnerRef::User(id)) => row.bind("ownerid", "systemusers", *id),
        Some(OwnerRef::Team(id)) => row.bind("ownerid", "teams", *id),
        None => row,
    }
}

/// The state of a case that is worked on: Active, In Progress. It goes alone, because a resolved
/// case refuses every other column.
pub(super) fn active_again() -> Row {
    Row::new().set("statecode", 0).set("statuscode", 1)
}

pub(super) fn note(case: Uuid, note: &NoteDraft) -> Row {
    Row::new()
        .set("subject", fitting(&note.subject, NOTE_SUBJECT_CHARS))
        .set("notetext", fitting(&note.text, NOTE_TEXT_CHARS))
        .bind("objectid_incident", "incidents", case)
}

pub(super) fn queue_item(case: Uuid, placement: &QueuePlacement) -> Row {
    Row::new().bind("queueid", "queues", placement.queue).bind(
        "objectid_incident",
        "incidents",
        case,
    )
}

/// A contact. Names are cut to their columns; a key that does not fit is left out, because half
/// of it would be somebody else's.
pub(super) fn contact(contact: &ContactDraft) -> Row {
    let whole = |text: &Option<String>, length| {
        text.clone()
            .filter(|text| text.encode_utf16().count() <= length)
    };
    Row::new()
        .set_some(
            "firstname",
            contact
                .first_name
                .as_deref()
                .map(|name| fitting(name, CONTACT_TEXT_LENGTH)),
        )
        .set("lastname", fitting(&contact.last_name, CONTACT_TEXT_LENGTH))
        .set_some("emailaddress1", whole(&contact.email, EMAIL_LENGTH))
        .set_some("mobilephone", whole(&contact.phone, CONTACT_TEXT_LENGTH))
        .set_some(
            "externaluseridentifier",
            whole(&contact.external_id, CONTACT_TEXT_LENGTH),
        )
}

/// What is read of a case in one request: itself, its newest resolution, its newest queue item.
pub(super) fn case_query() -> Query {
    let newest_resolution = Query::new()
        .select(["createdon", "statecode"])
        .orderby("createdon", Direction::Descending)
        .top(1);
    let newest_queue_item = Query::new()
        .select(["enteredon", "_queueid_value"])
        .orderby("enteredon", Direction::Descending)
        .top(1);
    Query::new()
        .select([
            "title",
            "ticketnumber",
            "statecode",
            "statuscode",
            "merged",
            "modifiedon",
            "_customerid_value",
            "_masterid_value",
            "_parentcaseid_value",
            "numberofchildincidents",
        ])
        .expand(RESOLUTIONS, newest_resolution)
        .expand(QUEUE_ITEMS, newest_queue_item)
        .with_annotations()
}

/// A case from its row.
pub(super) fn facts(id: Uuid, row: &Record) -> Result<CaseFacts, Error> {
    let etag = row
        .etag()
        .ok_or_else(|| Error::unavailable("the case has no version"))?;
    let state = state(row).ok_or_else(|| Error::unavailable("the case has no known state"))?;
    let customer = match (row.lookup("customerid"), row.lookup_table("customerid")) {
        (Some(id), Some("contact")) => Some(CustomerRef::Contact(id)),
        (Some(id), Some("account")) => Some(CustomerRef::Account(id)),
        _ => None,
    };
    Ok(CaseFacts {
        id,
        etag: etag.as_str().to_owned(),
        state,
        ticket: row.text("ticketnumber").unwrap_or_default().to_owned(),
        title: row.text("title").unwrap_or_default().to_owned(),
        customer,
        queue: newest(row, QUEUE_ITEMS, "enteredon").and_then(|item| item.lookup("queueid")),
        resolved_at: resolved_at(row, state),
        master: row.lookup("masterid"),
        parent: row.lookup("parentcaseid"),
        children: row
            .whole("numberofchildincidents")
            .and_then(|children| u32::try_from(children).ok())
            .unwrap_or_default(),
    })
}

pub(super) fn state(row: &Record) -> Option<CaseState> {
    match row.whole("statecode")? {
        0 => Some(CaseState::Active),
        1 => Some(CaseState::Resolved),
        2 if row.whole("statuscode") == Some(2_000) || row.boolean("merged") == Some(true) => {
            Some(CaseState::Merged)
        }
        2 => Some(CaseState::Cancelled),
        _ => None,
    }
}

/// Resolving makes a resolution activity, whose creation is the moment; setting the state by hand
/// makes none, and then the last change of the now read-only row is the nearest that is known. A
/// newest resolution that is cancelled (state 2) belongs to an earlier closure.
pub(super) fn resolved_at(row: &Record, state: CaseState) -> Option<Timestamp> {
    let newest = newest(row, RESOLUTIONS, "createdon");
    let by_activity = newest
        .as_ref()
        .and_then(|resolution| resolution.moment("createdon"));
    let in_force = newest.is_some_and(|resolution| resolution.whole("statecode") != Some(2));
    match state {
        CaseState::Resolved if !in_force => row.moment("modifiedon").or(by_activity),
        _ => by_activity,
    }
}

/// The newest related row, whatever order the service gave.
fn newest(row: &Record, navigation: &str, column: &str) -> Option<Record> {
    row.related_rows(navigation)
        .into_iter()
        .max_by_key(|related| related.moment(column))
}

/// The text as its column takes it: the service counts UTF-16 units, so a text of many emoji is
/// longer there than in characters, and control characters that XML cannot carry are refused.
/// What is cut ends in an ellipsis.
pub(crate) fn fitting(text: &str, longest: usize) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{80}'..);
    let clean: String = text.chars().filter(kept).collect();
    if clean.encode_utf16().count() <= longest {
        return clean;
    }
    let mut length = 1;
    let mut fitting: String = clean
        .chars()
        .take_while(|c| {
            length += c.len_utf16();
            length <= longest
        })
        .collect();
    fitting.push('…');
    fitting
}

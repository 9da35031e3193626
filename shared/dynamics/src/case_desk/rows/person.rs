//! People by their rows.
//!
//! Source: Microsoft Learn, the table references "Contact", "Account", "Lead" and "User (SystemUser)", and "Join tables
//! using OData".

use cxloop_domain::names::ColumnName;
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{DoNot, Person};
use cxloop_ports::Failure;
use uuid::Uuid;

use super::super::DynamicsCaseDesk;
use super::super::customers::EMAIL;
use super::text;
use crate::{Error, Query, Record as Read};

/// Numbers of a contact or lead: the mobile, at home, in the company.
const PHONES: [&str; 3] = ["mobilephone", "telephone2", "telephone1"];
/// The columns of a contact or lead that forbid to contact them.
const DO_NOT: [&str; 3] = ["donotemail", "donotbulkemail", "donotphone"];
/// The contact of an account.
const PRIMARY: &str = "primarycontactid";
const NAME: &str = "fullname";
/// The address of a user.
const OF_USER: &str = "internalemailaddress";

/// The person of a row; `None` when there is nobody. One request.
pub(super) async fn read(
    desk: &DynamicsCaseDesk,
    record: &Record,
    time_zone: Option<&ColumnName>,
) -> Result<Option<Person>, Failure> {
    let (set, query) = match record.table.as_str() {
        "contact" => ("contacts", of_contact(time_zone)),
        // The contact comes along in the same request.
        "account" => (
            "accounts",
            Query::new()
                .select(["statecode"])
                .expand(PRIMARY, of_contact(time_zone)),
        ),
        "lead" => ("leads", of_people().select(["_parentaccountid_value"])),
        "systemuser" => (
            "systemusers",
            Query::new().select([NAME, OF_USER, "mobilephone", "isdisabled"]),
        ),
        _ => return Ok(None),
    };
    let client = desk.client().await?;
    let row = match client.get(set, record.id, &query.with_annotations()).await {
        Ok(row) => row,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(desk.fail("read who is asked", &error).await),
    };
    Ok(match record.table.as_str() {
        "contact" => Some(contact(record.clone(), &row, time_zone)),
        "account" => of_account(record.id, &row, time_zone),
        "lead" => Some(Person {
            account: row.lookup("parentaccountid"),
            ..plain(record.clone(), &row)
        }),
        _ => Some(Person {
            record: Some(record.clone()),
            name: text(&row, NAME),
            email: text(&row, OF_USER),
            phone: text(&row, "mobilephone"),
            is_inactive: row.boolean("isdisabled") == Some(true),
            ..Person::default()
        }),
    })
}

fn of_people() -> Query {
    Query::new()
        .select([NAME])
        .select(EMAIL.iter().copied())
        .select(PHONES)
        .select(DO_NOT)
}

fn of_contact(time_zone: Option<&ColumnName>) -> Query {
    of_people()
        .select(["contactid", "statecode", "_parentcustomerid_value"])
        .select(time_zone.map(ColumnName::as_str))
}

/// What a contact and a lead have in common. A lead that is qualified or disqualified is inactive to the service, and its
/// person is who they were: that is no reason not to ask them.
fn plain(record: Record, row: &Read) -> Person {
    let is_set = |column: &str| row.boolean(column) == Some(true);
    let [email, bulk_email, phone] = DO_NOT.map(is_set);
    Person {
        record: Some(record),
        name: text(row, NAME),
        email: EMAIL.iter().find_map(|column| text(row, column)),
        phone: PHONES.iter().find_map(|column| text(row, column)),
        do_not: DoNot {
            email,
            bulk_email,
            phone,
        },
        ..Person::default()
    }
}

fn contact(record: Record, row: &Read, time_zone: Option<&ColumnName>) -> Person {
    let account = match row.lookup_table("parentcustomerid") {
        Some("account") => row.lookup("parentcustomerid"),
        _ => None,
    };
    Person {
        account,
        time_zone: time_zone.and_then(|column| text(row, column.as_str())),
        is_inactive: is_inactive(row),
        ..plain(record, row)
    }
}

/// Who is asked for an account counts as belonging to it, whatever their own row says.
fn of_account(account: Uuid, row: &Read, time_zone: Option<&ColumnName>) -> Option<Person> {
    let primary = row.related(PRIMARY)?;
    let record = Record {
        table: "contact".parse().expect("a table's name"),
        id: primary.id("contactid")?,
    };
    let person = contact(record, &primary, time_zone);
    Some(Person {
        account: Some(account),
        is_inactive: person.is_inactive || is_inactive(row),
        ..person
    })
}

fn is_inactive(row: &Read) -> bool {
    row.whole("statecode").is_some_and(|state| state != 0)
}

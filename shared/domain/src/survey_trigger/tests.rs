//! Decisions about surveys.

mod asking;
mod caps;
mod deciding;
mod invitations;
mod quiet;
mod transitions;
mod writing;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::columns::CrmColumn;
use crate::configuration::{SurveyRule, Surveys};
use crate::record_changed::{Change, Record, RecordChanged};

const ROW: Uuid = Uuid::from_u128(7);
const CONTACT: Uuid = Uuid::from_u128(70);

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Some seconds after the moment that tests begin at.
fn after(seconds: i64) -> Timestamp {
    time("2026-11-22T10:00:00Z") + SignedDuration::from_secs(seconds)
}

fn connection() -> crate::names::ConnectionName {
    "dynamics".parse().unwrap()
}

fn record(table: &str) -> Record {
    Record {
        table: table.parse().unwrap(),
        id: ROW,
    }
}

/// A rule that asks by e-mail when a case is resolved, with other settings put over it.
fn rule(over: Value) -> SurveyRule {
    let mut rule = json!({
        "name": "despois-do-caso",
        "table": "incident",
        "column": "statecode",
        "to": ["1"],
        "survey": {"connection": "wxm", "questionnaire": "after-case"},
        "send": {"email": {"from": "ola@contoso.example", "subject": "O seu caso", "text": "{{ link }}"}},
    });
    for (key, value) in over.as_object().unwrap() {
        rule[key] = value.clone();
    }
    serde_json::from_value(rule).unwrap()
}

fn surveys(settings: Value) -> Surveys {
    serde_json::from_value(settings).unwrap()
}

/// A row with these columns: a value, or a value and its label.
fn row(version: u64, columns: Value) -> SeenRow {
    let column = |given: &Value| match given {
        Value::Array(both) => CrmColumn {
            value: both[0].clone(),
            label: both[1].as_str().map(str::to_owned),
        },
        value => CrmColumn {
            value: value.clone(),
            label: None,
        },
    };
    let columns = columns.as_object().unwrap().iter();
    SeenRow {
        record: record("incident"),
        row_version: version,
        columns: columns
            .map(|(name, given)| (name.clone(), column(given)))
            .collect(),
        tables: [("_customerid_value".to_owned(), "contact".parse().unwrap())].into(),
    }
}

/// A change that named these columns.
fn change(what: Change, columns: &[&str]) -> RecordChanged {
    RecordChanged {
        version: 1,
        connection: connection(),
        record: record("incident"),
        change: what,
        about: None,
        columns: columns.iter().map(|name| name.parse().unwrap()).collect(),
        happened_at: after(0),
        operation: "op-1".to_owned(),
        inbox_id: None,
        row_version: None,
    }
}

fn person() -> Person {
    Person {
        record: Some(Record {
            table: "contact".parse().unwrap(),
            id: CONTACT,
        }),
        name: Some("Antía Núñez".to_owned()),
        email: Some("antia@example.com".to_owned()),
        phone: Some("+34 986 000 111".to_owned()),
        ..Person::default()
    }
}

fn invitation() -> Invitation {
    let of = Pending {
        rule: "despois-do-caso".parse().unwrap(),
        occurrence: 1,
        at: after(0),
    };
    Invitation::begun(&connection(), &record("incident"), &of, after(1))
}

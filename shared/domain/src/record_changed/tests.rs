mod ownership;

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::configuration::DynamicsConnection;
use crate::signals::PassedOver;

#[test]
fn a_redelivered_change_has_the_id_of_the_first_and_reads_back_as_it_was_sent() {
    let change = RecordChanged {
        version: 1,
        connection: "dynamics".parse().unwrap(),
        record: Record {
            table: "incident".parse().unwrap(),
            id: Uuid::from_u128(7),
        },
        change: Change::StateSet,
        about: None,
        columns: BTreeSet::from(["statecode".parse().unwrap()]),
        happened_at: "2026-03-01T09:30:00Z".parse().unwrap(),
        operation: "b8a0".into(),
        inbox_id: Some("i-1".parse().unwrap()),
        row_version: None,
    };
    let sent = serde_json::to_string(&change).unwrap();
    assert!(sent.contains("\"state_set\""));
    assert_eq!(
        serde_json::from_str::<RecordChanged>(&sent).unwrap(),
        change
    );
    let again = RecordChanged {
        inbox_id: None,
        ..change.clone()
    };
    assert_eq!(again.id(), change.id());
    let other = RecordChanged {
        operation: "b8a1".into(),
        ..change.clone()
    };
    assert_ne!(other.id(), change.id());
}

const CASE: Uuid = Uuid::from_u128(0xca5e);
const OTHER: Uuid = Uuid::from_u128(0x07e4);
const NOTE: Uuid = Uuid::from_u128(0x207e);
const US: Uuid = Uuid::from_u128(0x05);
const AGENT: Uuid = Uuid::from_u128(0xa6e7);

fn record(table: &str, id: Uuid) -> Record {
    Record {
        table: table.parse().unwrap(),
        id,
    }
}

fn case(id: Uuid) -> Record {
    record("incident", id)
}

fn names(names: &[&str]) -> BTreeSet<ColumnName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn origin() -> Origin {
    Origin {
        connection: "dynamics".parse().unwrap(),
        inbox_id: "i-1".parse().unwrap(),
        accepted_at: "2026-03-02T10:00:05Z".parse().unwrap(),
    }
}

fn connection() -> DynamicsConnection {
    DynamicsConnection::new("https://contoso.crm4.dynamics.com", "cxloop/dynamics")
}

/// A message by an agent about the case, with its row as the target.
fn message(name: &str, written: &[&str]) -> Notice {
    Notice {
        message: Some(name.to_owned()),
        primary: Some(case(CASE)),
        rows: vec![NamedRow {
            record: Some(case(CASE)),
            columns: names(written),
            about: None,
        }],
        authorship: by(AGENT, AGENT),
        operation: OperationIds {
            operation: Some(Uuid::from_u128(0x0b)),
            request: Some(Uuid::from_u128(0x4e)),
            step: Some(Uuid::from_u128(0x57)),
            is_asynchronous: Some(true),
        },
        happened_at: Some("2026-03-02T10:00:00Z".parse().unwrap()),
        ..Notice::default()
    }
}

fn by(initiating: Uuid, user: Uuid) -> Authorship {
    Authorship {
        initiating_user: Some(initiating),
        user: Some(user),
        ..Authorship::default()
    }
}

fn changes(notice: &Notice) -> Vec<RecordChanged> {
    match hear(notice, &connection(), &origin()) {
        Heard::Changes(changes) => changes,
        other => panic!("{other:?}"),
    }
}

fn change(notice: &Notice) -> RecordChanged {
    let [only] = <[_; 1]>::try_from(changes(notice)).unwrap();
    only
}

#[test]
fn each_message_of_a_case_is_told_as_what_it_does_to_the_case() {
    for (name, expected, columns) in [
        ("Create", Change::Created, &["title", "statecode"][..]),
        ("Update", Change::Updated, &["title", "statecode"]),
        ("SetState", Change::StateSet, &["statecode", "statuscode"]),
        (
            "SetStateDynamicEntity",
            Change::StateSet,
            &["statecode", "statuscode"],
        ),
        ("Assign", Change::Assigned, &["ownerid"]),
        ("Delete", Change::Deleted, &[]),
        ("update", Change::Updated, &["title", "statecode"]),
    ] {
        let told = change(&message(name, &["title", "statecode"]));
        assert_eq!(
            (told.change, &told.record),
            (expected, &case(CASE)),
            "{name}"
        );
        assert_eq!(told.columns, names(columns), "{name}");
        assert_eq!(told.about, None);
        assert_eq!(told.inbox_id, Some(origin().inbox_id));
        assert_eq!(told.happened_at.to_string(), "2026-03-02T10:00:00Z");
    }
}

#[test]
fn a_closed_case_is_the_one_in_the_resolution_whatever_the_message_is_called() {
    for name in ["Close", "CloseIncident"] {
        let told = change(&Notice {
            primary: None,
            rows: Vec::new(),
            closed: Some(case(CASE)),
            ..message(name, &[])
        });
        assert_eq!((told.change, told.record), (Change::Closed, case(CASE)));
        assert!(told.columns.is_empty(), "any column may have changed");
        let named = change(&Notice {
            rows: Vec::new(),
            ..message(name, &[])
        });
        assert_eq!(
            named.record,
            case(CASE),
            "also where the message names it itself"
        );
    }
}

#[test]
fn a_message_without_what_names_its_row_says_so() {
    let stripped = |name| Notice {
        primary: None,
        rows: Vec::new(),
        is_stripped: true,
        ..message(name, &[])
    };
    for name in ["Close", "Update", "Merge", "CreateMultiple"] {
        let heard = hear(&stripped(name), &connection(), &origin());
        assert_eq!(heard, Heard::PassedOver(PassedOver::NoRow), "{name}");
    }
    let told = change(&Notice {
        rows: Vec::new(),
        is_stripped: true,
        ..message("Update", &[])
    });
    assert_eq!(told.record, case(CASE));
    assert!(told.columns.is_empty(), "any column may have changed");
}

#[test]
fn messages_that_change_no_row_or_that_nobody_knows_are_passed_over() {
    for name in ["Retrieve", "GrantAccess", "", "Updated"] {
        let heard = hear(&message(name, &[]), &connection(), &origin());
        assert_eq!(heard, Heard::PassedOver(PassedOver::Message), "{name:?}");
    }
    let nameless = Notice {
        message: None,
        ..message("", &[])
    };
    let heard = hear(&nameless, &connection(), &origin());
    assert_eq!(heard, Heard::PassedOver(PassedOver::Message));
}

#[test]
fn a_note_is_about_its_case_by_what_was_written_or_by_an_image() {
    let mut written = message("Create", &["notetext", "objectid"]);
    written.primary = Some(record("annotation", NOTE));
    written.rows[0].record = None;
    written.rows[0].about = Some(case(CASE));
    written.about = Some(case(OTHER));
    assert_eq!(change(&written).about, Some(case(CASE)));
    assert_eq!(change(&written).record, record("annotation", NOTE));
    written.rows[0].about = None;
    assert_eq!(change(&written).about, Some(case(OTHER)));
    let mut deleted = written;
    deleted.message = Some("Delete".to_owned());
    deleted.rows.clear();
    assert_eq!(change(&deleted).about, Some(case(OTHER)));
}

#[test]
fn a_merged_case_is_about_its_master() {
    let mut merge = message("Merge", &[]);
    merge.subordinate = Some(case(OTHER));
    let told = change(&merge);
    assert_eq!((told.record, told.about), (case(OTHER), Some(case(CASE))));
    assert_eq!(told.change, Change::Merged);
    merge.rows.clear();
    assert_eq!(change(&merge).about, Some(case(CASE)));
    merge.subordinate = None;
    let told = change(&merge);
    assert_eq!(
        (told.record, told.about),
        (case(CASE), None),
        "as far as it is known"
    );
}

#[test]
fn a_message_about_several_rows_is_one_change_for_each() {
    let row = |id, column| NamedRow {
        record: Some(case(id)),
        columns: names(&[column]),
        about: None,
    };
    let many = Notice {
        primary: None,
        rows: vec![
            row(CASE, "title"),
            row(OTHER, "ownerid"),
            row(CASE, "title"),
        ],
        ..message("UpdateMultiple", &[])
    };
    let told = changes(&many);
    let seen: Vec<_> = told
        .iter()
        .map(|t| (t.record.id, t.columns.clone()))
        .collect();
    assert_eq!(
        seen,
        [(CASE, names(&["title"])), (OTHER, names(&["ownerid"]))]
    );
    assert_ne!(told[0].id(), told[1].id(), "one operation, two facts");
}

proptest! {
    #[test]
    fn the_same_message_is_told_under_the_same_ids(name in "(Create|Update|Close|Merge|Delete|Assign|UpdateMultiple)", ids in prop::collection::vec(any::<u128>(), 0..4), operation in any::<Option<u128>>(), mode in any::<Option<bool>>()) {
        let rows = ids.iter().map(|id| NamedRow { record: Some(case(Uuid::from_u128(*id))), ..NamedRow::default() });
        let notice = Notice {
            message: Some(name),
            rows: rows.collect(),
            operation: OperationIds { operation: operation.map(Uuid::from_u128), is_asynchronous: mode, ..OperationIds::default() },
            ..Notice::default()
        };
        let told = |notice: &Notice| match hear(notice, &connection(), &origin()) {
            Heard::Changes(changes) => changes.iter().map(Event::id).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let first = told(&notice);
        prop_assert_eq!(&first, &told(&notice.clone()));
        let different: BTreeSet<_> = first.iter().collect();
        prop_assert_eq!(different.len(), first.len());
    }
}

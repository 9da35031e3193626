//! What is known already and what is refused again.

use super::*;
use crate::record_changed::{Change, Record};

#[test]
fn a_version_that_the_response_holds_is_not_read_again() {
    let case = record();
    let first = intended(decided(
        &settings("  language: gl\n"),
        &Written::default(),
        &there(&case),
    ));
    let state = WriteBackState {
        written: first.settled(&Settled::default()),
        ..WriteBackState::default()
    };
    let found = |id, row_version| RecordChanged {
        version: 1,
        connection: "dynamics".parse().unwrap(),
        record: Record {
            table: "incident".parse().unwrap(),
            id,
        },
        change: Change::Found,
        about: None,
        columns: BTreeSet::new(),
        happened_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        operation: "version".into(),
        inbox_id: None,
        row_version,
    };
    let version = case.row_version;
    assert!(is_known(&state, &found(case.id, Some(version))));
    assert!(!is_known(&state, &found(case.id, Some(version + 1))));
    assert!(!is_known(&state, &found(case.id, None)), "nobody said");
    assert!(
        !is_known(&state, &found(Uuid::from_u128(77), Some(1))),
        "a note"
    );
    let interrupted = WriteBackState {
        intended: Some(first),
        ..state
    };
    assert!(!is_known(&interrupted, &found(case.id, Some(version))));
}

#[test]
fn a_part_that_is_refused_again_after_it_went_through_is_shown_again() {
    let case = record();
    let first = intended(decided(
        &settings(
            "  note: { write: false }\n  fields: [{ question: CASE_STATUS, column: statuscode }]\n",
        ),
        &Written::default(),
        &there(&case),
    ));
    let refused = Settled {
        refused: BTreeMap::from([("CASE_STATUS".to_owned(), "demasiado longo".to_owned())]),
    };
    let crm = "dynamics".parse().unwrap();
    let at = "2026-11-22T10:00:00Z".parse().unwrap();
    let failed = |intended: &Intended| {
        let steps = written_steps(intended, &refused, Uuid::from_u128(1), &crm, "", at);
        steps.into_iter().next().unwrap().key
    };
    let key = failed(&first);
    let after = first.settled(&refused);
    let mended = Intended {
        after,
        ..first.clone()
    };
    let steps = written_steps(
        &mended,
        &Settled::default(),
        Uuid::from_u128(1),
        &crm,
        "",
        at,
    );
    assert!(steps.iter().any(|step| step.key == key), "{steps:#?}");
    let again = Intended {
        after: mended.settled(&Settled::default()),
        ..first
    };
    assert_ne!(failed(&again), key);
}

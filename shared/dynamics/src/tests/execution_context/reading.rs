//! What follows from each of the raw bodies.

use std::collections::BTreeSet;

use cxloop_domain::events::Event as _;
use cxloop_domain::record_changed::Change;
use cxloop_domain::signals::PassedOver;

use super::*;
use crate::execution_context::reduced;

/// The one change of a body.
fn change(name: &str) -> RecordChanged {
    let [only] =
        <[_; 1]>::try_from(changes(name)).unwrap_or_else(|many| panic!("{name}: {many:?}"));
    only
}

#[test]
fn each_body_tells_of_its_row_and_of_the_row_that_it_belongs_to() {
    let case = || record("incident", CASE);
    let note = || record("annotation", NOTE);
    let opportunity = uuid!("5a4db0c5-1111-4a00-8000-0000000000e5");
    let lead = uuid!("5a4db0c5-1111-4a00-8000-0000000000f6");
    let call = uuid!("5a4db0c5-1111-4a00-8000-0000000000d2");
    for (name, expected, row, about) in [
        ("update", Change::Updated, case(), None),
        ("update-garbled", Change::Updated, case(), None),
        ("update-capital-keys", Change::Updated, case(), None),
        ("update-stripped", Change::Updated, case(), None),
        (
            "update-byte-order-mark",
            Change::Updated,
            record("account", ACCOUNT),
            None,
        ),
        (
            "update-typed-scalars",
            Change::Updated,
            record("account", ACCOUNT),
            None,
        ),
        (
            "update-2017",
            Change::Updated,
            record("contact", CONTACT),
            None,
        ),
        (
            "opportunity-won",
            Change::Updated,
            record("opportunity", opportunity),
            None,
        ),
        (
            "lead-qualified",
            Change::Updated,
            record("lead", lead),
            None,
        ),
        ("close", Change::Closed, case(), None),
        ("reactivate", Change::StateSet, case(), None),
        ("assign", Change::Assigned, case(), None),
        (
            "merge",
            Change::Merged,
            case(),
            Some(record("incident", MASTER)),
        ),
        ("note", Change::Created, note(), Some(case())),
        ("note-deleted", Change::Deleted, note(), Some(case())),
        (
            "phone-call",
            Change::Updated,
            record("phonecall", call),
            Some(case()),
        ),
    ] {
        let told = change(name);
        assert_eq!(
            (told.change, told.record, told.about),
            (expected, row, about),
            "{name}"
        );
    }
}

#[test]
fn the_columns_are_those_that_were_written() {
    let names = |name: &str| -> BTreeSet<String> {
        let columns = change(name).columns;
        columns.iter().map(ToString::to_string).collect()
    };
    let of = |names: &[&str]| {
        names
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    let update = [
        "description",
        "incidentid",
        "modifiedby",
        "modifiedon",
        "modifiedonbehalfby",
        "statuscode",
    ];
    assert_eq!(names("update"), of(&update));
    assert_eq!(names("reactivate"), of(&["statecode", "statuscode"]));
    assert_eq!(names("assign"), of(&["ownerid"]));
    for any in ["update-stripped", "close", "merge", "note-deleted"] {
        assert_eq!(names(any), of(&[]), "{any}: any column may have changed");
    }
}

#[test]
fn several_rows_in_one_body_are_several_changes() {
    let told = changes("update-multiple");
    let rows: Vec<_> = told.iter().map(|change| change.record.id).collect();
    assert_eq!(rows, [CASE, MASTER]);
    assert_ne!(told[0].id(), told[1].id());
}

#[test]
fn what_names_no_row_and_what_is_our_own_is_passed_over() {
    assert_eq!(
        heard("close-stripped"),
        Heard::PassedOver(PassedOver::NoRow)
    );
    assert_eq!(heard("create-own"), Heard::PassedOver(PassedOver::OwnWrite));
    let untagged = body("create-own").replace("\"key\":\"tag\"", "\"key\":\"x\"");
    let without_tag = hear(untagged.as_bytes(), &connection(), &origin()).unwrap();
    assert_eq!(without_tag, Heard::PassedOver(PassedOver::OwnWrite));
    let mut unknown_user = connection();
    unknown_user.application_user = None;
    let by_tag = hear(body("create-own").as_bytes(), &unknown_user, &origin()).unwrap();
    assert_eq!(by_tag, Heard::PassedOver(PassedOver::OwnWrite));
    assert!(matches!(
        hear(untagged.as_bytes(), &unknown_user, &origin()).unwrap(),
        Heard::Changes(_)
    ));
}

#[test]
fn a_persons_follow_up_to_our_write_is_told() {
    // The row is written in the agent's name by a plug-in, within the request that we began and tagged.
    let (ours, agents) = (US.to_string(), AGENT.to_string());
    let own = body("create-own");
    let written = "\"LogicalName\":\"systemuser\",\"Name\":null,\"RowVersion\":null}},{\"key\":\"modifiedonbehalfby\"";
    let at = own.find(written).unwrap();
    let place = own[..at].rfind(&ours).unwrap();
    let follow_up = format!("{}{agents}{}", &own[..place], &own[place + ours.len()..]);
    let heard = hear(follow_up.as_bytes(), &connection(), &origin()).unwrap();
    assert!(matches!(heard, Heard::Changes(_)), "{heard:?}");
}

#[test]
fn the_tag_counts_also_where_only_the_operation_around_it_carries_it() {
    let inner = serde_json::json!({
        "MessageName": "Update", "PrimaryEntityName": "queueitem", "PrimaryEntityId": NOTE,
        "ParentContext": { "SharedVariables": [{ "key": "tag", "value": "cxloop:wxm/r-1" }] },
    });
    let heard = hear(inner.to_string().as_bytes(), &connection(), &origin()).unwrap();
    assert_eq!(heard, Heard::PassedOver(PassedOver::OwnWrite));
}

#[test]
fn new_rows_have_their_ids_in_the_output_where_the_parameters_have_none() {
    let made = serde_json::json!({
        "MessageName": "CreateMultiple", "PrimaryEntityName": "incident",
        "InputParameters": [{ "key": "Targets", "value": { "__type": "EntityCollection:x", "Entities": [
            { "Attributes": [{ "key": "title", "value": "Un" }], "LogicalName": "incident", "Id": Uuid::nil() },
            { "Attributes": [{ "key": "title", "value": "Dous" }], "LogicalName": "incident", "Id": Uuid::nil() },
        ] } }],
        "OutputParameters": [{ "key": "Ids", "value": [CASE, MASTER] }],
    });
    let Heard::Changes(told) = hear(made.to_string().as_bytes(), &connection(), &origin()).unwrap()
    else {
        panic!("nothing was told")
    };
    let rows: Vec<_> = told
        .iter()
        .map(|change| (change.change, change.record.id))
        .collect();
    assert_eq!(rows, [(Change::Created, CASE), (Change::Created, MASTER)]);
}

#[test]
fn another_organisation_is_told_apart() {
    let mut other = connection();
    other.organization_id = Some(CASE);
    let heard = hear(body("update").as_bytes(), &other, &origin()).unwrap();
    assert_eq!(heard, Heard::OtherOrganization);
}

#[test]
fn a_reduced_body_tells_of_the_same_rows_and_of_nothing_that_was_written() {
    for name in [
        "update",
        "close",
        "merge",
        "note",
        "note-deleted",
        "phone-call",
        "create-own",
    ] {
        let whole = body(name).replace("caldeira", &"caldeira e ".repeat(200));
        let small = reduced(whole.as_bytes());
        let told = |body: &[u8]| hear(body, &connection(), &origin()).unwrap();
        assert_eq!(told(&small), told(whole.as_bytes()), "{name}");
        let text = String::from_utf8(small).unwrap();
        assert!(text.contains(&format!("\"cxloop_reduced_from_bytes\":{}", whole.len())));
        assert!(
            !text.contains("caldeira e caldeira") && text.len() < whole.len(),
            "{name}"
        );
    }
}

#[test]
fn whatever_its_size_a_reduced_body_is_small_and_names_what_it_can() {
    let many: Vec<_> = (0..40_000u128)
        .map(|n| serde_json::json!({ "key": Uuid::from_u128(n), "value": "não".repeat(20) }))
        .collect();
    let large = serde_json::json!({
        "MessageName": "Update", "PrimaryEntityName": "incident", "PrimaryEntityId": CASE,
        "InputParameters": [{ "key": "a", "value": many }, { "key": "b", "value": many }, { "key": "c", "value": many }],
        "PreEntityImages": [{ "key": "d", "value": many }],
    });
    let small = reduced(large.to_string().as_bytes());
    assert!(small.len() < 300 * 1024, "{}", small.len());
    let heard = hear(&small, &connection(), &origin()).unwrap();
    assert!(matches!(heard, Heard::Changes(told) if told[0].record == record("incident", CASE)));
    let noise = vec![0xff; 3_000_000];
    assert!(reduced(&noise).len() < 100);
}

//! What each of the raw bodies is in normal form.

use jiff::Timestamp;

use super::*;
use crate::execution_context::{Row, Value};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn target(context: &ExecutionContext) -> &Row {
    match &context.input.as_ref().unwrap()["Target"] {
        Value::Row(row) => row,
        other => panic!("{other:?}"),
    }
}

fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.columns[column].text().unwrap()
}

#[test]
fn an_asynchronous_update_of_today_with_images() {
    let context = read("update");
    assert_eq!(context.message.as_deref(), Some("Update"));
    assert_eq!(context.primary_table.as_deref(), Some("incident"));
    assert_eq!(context.primary_id, Some(CASE));
    assert_eq!(context.secondary_table, None);
    assert_eq!(context.organization_id, Some(ORGANIZATION));
    assert_eq!(
        context.organization_name.as_deref(),
        Some("unqcontosogalicia")
    );
    assert_eq!(
        (context.user, context.initiating_user),
        (Some(AGENT), Some(AGENT))
    );
    assert_eq!(context.created_on, Some(at("2026-03-02T10:00:02Z")));
    assert_eq!((context.stage, context.depth), (Some(40), Some(1)));
    assert_eq!(context.is_asynchronous, Some(true));
    assert_ne!(context.operation_id, context.request_id);
    assert!(!context.is_stripped());
    let parent = context.parent.as_deref().unwrap();
    assert_eq!((parent.stage, parent.parent.is_none()), (Some(30), true));
    assert!(matches!(
        &parent.shared["ChangedEntityTypes"],
        Value::Pairs(pairs) if pairs["incident"] == Value::Text("Update".to_owned())
    ));

    let written = target(&context);
    assert_eq!(
        (written.table.as_deref(), written.id),
        (Some("incident"), Some(CASE))
    );
    assert_eq!(written.version.as_deref(), Some("730211"));
    assert_eq!(written.columns["statuscode"], Value::Choice(2));
    assert_eq!(
        text(written, "description"),
        "Agardamos pola peza; avisarán mañá às nove"
    );
    assert_eq!(written.columns["incidentid"].id(), Some(CASE));
    assert_eq!(
        written.columns["modifiedon"],
        Value::Moment(at("2026-03-02T10:00:00Z"))
    );
    assert_eq!(written.columns["modifiedonbehalfby"], Value::Null);
    assert!(
        matches!(&written.columns["modifiedby"], Value::Reference(user)
        if user.id == Some(AGENT) && user.name.is_none())
    );

    let before = &context.before.as_ref().unwrap()["PreImage"];
    assert_eq!(before.columns["statuscode"], Value::Choice(1));
    assert_eq!(before.labels["statuscode"], "En curso");
    let after = context.after.as_ref().unwrap();
    assert_eq!(after.len(), 2);
    assert!(
        matches!(&after["PostImage"].columns["customerid"], Value::Reference(customer)
        if customer.id == Some(CONTACT)
            && customer.table.as_deref() == Some("contact")
            && customer.name.as_deref() == Some("Iria Ferreiro Núñez"))
    );
    let automatic = &after["AsynchronousStepPrimaryName"];
    assert_eq!(
        text(automatic, "title"),
        "Avaría sen resolver: a caldeira non acende"
    );
}

#[test]
fn a_text_that_was_decoded_wrongly_is_the_one_that_was_written() {
    let context = read("update-garbled");
    assert_eq!(
        text(target(&context), "title"),
        "Reclamação: não chegou à Corunha"
    );
    assert_eq!(
        text(target(&context), "description"),
        "Pagou 49,90 € e “ninguén” contestou — Á espera"
    );
    let image = &context.after.as_ref().unwrap()["AsynchronousStepPrimaryName"];
    assert_eq!(text(image, "title"), "Reclamação: não chegou à Corunha");
}

#[test]
fn a_synchronous_body_of_2018_behind_a_byte_order_mark() {
    let marked = body("update-byte-order-mark");
    assert!(marked.starts_with('\u{feff}'));
    let context = read("update-byte-order-mark");
    assert_eq!(context.is_asynchronous, Some(false));
    assert_eq!(context.operation_id, context.request_id);
    assert_eq!(context.primary_id, Some(ACCOUNT));
    assert_eq!(text(target(&context), "telephone1"), "+34 986 000 111");
    let bare = ExecutionContext::read(&marked.as_bytes()[3..]).unwrap();
    let garbled = format!("ï»¿{}", &marked[3..]);
    assert_eq!(bare, context);
    assert_eq!(ExecutionContext::read(garbled.as_bytes()).unwrap(), context);
}

#[test]
fn capital_keys_plain_objects_and_iso_dates_say_the_same() {
    let context = read("update-capital-keys");
    assert_eq!(target(&context).columns["prioritycode"], Value::Choice(1));
    assert_eq!(context.shared["IsAutoTransact"], Value::Flag(true));
    assert_eq!(context.created_on, Some(at("2026-03-02T10:05:02Z")));
    let told = &changes("update-capital-keys")[0];
    assert_eq!(told.happened_at, at("2026-03-02T10:05:00Z"));
}

#[test]
fn a_body_of_2017_without_request_and_with_an_offset() {
    let context = read("update-2017");
    assert_eq!(context.request_id, None);
    assert_eq!(context.created_on, Some(at("2026-03-02T11:00:02Z")));
    let told = &changes("update-2017")[0];
    assert_eq!(told.operation, context.operation_id.unwrap().to_string());
    assert_eq!(
        told.happened_at,
        at("2026-03-02T10:00:00Z"),
        "as the row says"
    );
    assert_eq!(told.record, record("contact", CONTACT));
}

#[test]
fn typed_scalars_are_what_they_hold() {
    let context = read("update-typed-scalars");
    let written = target(&context);
    assert_eq!(written.columns["accountid"].id(), Some(ACCOUNT));
    assert_eq!(
        written.columns["modifiedon"],
        Value::Moment(at("2026-03-02T10:00:00Z"))
    );
}

#[test]
fn money_keeps_its_digits_and_several_choices_are_a_list() {
    let context = read("opportunity-won");
    let written = target(&context);
    assert!(
        matches!(&written.columns["actualvalue"], Value::Money(amount)
        if amount.to_string() == "18450.75")
    );
    assert_eq!(
        written.columns["msdyn_canles"],
        Value::Choices(vec![100, 200])
    );
    let told = &changes("opportunity-won")[0];
    assert_eq!(told.record.table.as_str(), "opportunity");
    let parts: Vec<String> = [context.request_id, context.step, context.primary_id]
        .map(|id| id.unwrap().to_string())
        .to_vec();
    assert_eq!(
        told.operation,
        parts.join("/"),
        "a synchronous step has no job"
    );
}

#[test]
fn the_parties_of_a_call_are_rows() {
    let context = read("phone-call");
    let before = &context.before.as_ref().unwrap()["Image"];
    let Value::Rows(parties) = &before.columns["from"] else {
        panic!("{before:?}")
    };
    assert_eq!(parties.len(), 2);
    assert_eq!(
        parties[0].columns["participationtypemask"],
        Value::Choice(1)
    );
    assert_eq!(parties[0].labels["participationtypemask"], "Remitente");
    assert_eq!(parties[0].version.as_deref(), Some("730300"));
    assert_eq!(parties[1].columns["partyid"].id(), Some(AGENT));
}

#[test]
fn a_stripped_body_says_that_it_is() {
    for name in ["update-stripped", "close-stripped"] {
        let context = read(name);
        assert!(context.is_stripped() && context.parent.is_none(), "{name}");
    }
    assert!(!read("close").is_stripped());
}

#[test]
fn what_is_no_body_of_dataverse_is_told_without_its_content() {
    for text in [
        body("unreadable").as_str(),
        "",
        "null",
        "[]",
        "{}",
        "\"qvzbody\"",
        r#"{"qvz":1}"#,
        r#"{"MessageName":" ","PrimaryEntityName":null}"#,
        r#"{"MessageName":"Update""#,
    ] {
        let error = ExecutionContext::read(text.as_bytes()).unwrap_err();
        assert!(error.reason.len() > 10, "{text}");
        assert!(!error.reason.contains("qvz") && !error.reason.contains("Santiago"));
    }
}

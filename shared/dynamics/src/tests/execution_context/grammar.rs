//! Values in all their spellings.

use serde_json::{Value as Json, json};

use super::*;
use crate::execution_context::Value;

/// The value of a shared variable.
fn value(json: Json) -> Value {
    let body =
        json!({ "MessageName": "Update", "SharedVariables": [{ "key": "v", "value": json }] });
    let read = ExecutionContext::read(body.to_string().as_bytes()).unwrap();
    read.shared["v"].clone()
}

fn moment(text: &str) -> Value {
    Value::Moment(text.parse().unwrap())
}

#[test]
fn dates_are_milliseconds_in_utc_whatever_the_offset() {
    for text in [
        "/Date(1772445600000)/",
        "/Date(1772445600000+0000)/",
        "/Date(1772445600000-0700)/",
        "/Date(1772445600000+0300)/",
    ] {
        assert_eq!(value(json!(text)), moment("2026-03-02T10:00:00Z"), "{text}");
    }
    assert_eq!(
        value(json!("/Date(-86400000)/")),
        moment("1969-12-31T00:00:00Z")
    );
    assert_eq!(
        value(json!("/Date(-86400000-0500)/")),
        moment("1969-12-31T00:00:00Z")
    );
    for text in [
        "/Date()/",
        "/Date(x)/",
        "/Date(1+x)/",
        "/Date(99999999999999999999)/",
        "Date(1)",
    ] {
        assert_eq!(value(json!(text)), Value::Text(text.to_owned()), "{text}");
    }
}

#[test]
fn an_iso_date_is_a_text_that_can_be_read_as_a_moment() {
    for (text, expected) in [
        ("2026-03-02T10:00:00Z", Some("2026-03-02T10:00:00Z")),
        (
            "2026-03-02T13:00:00.5+03:00",
            Some("2026-03-02T10:00:00.5Z"),
        ),
        ("2026-03-02T10:00:00", Some("2026-03-02T10:00:00Z")),
        ("2026-03-02", Some("2026-03-02T00:00:00Z")),
        ("mañá", None),
    ] {
        let read = value(json!(text)).moment();
        assert_eq!(read, expected.map(|at| at.parse().unwrap()), "{text}");
    }
}

#[test]
fn an_object_is_known_by_its_type_wherever_that_stands_or_by_its_shape() {
    let id = CASE.to_string();
    let reference = |json| matches!(value(json), Value::Reference(r) if r.id == Some(CASE) && r.table.as_deref() == Some("incident"));
    assert!(reference(
        json!({ "Id": id, "LogicalName": "incident", "__type": "EntityReference:x" })
    ));
    assert!(reference(
        json!({ "LogicalName": "incident", "Id": format!("{{{}}}", id.to_uppercase()) })
    ));
    assert_eq!(value(json!({ "Value": 3 })), Value::Choice(3));
    assert_eq!(
        value(json!({ "Value": 3, "__type": "OptionSetValue:x" })),
        Value::Choice(3)
    );
    let money =
        |json| matches!(value(json), Value::Money(amount) if amount.to_string().starts_with("10"));
    assert!(money(json!({ "__type": "Money:x", "Value": 10 })));
    assert!(money(json!({ "Value": 10.12 })));
    assert_eq!(
        value(json!({ "__type": "Money:x", "Value": null })),
        Value::Null
    );
    let aliased = json!({ "__type": "AliasedValue:x", "AttributeLogicalName": "name", "Value": { "Value": 7 } });
    assert_eq!(value(aliased), Value::Choice(7));
    assert!(matches!(value(json!({ "Attributes": {} })), Value::Row(_)));
    assert!(
        matches!(value(json!({ "Entities": [{ "Id": id }] })), Value::Rows(rows) if rows[0].id == Some(CASE))
    );
    assert!(
        matches!(value(json!([{ "Id": id, "LogicalName": "incident" }])), Value::References(all) if all.len() == 1)
    );
    assert!(matches!(value(json!({ "estraño": true })), Value::Other(_)));
    assert_eq!(
        value(json!({ "__type": "Guid:#System", "__value": id })).id(),
        Some(CASE)
    );
    assert_eq!(
        value(json!({ "__type": "Int32:#System", "__value": 4 })),
        Value::Number(4.into())
    );
}

#[test]
fn bare_values_and_lists_are_themselves() {
    assert_eq!(value(json!(null)), Value::Null);
    assert_eq!(value(json!(true)), Value::Flag(true));
    assert_eq!(value(json!(321)), Value::Number(321.into()));
    assert_eq!(value(json!("Ourense")), Value::Text("Ourense".to_owned()));
    assert_eq!(value(json!([])), Value::List(Vec::new()));
    assert_eq!(
        value(json!([{ "Value": 1 }, { "Value": 2 }])),
        Value::Choices(vec![1, 2])
    );
    let mixed = value(json!([1, { "Value": 2 }]));
    assert_eq!(
        mixed,
        Value::List(vec![Value::Number(1.into()), Value::Choice(2)])
    );
    assert_eq!(
        value(json!("00000000-0000-0000-0000-000000000000")).id(),
        None
    );
}

#[test]
fn texts_that_were_decoded_rightly_stay_as_they_are() {
    for text in [
        "AÇÃO IMEDIATA: NÃO CHEGOU À IRMÃ",
        "“IRMÃ” e «IRMÃ»",
        "Ó pé do hórreo, ás nove; unha nena ñoña – 12 €",
        "naïve façade, São João, Águeda, Órgãos, Über",
        "日本 ✓",
        "Ã",
        "€",
    ] {
        assert_eq!(value(json!(text)), Value::Text(text.to_owned()));
    }
}

#[test]
fn texts_that_were_decoded_wrongly_are_mended_also_in_names_and_labels() {
    let garbled = json!({ "LogicalName": "contact", "Id": CASE, "Name": "Antía NÃºÃ±ez" });
    // One letter was decoded rightly, so it is not that mistake.
    assert!(
        matches!(value(garbled), Value::Reference(r) if r.name.as_deref() == Some("Antía NÃºÃ±ez"))
    );
    let garbled = json!({ "LogicalName": "contact", "Id": CASE, "Name": "AntÃ\u{ad}a NÃºÃ±ez" });
    assert!(
        matches!(value(garbled), Value::Reference(r) if r.name.as_deref() == Some("Antía Núñez"))
    );
    for (garbled, meant) in [
        ("â‚¬100.00", "€100.00"),
        ("Ã\u{81}gueda", "Águeda"),
        ("Ã\u{8d}ntimo", "Íntimo"),
        ("â€œninguÃ©nâ€\u{9d}", "“ninguén”"),
        ("âœ“", "✓"),
    ] {
        assert_eq!(value(json!(garbled)), Value::Text(meant.to_owned()));
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_read_as_windows_1252() {
    let mut body = br#"{"MessageName":"Update","SharedVariables":[{"key":"v","value":""#.to_vec();
    body.extend([b'n', 0xe3, b'o', b' ', 0x80]);
    body.extend(br#""}]}"#);
    let read = ExecutionContext::read(&body).unwrap();
    assert_eq!(read.shared["v"], Value::Text("não €".to_owned()));
}

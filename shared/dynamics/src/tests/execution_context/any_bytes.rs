//! Laws that hold for any body.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::execution_context::{Value, reduced};

/// JSON that often has the keys and types of a body.
fn any_json() -> impl Strategy<Value = Json> {
    let name = "(__type|__value|Value|Id|LogicalName|Attributes|FormattedValues|Entities|Name|RowVersion|key|value|Key|tag|Target|Targets|EntityMoniker|IncidentResolution|incidentid|regardingobjectid|objectid|modifiedby|modifiedon|SubordinateId|MessageName|PrimaryEntityName|PrimaryEntityId|InputParameters|OutputParameters|SharedVariables|PreEntityImages|PostEntityImages|ParentContext|OwningExtension|Mode|OperationId|RequestId|UserId|OperationCreatedOn)";
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "(Update|Create|Close|Merge|incident|Entity:x|EntityReference:x|EntityCollection:x|Money:x|Guid:#System|/Date\\([0-9+-]{0,20}\\)/)".prop_map(Json::from),
        any::<u128>().prop_map(|id| Json::from(Uuid::from_u128(id).to_string())),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// UTF-8 read as Windows-1252, byte by byte, as the mistake is made elsewhere.
fn garbled(text: &str) -> String {
    const OWN: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let own: Vec<char> = OWN.chars().collect();
    let read = |byte: u8| match byte {
        0x80..=0x9f => own[usize::from(byte) - 0x80],
        _ => char::from(byte),
    };
    text.bytes().map(read).collect()
}

fn title(text: &str) -> Value {
    let body = json!({ "MessageName": "Update", "SharedVariables": { "title": text } });
    let read = ExecutionContext::read(body.to_string().as_bytes()).unwrap();
    read.shared["title"].clone()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_twice_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = hear(&bytes, &connection(), &origin());
        prop_assert_eq!(&read, &hear(&bytes, &connection(), &origin()));
        prop_assert!(reduced(&bytes).len() < 300 * 1024);
    }

    #[test]
    fn any_json_is_read_or_refused_and_twice_the_same(json in any_json()) {
        let body = json.to_string();
        let read = hear(body.as_bytes(), &connection(), &origin());
        prop_assert_eq!(&read, &hear(body.as_bytes(), &connection(), &origin()));
        if let Ok(Heard::Changes(changes)) = read {
            prop_assert!(!changes.is_empty());
            prop_assert!(changes.iter().all(|change| !change.record.id.is_nil()));
        }
        let _ = hear(&reduced(body.as_bytes()), &connection(), &origin());
    }

    #[test]
    fn a_text_is_mended_whatever_it_says(text in "[a-zñáéíóúâêôãõçàü€“”—A-ZÑÁÉÍÓÚÇÃÕ0-9 .,!?]{1,40}") {
        // What comes out right from a garbled text is what went in; a right one can be taken for a garbled one only if it is one.
        prop_assert_eq!(title(&garbled(&text)), Value::Text(text));
    }

    #[test]
    fn a_changed_column_is_told_whatever_it_is_called(name in "[a-z][a-z0-9_]{0,30}", text in ".{0,30}") {
        let body = json!({
            "MessageName": "Update", "PrimaryEntityName": "incident", "PrimaryEntityId": CASE,
            "InputParameters": [{ "key": "Target", "value": { "Attributes": [{ "key": name, "value": text }], "Id": CASE, "LogicalName": "incident" } }],
        });
        let heard = hear(body.to_string().as_bytes(), &connection(), &origin()).unwrap();
        let Heard::Changes(changes) = heard else { panic!("{heard:?}") };
        prop_assert_eq!(changes.len(), 1);
        prop_assert_eq!(changes[0].columns.iter().map(|c| c.as_str()).collect::<Vec<_>>(), [name]);
    }
}

//! Ids derived from business keys, so that doing a thing twice meets the row of the first time.
//!
//! Every row that cxloop creates elsewhere has a UUID version 5 of what it stands for as its
//! primary key. The parts are written with their lengths, so that no two different keys
//! (`"a" + "bc"` and `"ab" + "c"`) share an id.

use uuid::Uuid;

use crate::names::{ResponseKey, RuleName};

/// The namespace of all derived ids. Changing it would make every old row unknown.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_3c52_94b7_4c0e_a3a9_5d2e_71c8_0b64);

/// The UUID version 5 of a kind of row and the parts of its business key.
pub fn derive(kind: &str, parts: &[&str]) -> Uuid {
    let mut name = String::from(kind);
    for part in parts {
        name.push('\n');
        name.push_str(&part.len().to_string());
        name.push(':');
        name.push_str(part);
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// The case that a rule opens for a response: one per response and rule, for ever.
pub fn case(response: &ResponseKey, rule: &RuleName) -> Uuid {
    derive("case", &[&response.to_string(), rule.as_str()])
}

/// The note that a rule or threshold leaves on a case for a response.
pub fn note(response: &ResponseKey, rule: &RuleName) -> Uuid {
    derive("note", &[&response.to_string(), rule.as_str()])
}

/// The note that tells of a reopening. Another id than that of a note which says that a case was *not* reopened, because
/// this one proves that the reopening went through.
pub fn reopening_note(response: &ResponseKey, threshold: &RuleName) -> Uuid {
    derive(
        "reopening note",
        &[&response.to_string(), threshold.as_str()],
    )
}

/// The queue item that a rule or threshold makes for a response.
pub fn queue_item(response: &ResponseKey, rule: &RuleName) -> Uuid {
    derive("queue item", &[&response.to_string(), rule.as_str()])
}

/// The contact that is created for a customer known only by this key, such as `("email", "ana@example.com")`.
/// The caller normalises the value, so that spelling variants of one address meet.
pub fn contact(kind_of_key: &str, normalised_value: &str) -> Uuid {
    derive("contact", &[kind_of_key, normalised_value])
}

/// The event id of a fact about a response, equal for every redelivery of the same fact.
pub fn event(fact: &str, parts: &[&str]) -> Uuid {
    derive(&format!("event {fact}"), parts)
}

/// The marker that a note on a survey response carries, so that a repeat finds it. Twelve characters of the derived id.
pub fn marker(response: &ResponseKey, rule: &RuleName) -> String {
    derive("survey note", &[&response.to_string(), rule.as_str()])
        .simple()
        .to_string()[..12]
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_case_of_a_response_and_rule_has_the_same_id_in_every_release() {
        let key: ResponseKey = "wxm/52c7d3437c1e0c12ac50e538".parse().unwrap();
        let rule = "detractor".parse().unwrap();
        assert_eq!(
            case(&key, &rule).to_string(),
            "9671d036-53c9-57f5-814c-9ca70e43eedc"
        );
    }

    proptest! {
        #[test]
        fn different_keys_have_different_ids(a in ".{0,12}", b in ".{0,12}", c in ".{0,12}", d in ".{0,12}") {
            prop_assume!((&a, &b) != (&c, &d));
            prop_assert_ne!(derive("x", &[&a, &b]), derive("x", &[&c, &d]));
        }
    }
}

use cxloop_ports::{Hint, Unparsable};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ANSWER;
use crate::any_json::any_json;
use crate::wxm::notification::parse;

fn parsed(body: Value) -> Result<Hint, Unparsable> {
    parse(body.to_string().as_bytes())
}

#[test]
fn a_notification_is_read_whatever_the_case_of_its_keys() {
    for body in [
        json!({ "notification": "Detractors", "answer": { "id": ANSWER } }),
        json!({ "Notification": "Detractors", "Answer": { "Id": ANSWER.to_uppercase(), "LocationId": "store-visit" } }),
    ] {
        let hint = parsed(body).unwrap();
        assert_eq!(hint.response.as_str(), ANSWER);
        assert_eq!(hint.notification, "Detractors");
        assert_eq!(hint.signed, None);
    }
}

#[test]
fn the_rules_name_is_what_follows_the_last_colon_without_matched() {
    for (text, name) in [
        ("Detractors", "Detractors"),
        (
            "Notification rule: Atención pésima matched",
            "Atención pésima",
        ),
        ("a: b: Detractors Matched ", "Detractors"),
        ("Unmatched", "Unmatched"),
        ("matched", "matched"),
        ("Rule:", "Rule:"),
        ("  ", ""),
        ("ção", "ção"),
    ] {
        let hint = parsed(json!({ "notification": text, "answer": { "id": ANSWER } })).unwrap();
        assert_eq!(hint.notification, name, "{text:?}");
    }
    assert_eq!(
        parsed(json!({ "answer": { "id": ANSWER } }))
            .unwrap()
            .notification,
        ""
    );
}

#[test]
fn a_body_that_names_no_answer_says_why_and_not_what() {
    for (body, reason) in [
        (
            json!({ "notification": "x", "answer": { "LocationId": "Vigo" } }),
            "answer.id: expected the response's id, found nothing",
        ),
        (
            json!({ "notification": "x", "answer": { "id": null } }),
            "answer.id: expected text, found null",
        ),
        (
            json!({ "notification": "x", "answer": { "id": 7 } }),
            "answer.id: expected text, found a number",
        ),
        (
            json!({ "notification": "x", "answer": { "id": "../Settings" } }),
            "answer.id: expected 1 to 100 letters, digits, - and _",
        ),
        (
            json!({ "notification": "x" }),
            "answer: expected an object, found nothing",
        ),
        (
            json!({ "notification": ["x"], "answer": {} }),
            "notification: expected text, found a list",
        ),
        (
            json!([]),
            "expected a JSON object with the keys notification and answer",
        ),
    ] {
        assert_eq!(parsed(body).unwrap_err().reason, reason);
    }
    let reason = parse("{\"answer\": Antía".as_bytes()).unwrap_err().reason;
    assert_eq!(reason, "the body is no JSON (line 1, column 12)");
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let body = format!("\u{feff}{{\"answer\":{{\"id\":\"{ANSWER}\"}}}}");
    assert_eq!(parse(body.as_bytes()).unwrap().response.as_str(), ANSWER);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn arbitrary_json_is_read_without_panic(json in any_json(), answer in any_json()) {
        let _ = parsed(json.clone());
        let _ = parsed(json!({ "notification": json, "answer": answer }));
    }

    #[test]
    fn arbitrary_notifications_and_ids_are_read_without_panic(notification in ".{0,300}", id in ".{0,120}") {
        if let Ok(hint) = parsed(json!({ "notification": notification, "answer": { "id": id } })) {
            prop_assert!(hint.notification.chars().count() <= 200);
            prop_assert!(hint.response.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        }
    }
}

//! What filters choose, and what they refuse.

use serde_json::json;

use super::*;
use crate::wxm::answer::{GivenResponse, Note};

const NPS: &str = "64c0ffe0a11ce0000000a101";
const WORDS: &str = "64c0ffe0a11ce0000000a102";

/// A Wednesday.
fn answer(score: i64, words: &str) -> Answer {
    Answer {
        location_id: Some("store-visit".into()),
        response_date_time: "2026-03-04T10:00:00Z".parse().ok(),
        responses: vec![
            GivenResponse {
                question_id: NPS.into(),
                number_input: Some(score),
                ..Default::default()
            },
            GivenResponse {
                question_id: WORDS.into(),
                text_input: Some(words.into()),
                ..Default::default()
            },
        ],
        ..Answer::default()
    }
}

fn chooses(filter: Value, answer: &Answer) -> bool {
    FilterBy::read(filter).unwrap().chooses(answer)
}

fn number(check: &str, limit: i64) -> Value {
    json!({"filterquestions": [{"questionId": NPS, "answerCheck": [check], "number": limit}]})
}

#[test]
fn comparisons_are_strict() {
    let six = answer(6, "");
    assert!(chooses(number("lt", 7), &six));
    assert!(!chooses(number("lt", 6), &six));
    assert!(chooses(number("gt", 5), &six));
    assert!(!chooses(number("gt", 6), &six));
    assert!(chooses(number("eq", 6), &six));
    assert!(
        chooses(number("gt", -1), &answer(0, "")),
        "zero is a number like any other"
    );
}

#[test]
fn texts_match_whole_options_or_any_text() {
    let any = json!({"filterquestions": [{"questionId": WORDS, "answerCheck": ["Any Text"]}]});
    assert!(chooses(
        any.clone(),
        &answer(1, "Non volverei: a atención foi pésima")
    ));
    assert!(!chooses(any, &answer(1, "")));
    let options =
        json!({"filterquestions": [{"questionId": WORDS, "answerCheck": ["Lentidão", "Prezo"]}]});
    assert!(chooses(options.clone(), &answer(1, "Limpeza,Lentidão")));
    assert!(!chooses(options, &answer(1, "Lentidã")));
}

#[test]
fn conditions_are_joined_by_and_unless_they_say_or() {
    let joined = |group: Value| {
        json!({"filterquestions": [
            {"questionId": NPS, "answerCheck": ["lt"], "number": 7, "groupBy": group},
            {"questionId": WORDS, "answerCheck": ["Any Text"], "groupBy": group},
        ]})
    };
    assert!(!chooses(joined(Value::Null), &answer(3, "")));
    assert!(!chooses(joined(json!("AND")), &answer(3, "")));
    assert!(chooses(joined(json!("OR")), &answer(3, "")));
    assert!(!chooses(joined(json!("OR")), &answer(9, "")));
}

#[test]
fn a_question_that_was_not_answered_meets_no_condition() {
    let other =
        json!({"filterquestions": [{"questionId": "nowhere", "answerCheck": ["lt"], "number": 7}]});
    assert!(!chooses(other, &answer(3, "")));
}

#[test]
fn places_dates_days_and_states_narrow_the_choice() {
    let given = answer(3, "");
    assert!(chooses(
        json!({"location": ["Store-Visit", "Vigo"]}),
        &given
    ));
    assert!(!chooses(json!({"location": ["Vigo"]}), &given));
    assert!(chooses(
        json!({"AfterDate": "2026-03-04T10:00:00Z", "beforedate": "2026-03-04T10:00:00Z"}),
        &given
    ));
    assert!(!chooses(
        json!({"afterdate": "2026-03-04T10:00:00.001Z"}),
        &given
    ));
    assert!(chooses(json!({"days": [3]}), &given));
    assert!(!chooses(json!({"days": [0, 6]}), &given));
    assert!(!chooses(
        json!({"aftertime": "2014-07-09T22:12:03.140Z"}),
        &given
    ));
    assert!(!chooses(json!({"archived": true}), &given));
    assert!(!chooses(
        json!({}),
        &Answer {
            archived: true,
            ..answer(3, "")
        }
    ));
    assert!(!chooses(json!({"withNotes": true}), &given));
    assert!(chooses(
        json!({"withNotes": true}),
        &Answer {
            notes: Some(vec![Note::default()]),
            ..given
        }
    ));
}

#[test]
fn what_cannot_be_evaluated_is_refused_by_name() {
    let refused = FilterBy::read(json!({"withTicketStatus": "Open"})).expect_err("not evaluated");
    assert!(refused.contains("withTicketStatus"), "{refused}");
    assert!(
        FilterBy::read(json!({"withTicketStatus": null, "ticket": {}, "filterName": "x"})).is_ok()
    );
    assert!(
        FilterBy::read(json!({"afterdate": "yesterday"}))
            .expect_err("no time")
            .contains("yesterday")
    );
}

use cxloop_domain::configuration::QuestionMap;
use cxloop_domain::response::{Email, Metric, Response};
use cxloop_domain::score::Scale;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{answer, given, questions};
use crate::wxm::map;
use crate::wxm::questions::Questions;
use crate::wxm::wire::{Answer, Question, lower_keys};

const CASE: &str = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5";
const OTHER: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

fn known(list: Value) -> Questions {
    let list: Vec<Question> = serde_json::from_value(lower_keys(list)).unwrap();
    list.into_iter()
        .map(|question| (question.id.clone(), question))
        .collect()
}

fn read(responses: Vec<Value>) -> Response {
    read_among(&[], responses)
}

fn read_among(case_surveys: &[&str], responses: Vec<Value>) -> Response {
    let case_surveys: Vec<String> = case_surveys.iter().map(|name| (*name).to_owned()).collect();
    let answer: Answer = serde_json::from_value(lower_keys(answer(responses))).unwrap();
    map::response(
        "wxm/x".parse().unwrap(),
        &answer,
        &known(questions()),
        &QuestionMap::default(),
        &case_surveys,
    )
    .unwrap()
}

#[test]
fn answers_take_their_meaning_from_their_questions() {
    let response = read(vec![
        given(
            "q-comment",
            "Non volverei: a atención foi pésima".into(),
            0.into(),
        ),
        given("q-nps", Value::Null, 3.into()),
        given("q-name", " Antía Freire ".into(), 0.into()),
        given("q-email", "antia@example.com".into(), 0.into()),
        given("q-shop", "Vigo".into(), 0.into()),
    ]);
    assert_eq!(
        response.comment.as_deref(),
        Some("Non volverei: a atención foi pésima")
    );
    assert_eq!(response.customer.name.as_deref(), Some("Antía Freire"));
    assert_eq!(
        response.customer.email,
        Some(Email::Address("antia@example.com".into()))
    );
    assert_eq!(response.location.as_deref(), Some("Vigo"));
    assert_eq!(response.survey, "store-visit");
    assert_eq!(response.channel.as_deref(), Some("web"));
    assert_eq!(
        response.submitted_at.to_string(),
        "2026-03-02T09:58:12.426Z"
    );
    let nps = response.metrics[&Metric::Nps];
    assert_eq!(
        (nps.score.as_whole(), nps.scale),
        (Some(3), Some(Scale::whole(0, 10)))
    );
    assert_eq!(response.answers.len(), 5);
}

#[test]
fn zero_is_a_score_where_the_question_is_numeric_and_nothing_where_it_is_text() {
    let response = read(vec![
        given("q-nps", Value::Null, 0.into()),
        given("q-comment", "".into(), 0.into()),
    ]);
    assert_eq!(
        response.score(Metric::Nps).and_then(|s| s.as_whole()),
        Some(0)
    );
    assert_eq!(response.comment, None);
    let comment = response
        .answers
        .iter()
        .find(|a| a.question_id == "q-comment")
        .unwrap();
    assert_eq!(comment.number, None);
}

#[test]
fn a_number_outside_the_questions_scale_is_no_score() {
    let response = read(vec![
        given("q-csat", "".into(), 0.into()),
        given("q-nps", Value::Null, 11.into()),
    ]);
    assert!(response.metrics.is_empty());
    let response = read(vec![given("q-csat", "".into(), 1.into())]);
    assert_eq!(
        response.metrics[&Metric::Csat].scale,
        Some(Scale::whole(1, 5))
    );
}

#[test]
fn only_a_program_filled_question_says_which_case_a_response_is_about() {
    let typed = read(vec![given("q-typed-case", CASE.into(), 0.into())]);
    assert_eq!(typed.about_case, None);
    let filled = read(vec![
        given("q-typed-case", CASE.into(), 0.into()),
        given("q-case", format!("{{{CASE}}}").into(), 0.into()),
    ]);
    assert_eq!(filled.about_case.unwrap().to_string(), CASE);
    for nothing in ["CAS-01001", "", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            read(vec![given("q-case", nothing.into(), 0.into())]).about_case,
            None,
            "{nothing:?}"
        );
    }
}

#[test]
fn only_a_survey_after_a_case_is_believed_when_it_names_one() {
    let names = || vec![given("q-case", CASE.into(), 0.into())];
    assert_eq!(read_among(&["after-case"], names()).about_case, None);
    for surveys in [&["after-case", "Store-Visit"][..], &[]] {
        let case = read_among(surveys, names()).about_case.unwrap();
        assert_eq!(case.to_string(), CASE, "{surveys:?}");
    }
}

#[test]
fn a_program_says_which_invitation_was_answered_and_about_which_row() {
    let lead = format!("lead/{CASE}");
    let response = read(vec![
        given("q-typed-invitation", OTHER.into(), 0.into()),
        given("q-invitation", CASE.into(), 0.into()),
        given("q-about", lead.clone().into(), 0.into()),
    ]);
    assert_eq!(response.invitation.unwrap().to_string(), CASE);
    assert_eq!(response.about.unwrap().to_string(), lead);
    assert_eq!(response.about_case, None);
    let typed = read(vec![
        given("q-typed-invitation", CASE.into(), 0.into()),
        given("q-typed-about", lead.into(), 0.into()),
    ]);
    assert_eq!((typed.invitation, typed.about), (None, None));
    for nothing in [
        CASE.to_owned(),
        format!("incident/{CASE}"),
        format!("Lead Ñ/{CASE}"),
        "lead/CAS-01001".to_owned(),
        "lead/00000000-0000-0000-0000-000000000000".to_owned(),
    ] {
        let read = read(vec![given("q-about", nothing.clone().into(), 0.into())]);
        assert_eq!((read.about, read.about_case), (None, None), "{nothing}");
    }
}

#[test]
fn hashed_personal_data_stays_a_hash_and_becomes_no_name() {
    let hash = format!("sha512:{}", "0f".repeat(64));
    let response = read(vec![
        given("q-email", hash.clone().into(), 0.into()),
        given("q-name", hash.clone().into(), 0.into()),
    ]);
    assert_eq!(response.customer.email, Some(Email::Hashed(hash)));
    assert_eq!(response.customer.name, None);
}

#[test]
fn a_phone_number_in_a_number_question_is_text() {
    let map = QuestionMap {
        phone: "mobile".into(),
        ..QuestionMap::default()
    };
    let read = |number: Value| {
        let answer: Answer = serde_json::from_value(lower_keys(answer(vec![given(
            "q-mobile",
            Value::Null,
            number,
        )])))
        .unwrap();
        map::response(
            "wxm/x".parse().unwrap(),
            &answer,
            &known(questions()),
            &map,
            &[],
        )
        .unwrap()
        .customer
        .phone
    };
    assert_eq!(read(600_123_456.into()).as_deref(), Some("600123456"));
    assert_eq!(read(0.into()), None);
}

#[test]
fn an_empty_label_carries_nothing() {
    let mut list = questions();
    list[4]["questionTags"] = json!([""]);
    list[4]["note"] = "".into();
    let map = QuestionMap {
        comment: String::new(),
        ..QuestionMap::default()
    };
    let answer: Answer = serde_json::from_value(lower_keys(answer(vec![given(
        "q-comment",
        "Ola".into(),
        0.into(),
    )])))
    .unwrap();
    let response =
        map::response("wxm/x".parse().unwrap(), &answer, &known(list), &map, &[]).unwrap();
    assert_eq!(response.comment, None);
}

#[test]
fn a_time_without_zone_is_utc_and_no_time_is_unusable() {
    let with_time = |time: Value| {
        let mut wire = answer(vec![]);
        wire["responseDateTime"] = time;
        let answer: Answer = serde_json::from_value(lower_keys(wire)).unwrap();
        map::response(
            "wxm/x".parse().unwrap(),
            &answer,
            &Questions::new(),
            &QuestionMap::default(),
            &[],
        )
    };
    assert_eq!(
        with_time("2026-03-02T09:58:12".into())
            .unwrap()
            .submitted_at
            .to_string(),
        "2026-03-02T09:58:12Z"
    );
    assert_eq!(
        with_time("onte".into()).unwrap_err(),
        "its responseDateTime is no time"
    );
    assert!(with_time(Value::Null).is_err());
}

proptest! {
    #[test]
    fn any_text_and_number_is_mapped_without_panic(
        kind in "(Scale|Star-5|Smile-[0-9]{0,3}|Number|Text|[a-zã-]{0,8})",
        option in ".{0,8}",
        text in proptest::option::of(".{0,40}"),
        number in any::<f64>(),
    ) {
        let mut question = super::question("q", &kind, &["NPS", "CASE_ID", "EMAIL", "NAME"]);
        question["multiSelect"] = json!([option]);
        question["apiFill"] = true.into();
        let answer: Answer = serde_json::from_value(lower_keys(answer(vec![given("q", json!(text), json!(number))]))).unwrap();
        prop_assert!(map::response("wxm/x".parse().unwrap(), &answer, &known(json!([question])), &QuestionMap::default(), &[]).is_ok());
    }
}

//! The laws of rules and questions.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Mark;
use super::*;
use crate::configuration::{QuestionMap, WriteBack};

fn wanted() -> RuleWanted {
    let without_token = "https://abc.example/webhooks/wxm".to_owned();
    RuleWanted {
        url: format!("{without_token}/t-2"),
        without_token,
    }
}

fn told(settings: &str) -> (Vec<String>, Settings) {
    let settings = Settings::read(settings).unwrap();
    let (plan, after) = rule_plan(&wanted(), &settings).unwrap();
    (plan.lines.iter().map(|line| line.told()).collect(), after)
}

fn is_done(settings: &Settings) -> bool {
    let (plan, after) = rule_plan(&wanted(), settings).unwrap();
    assert!(!plan.is_done() || after.text() == settings.text());
    plan.is_done()
}

#[test]
fn an_account_without_our_rule_gets_one_and_keeps_the_rest_as_its_bytes_came() {
    let rest = r#""limit":1.10,"big":123456789012345678901234567890,"name":"Caf\u00e9 \/ Vigo","notifications":[{"name":"Aviso","email":"iria@example.com","weight":0.30}]"#;
    let (lines, after) = told(&format!("{{{rest}}}"));
    assert_eq!(lines, ["+ notification cxloop"]);
    let text = after.text();
    for kept in [
        r#""limit":1.10"#,
        r#""big":123456789012345678901234567890"#,
        r#"Caf\u00e9 \/ Vigo"#,
        r#"{"name":"Aviso","email":"iria@example.com","weight":0.30}"#,
    ] {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    let rules: Value = serde_json::from_str::<Value>(&text).unwrap()["notifications"].clone();
    assert_eq!(
        (&rules[1]["email"], &rules[1]["mode"]),
        (
            &json!("https://abc.example/webhooks/wxm/t-2"),
            &json!("RealTime")
        )
    );
    assert!(is_done(&after));
}

#[test]
fn a_persons_rule_of_all_responses_is_enough_whatever_the_case_of_its_members() {
    let url = wanted().url;
    let rule = json!({"Notifications": [{"Name": "Todo", "EMAIL": url, "Mode": "realtime", "ConditionalFilter": {"location": [], "archived": false, "days": null}}]});
    let (lines, after) = told(&rule.to_string());
    assert_eq!(lines, ["= notification Todo"]);
    assert!(is_done(&after));
    let (plan, _) = rule_removal(&wanted(), &after).unwrap();
    assert_eq!(plan.lines[0].mark, Mark::Left);
}

#[test]
fn a_rule_of_some_responses_alone_is_not_enough() {
    let url = wanted().url;
    for limit in [
        json!({"mode": "Digest"}),
        json!({"conditionalFilter": {"filterquestions": [{"questionId": "q"}]}}),
        json!({"days": [1]}),
        json!({"location": ["Vigo"]}),
    ] {
        let mut rule = json!({"name": "Detratores", "email": url});
        rule.as_object_mut()
            .unwrap()
            .extend(limit.as_object().unwrap().clone());
        let (lines, after) = told(&json!({"notifications": [rule]}).to_string());
        assert_eq!(
            lines,
            ["= notification Detratores", "+ notification cxloop"]
        );
        assert!(is_done(&after));
        let (_, removed) = rule_removal(&wanted(), &after).unwrap();
        assert_eq!(removed.text(), json!({"notifications": [rule]}).to_string());
    }
}

#[test]
fn rules_with_an_older_token_get_the_one_of_today_and_no_second_rule_is_made() {
    let older = "https://abc.example/webhooks/wxm/t-1";
    let rules = json!({"notifications": [{"name": "cxloop", "email": older}, {"name": "Detratores", "email": older, "days": [1]}, {"name": "x", "email": "https://abc.example/webhooks/wxm-2/t-1"}]});
    let (lines, after) = told(&rules.to_string());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with('~')));
    assert!(after.text().contains("webhooks/wxm-2/t-1"));
    assert!(!after.text().contains("webhooks/wxm/t-1"));
    assert!(is_done(&after));
    let moved = json!({"notifications": [{"name": "cxloop", "email": "https://old.example/webhooks/wxm/t-1"}]});
    let (lines, after) = told(&moved.to_string());
    assert!(
        lines.len() == 1
            && lines[0].starts_with("~ notification cxloop")
            && lines[0].contains("until now it told old.example"),
        "{lines:?}"
    );
    assert!(is_done(&after));
}

#[test]
fn removal_leaves_the_notifications_of_other_connections_and_deployments() {
    let rules = json!({"notifications": [
        {"name": "cxloop", "email": "https://abc.example/webhooks/wxm2/t-1"},
        {"name": "cxloop", "email": "https://old.example/webhooks/wxm/t-1"},
        {"name": "cxloop", "email": "https://abc.example/webhooks/wxm/t-1"},
    ]});
    let settings = Settings::read(&rules.to_string()).unwrap();
    let (plan, after) = rule_removal(&wanted(), &settings).unwrap();
    let lines: Vec<String> = plan.lines.iter().map(|line| line.told()).collect();
    assert_eq!(
        lines,
        [
            "= notification cxloop (it tells old.example, which is another deployment)",
            "- notification cxloop"
        ]
    );
    let left = json!({"notifications": [rules["notifications"][0], rules["notifications"][1]]});
    assert_eq!(after.text(), left.to_string());
}

#[test]
fn settings_of_another_shape_are_not_written() {
    for text in [
        "[]",
        "null",
        r#"{"notifications": 1}"#,
        r#"{"notifications": ["x"]}"#,
    ] {
        assert_eq!(Settings::read(text).unwrap_err(), UnreadableSettings);
    }
    assert!(Settings::read(r#"{"notifications": null}"#).is_ok());
}

#[test]
fn hidden_questions_are_made_once_taken_back_and_never_shown_ones() {
    let wanted = questions(&QuestionMap::default(), true, Some(&write_back()));
    let plan = question_plan(&wanted, &[]);
    assert_eq!(plan.actions().count(), wanted.len());
    let found = |tag: &str, hidden, retired| QuestionFound {
        id: tag.to_lowercase(),
        tags: vec![tag.into()],
        note: tag.into(),
        hidden,
        retired,
    };
    let there: Vec<QuestionFound> = wanted
        .iter()
        .map(|one| found(&one.tag.to_lowercase(), true, false))
        .collect();
    assert!(question_plan(&wanted, &there).is_done());
    let retired: Vec<QuestionFound> = wanted
        .iter()
        .map(|one| found(&one.tag, true, true))
        .collect();
    let plan = question_plan(&wanted, &retired);
    assert!(
        plan.actions()
            .all(|action| matches!(action, QuestionAction::Revive(_)))
    );
    let shown = question_plan(&wanted, &[found("CASE_ID", false, false)]);
    assert_eq!(shown.conflicts().count(), 1);
    let labelled = QuestionFound {
        id: "q-7".into(),
        note: "case_id".into(),
        hidden: true,
        ..QuestionFound::default()
    };
    let plan = question_plan(&wanted[..1], std::slice::from_ref(&labelled));
    assert!(plan.is_done(), "one of that short label is written into");
    assert_eq!(
        question_removal(&wanted, &[labelled], true)
            .actions()
            .count(),
        0
    );
    let removal = question_removal(&wanted, &there, false);
    assert!(
        removal
            .actions()
            .all(|action| matches!(action, QuestionAction::Retire(_)))
    );
    assert!(question_removal(&wanted, &retired, false).is_done());
    assert_eq!(
        question_removal(&wanted, &retired, true).actions().count(),
        wanted.len()
    );
    let mut theirs = there;
    theirs.iter_mut().for_each(|one| one.note = String::new());
    for with_data in [false, true] {
        let removal = question_removal(&wanted, &theirs, with_data);
        assert!(removal.is_done() && removal.actions().count() == 0);
        let told = removal.lines[0].told();
        assert_eq!(told, "= hidden question CASE_ID (setup did not make it)");
    }
}

fn write_back() -> WriteBack {
    let fields = json!({"fields": [
        {"question": "Q_STATUS", "column": "statuscode"},
        {"question": "Q_CLOSED", "computed": "time_to_close", "unit": "hours"},
        {"question": "Q_AGAIN", "computed": "reopen_count"},
        {"question": "case_id", "column": "incidentid"},
    ]});
    serde_json::from_value(fields).unwrap()
}

#[test]
fn the_wanted_questions_are_those_of_the_configuration_and_no_others() {
    let map = QuestionMap::default();
    let list = |write_back: Option<&WriteBack>| {
        let all = questions(&map, false, write_back).into_iter();
        all.map(|one| (one.tag, one.text, one.kind))
            .collect::<Vec<_>>()
    };
    let of = |tag: &str, text: &str, kind| (tag.to_owned(), text.to_owned(), kind);
    let case_id = of(
        "CASE_ID",
        "Case that the response is about",
        QuestionKind::Text,
    );
    assert_eq!(list(None), std::slice::from_ref(&case_id));
    let sending: Vec<String> = questions(&map, true, None)
        .into_iter()
        .map(|one| one.tag)
        .collect();
    assert_eq!(
        sending,
        ["CASE_ID", "INVITATION", "ABOUT"],
        "where surveys are sent"
    );
    assert_eq!(
        list(Some(&write_back())),
        [
            case_id,
            of(
                "Q_STATUS",
                "Column statuscode of the case",
                QuestionKind::Text
            ),
            of(
                "Q_CLOSED",
                "Hours until the case was closed",
                QuestionKind::Number
            ),
            of(
                "Q_AGAIN",
                "How often the case was reopened",
                QuestionKind::Number
            ),
        ]
    );
}

fn rule() -> impl Strategy<Value = Value> {
    let email = prop_oneof![
        Just("https://abc.example/webhooks/wxm/t-2"),
        Just("https://abc.example/webhooks/wxm/t-1"),
        Just("https://old.example/webhooks/wxm/t-1"),
        Just("ines@example.com"),
    ];
    let days = prop_oneof![Just(json!([])), Just(json!([2])), Just(Value::Null)];
    ("[a-zñã]{1,5}|cxloop", email, days).prop_map(
        |(name, email, days)| json!({"name": name, "email": email, "days": days, "vella": 1.50}),
    )
}

proptest! {
    #[test]
    fn one_more_run_has_nothing_to_do_and_strangers_rules_stay(rules in prop::collection::vec(rule(), 0..6)) {
        let before = json!({"notifications": rules, "npsRange": "7,8"}).to_string();
        let (_, after) = told(&before);
        prop_assert!(is_done(&after), "{}", after.text());
        let strangers = |text: &str| text.matches("ines@example.com").count();
        prop_assert_eq!(strangers(&before), strangers(&after.text()));
        prop_assert!(after.text().contains(r#""npsRange":"7,8""#));
        let (_, removed) = rule_removal(&wanted(), &after).unwrap();
        let (again, _) = rule_removal(&wanted(), &removed).unwrap();
        prop_assert!(again.is_done());
    }
}

#[test]
fn the_rules_that_tell_us_one_by_one_are_given_with_what_chooses_their_responses() {
    let settings = Settings::read(
        &json!({"Notifications": [
            {"name": "Low", "email": "https://abc.example/webhooks/wxm/t-2", "conditionalFilter": {"location": ["loja", "web"], "withNotes": true}, "location": ["loja"]},
            {"name": "All", "Email": "https://abc.example/webhooks/wxm/t-2", "mode": "realtime", "ConditionalFilter": null},
            {"name": "Nobody's", "email": "https://abc.example/webhooks/wxm/t-2", "conditionalFilter": {"Location": ["web"]}, "location": ["loja"]},
            {"name": "Sundays", "email": "https://abc.example/webhooks/wxm/t-2", "days": [0]},
            {"name": "Summary", "email": "https://abc.example/webhooks/wxm/t-2", "mode": "Daily"},
            {"name": "Others", "email": "iria@example.com"},
        ]})
        .to_string(),
    )
    .unwrap();
    let ours = settings
        .telling(|address| address.ends_with("/webhooks/wxm/t-2"))
        .unwrap();
    let told: Vec<Value> = ours
        .into_iter()
        .map(|rule| json!([rule.name, rule.filter]))
        .collect();
    let expected = [
        json!(["Low", {"location": ["loja"], "withNotes": true}]),
        json!(["All", {}]),
    ];
    assert_eq!(told, expected);
}

//! The words of an invitation, and what its survey is filled in with.

use super::*;
use crate::configuration::QuestionMap;

fn draft(table: &str, columns: Value) -> Draft {
    let mut row = row(2, columns);
    row.record = record(table);
    Draft {
        row,
        person: person(),
        chosen: Chosen {
            address: Some(Address::Email("antia@example.com".to_owned())),
            counted_as: None,
        },
    }
}

const LINK: &str = "https://surveys.example.com/s/t-1?a=1&b=2";

#[test]
fn what_comes_from_rows_is_escaped_in_html_and_not_in_text() {
    let rule = rule(json!({"send": {"email": {
        "from": "ola@contoso.example",
        "subject": "{{ label.title }}",
        "text": "{{ row.title }}: {{ link }}",
        "html": "<p>{{ row.title }}, {{ person.name }}</p><a href=\"{{ link }}\">Opina</a>",
    }}}));
    let mut draft = draft("incident", json!({"title": "<b>Avaría</b> & \"máis\""}));
    draft.person.name = Some("<script>alert(1)</script>".to_owned());
    let words = words(&rule, &draft, LINK).unwrap();
    assert_eq!(words.text, format!("<b>Avaría</b> & \"máis\": {LINK}"));
    let html = words.html.unwrap();
    assert!(html.starts_with("<p>&lt;b&gt;Avaría&lt;"), "{html}");
    assert!(
        !html.contains("<script>") && !html.contains("<b>"),
        "{html}"
    );
    let href = html.split("href=\"").nth(1).unwrap();
    let href = href.split('"').next().unwrap();
    let address = href.replace("&amp;", "&").replace("&#x2f;", "/");
    assert_eq!(address, LINK);
}

#[test]
fn a_subject_is_one_line_whatever_a_row_holds() {
    for send in [
        json!({"email": {"from": "ola@contoso.example", "subject": "{{ row.title }}", "text": "t"}}),
        json!({"platform": {"subject": "{{ row.title }}", "template": "https://contoso.example/t.html"}}),
    ] {
        let rule = rule(json!({"send": send}));
        let draft = draft(
            "incident",
            json!({"title": "  Avaría\r\nBcc: todos@example.com\u{85}\u{2028}fin\t "}),
        );
        let subject = words(&rule, &draft, LINK).unwrap().subject;
        assert_eq!(subject, "Avaría Bcc: todos@example.com fin");
    }
}

#[test]
fn what_a_row_lacks_is_written_as_nothing() {
    let rule = rule(
        json!({"send": {"sms": {"text": "Ola {{ person.name }}{{ row.new_none }}: {{ link }}"}}}),
    );
    let mut draft = draft("incident", json!({}));
    draft.person.name = None;
    let words = words(&rule, &draft, LINK).unwrap();
    assert_eq!(words.text, format!("Ola : {LINK}"));
}

#[test]
fn a_survey_about_a_case_needs_its_id_and_carries_the_invitation() {
    let rule = rule(
        json!({"survey": {"connection": "wxm", "questionnaire": "after-case", "prefill": [
            {"question": "TICKET", "value": " {{ row.ticketnumber }} "},
            {"question": "EMPTY", "value": "{{ row.new_none }}"},
        ]}}),
    );
    let draft = draft("incident", json!({"ticketnumber": "CAS-01001"}));
    let invitation = Uuid::from_u128(5);
    let filled = prefills(&rule, &draft, invitation, &QuestionMap::default()).unwrap();
    let filled: Vec<(&str, &str, bool)> = filled
        .iter()
        .map(|one| (one.question.as_str(), one.text.as_str(), one.is_needed))
        .collect();
    let (row, invitation) = (ROW.to_string(), invitation.to_string());
    assert_eq!(
        filled,
        [
            ("CASE_ID", row.as_str(), true),
            ("INVITATION", invitation.as_str(), false),
            ("TICKET", "CAS-01001", false),
        ]
    );
}

#[test]
fn a_survey_about_another_row_says_which_and_is_of_use_without() {
    let draft = draft("lead", json!({}));
    let rule = rule(json!({"table": "lead"}));
    let invitation = Uuid::from_u128(5);
    let filled = prefills(&rule, &draft, invitation, &QuestionMap::default()).unwrap();
    assert_eq!(filled[0].question, "ABOUT");
    assert_eq!(filled[0].text.parse(), Ok(record("lead")));
    assert!(filled.iter().all(|one| !one.is_needed));
    let nameless = QuestionMap {
        about: String::new(),
        invitation: " ".to_owned(),
        ..QuestionMap::default()
    };
    assert_eq!(
        prefills(&rule, &draft, invitation, &nameless),
        Ok(Vec::new())
    );
}

use proptest::prelude::*;

use super::*;
use crate::cases::{Priority, TITLE_CHARS};
use crate::configuration::{Customers, read};
use crate::customers::{Found, FoundBy, FoundContact};
use crate::response::{Answer, Customer, Email, Measured, Metric};
use crate::score::Score;

fn configuration(rules: &str) -> Configuration {
    let text = format!(
        "connections:\n  dynamics: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }}\ncase_rules:\n{rules}"
    );
    read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn response(nps: i64) -> Response {
    Response {
        key: "wxm/52c7d343".parse().unwrap(),
        survey: "store-visit".into(),
        submitted_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        language: None,
        channel: None,
        location: None,
        customer: Customer {
            name: Some("Antía Conceição Souto".into()),
            email: Email::read("Antia@Example.com"),
            phone: Some("+34 986 000 111".into()),
            external_id: None,
        },
        comment: Some("Non volverei: a atención foi pésima".into()),
        answers: vec![Answer {
            question_id: "q9".into(),
            question: Some("Que podemos mellorar?".into()),
            text: Some("Non volverei: a atención foi pésima".into()),
            tags: vec!["Comments".into()],
            ..Answer::default()
        }],
        metrics: [(
            Metric::Nps,
            Measured {
                score: Score::whole(nps),
                scale: None,
            },
        )]
        .into_iter()
        .collect(),
        about_case: None,
        about: None,
        invitation: None,
        link: None,
    }
}

fn rule(name: &str, when: &str, more: &str) -> String {
    format!(
        "  - {{ name: {name}, when: '{when}', case: {{ title: \"{{{{ customer.name }}}}\" }}{more} }}\n"
    )
}

#[test]
fn the_first_rule_that_matches_wins_and_the_others_say_so() {
    let rules = [
        rule("promoter", "nps >= 9", ""),
        rule("detractor", "nps <= 6", ""),
        rule("furious", "nps == 0", ""),
    ];
    let rules = CaseRules::parse(&configuration(&rules.concat()));
    let decision = judge(&rules, &response(0), "", 7, None);
    assert_eq!(decision.chosen, ["detractor".parse().unwrap()]);
    let told: Vec<String> = decision.verdicts.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "promoter did not match (nps = 0)",
            "detractor matched (nps = 0)",
            "furious not looked at: detractor had matched"
        ]
    );
}

#[test]
fn a_rule_that_says_continue_lets_the_next_ones_act_too() {
    let rules = [
        rule("detractor", "nps <= 6", ", continue: true"),
        rule("furious", "nps == 0", ""),
    ];
    let decision = judge(
        &CaseRules::parse(&configuration(&rules.concat())),
        &response(0),
        "",
        1,
        None,
    );
    assert_eq!(decision.chosen.len(), 2);
}

#[test]
fn the_note_carries_every_answer_and_the_title_fits_its_column() {
    let mut long = response(3);
    long.customer.name = Some("Ñ".repeat(300));
    let configuration = configuration(&rule("detractor", "nps <= 6", ""));
    let draft = draft(&configuration.case_rules[0], &long, "", None, None).unwrap();
    assert_eq!(draft.title.encode_utf16().count(), TITLE_CHARS);
    assert!(draft.title.ends_with(texts::CUT_MARK));
    assert!(
        draft
            .note
            .text
            .contains(&format!("Title in full:\n{}", "Ñ".repeat(300)))
    );
    assert!(
        draft
            .note
            .text
            .contains("Que podemos mellorar?: Non volverei: a atención foi pésima")
    );
}

#[test]
fn a_template_that_gives_no_priority_of_the_crm_is_refused_with_the_rule_and_the_column() {
    let rules = "  - { name: detractor, when: nps <= 6, case: { title: t, priority: \"{{ comment }}\" } }\n";
    let configuration = configuration(rules);
    let refused = draft(&configuration.case_rules[0], &response(3), "", None, None).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("rule detractor: priority: "),
        "{refused}"
    );
    let rules = rules.replace(
        "{{ comment }}",
        "{{ \\\"high\\\" if nps < 4 else \\\"normal\\\" }}",
    );
    let configuration = super::tests::configuration(&rules);
    assert_eq!(
        draft(&configuration.case_rules[0], &response(3), "", None, None)
            .unwrap()
            .priority,
        Some(Priority::High)
    );
}

#[test]
fn the_customer_is_who_matched_then_a_new_contact_then_the_stand_in() {
    let somebody = CustomerRef::Account(Uuid::from_u128(7));
    let all = Customers {
        create: true,
        otherwise: Some(somebody.clone()),
        ..Customers::default()
    };
    let found = Found {
        by: FoundBy::Email,
        contacts: vec![FoundContact {
            id: Uuid::from_u128(1),
            ..FoundContact::default()
        }],
    };
    assert_eq!(
        whose(&response(3), Some(&found), &all).unwrap().customer,
        CustomerRef::Contact(Uuid::from_u128(1))
    );

    let created = whose(&response(3), None, &all).unwrap();
    let contact = created.new_contact.unwrap();
    assert_eq!(
        (contact.first_name.as_deref(), contact.last_name.as_str()),
        (Some("Antía"), "Conceição Souto")
    );
    assert_eq!(contact.email.as_deref(), Some("antia@example.com"));
    assert_eq!(created.customer, CustomerRef::Contact(contact.id));

    let mut hashed = response(3);
    hashed.customer.email = Email::read(&format!("sha512:{}", "0f".repeat(64)));
    hashed.customer.phone = None;
    let stand_in = whose(&hashed, None, &all).unwrap();
    assert_eq!(
        (stand_in.customer, stand_in.new_contact, stand_in.stand_in),
        (somebody, None, true)
    );
    assert!(stand_in.why.unwrap().contains("customers.otherwise"));
    assert!(
        whose(&hashed, None, &Customers::default())
            .unwrap_err()
            .contains("customers.otherwise")
    );
}

#[test]
fn two_spellings_of_one_address_make_one_contact() {
    let mut other = response(3);
    other.key = "wxm/another".parse().unwrap();
    other.customer.email = Email::read("ANTIA@example.COM");
    other.customer.phone = None;
    let id = |r: &Response| {
        whose(r, None, &Customers::default())
            .unwrap()
            .new_contact
            .unwrap()
            .id
    };
    assert_eq!(id(&response(3)), id(&other));
}

#[test]
fn the_plan_for_a_new_case_is_what_the_rule_says() {
    let rules = "  - name: detractor\n    when: nps <= 6\n    case: { title: \"{{ customer.name }} scored {{ nps }}\", description: \"{{ comment }}\", priority: high, queue: Recovery, origin: web, type: problem }\n";
    let configuration = configuration(rules);
    let response = response(3);
    let draft = draft(
        &configuration.case_rules[0],
        &response,
        "Detractors",
        Some("Case {{ ticket }}"),
        None,
    )
    .unwrap();
    let whose = whose(&response, None, &configuration.customers).unwrap();
    let known = Known {
        queue: Some(Uuid::from_u128(9)),
        ..Known::default()
    };
    insta::assert_json_snapshot!(decide(&response, &draft, &whose, &known, None));
}

fn with_columns(columns: &str) -> Result<Draft, Refused> {
    let rules = format!(
        "  - name: detractor\n    when: nps <= 6\n    case:\n      title: t\n      columns:\n{columns}"
    );
    let configuration = configuration(&rules);
    draft(&configuration.case_rules[0], &response(3), "", None, None)
}

#[test]
fn columns_of_a_company_are_filled_in_by_their_types() {
    let draft = with_columns(
        r#"        cxl_words: "{{ comment }}"
        cxl_score: { whole: "{{ nps }}" }
        cxl_share: { decimal: "0.{{ nps }}" }
        cxl_low: { yes_no: "{{ nps < 4 }}" }
        cxl_at: { moment: "{{ submitted_at }}" }
        cxl_day: { day: "{{ submitted_at }}" }
        cxl_reason: { choice: "Tempo de espera" }
        cxl_kind: { choice: 100000002 }
        cxl_shop: { lookup: { to: cxl_shops, key: cxl_code, value: "V-{{ nps }}", navigation: cxl_Shop } }
        cxl_place: "{{ location }}"
"#,
    )
    .unwrap();
    insta::assert_json_snapshot!(draft.columns);
}

#[test]
fn a_column_whose_template_gives_something_else_is_refused_without_its_words() {
    for column in [
        "{ whole: \"{{ comment }}\" }",
        "{ decimal: \"1,{{ nps }} {{ comment }}\" }",
        "{ yes_no: \"{{ comment }}\" }",
        "{ moment: \"{{ comment }}\" }",
        "{ day: \"{{ comment }}\" }",
        "{ lookup: { to: cxl_shops, id: \"{{ comment }}\" } }",
        "{ lookup: { to: cxl_shops, key: cxl_code, value: \"{{ comment }}/1\" } }",
    ] {
        let refused = with_columns(&format!("        cxl_odd: {column}\n")).unwrap_err();
        assert!(
            refused.reason.starts_with("columns.cxl_odd: what"),
            "{refused}"
        );
        assert!(!refused.reason.contains("volverei"), "{refused}");
    }
}

#[test]
fn a_choice_by_label_becomes_its_value_and_the_reason_for_the_customer_stands_first_in_the_note() {
    let draft = with_columns("        cxl_reason: { choice: Espera }\n").unwrap();
    let whose = Whose {
        customer: CustomerRef::Contact(Uuid::from_u128(1)),
        new_contact: None,
        stand_in: false,
        why: Some("2 active contacts have this phone number. The newest was taken.".into()),
    };
    let known = Known {
        choices: BTreeMap::from([("cxl_reason".parse().unwrap(), 7)]),
        ..Known::default()
    };
    let plan = decide(&response(3), &draft, &whose, &known, None);
    let Course::Open(case) = plan.course else {
        panic!("a case is opened")
    };
    assert_eq!(case.columns.values().next(), Some(&ColumnValue::Choice(7)));
    assert!(
        case.note.text.starts_with("2 active contacts"),
        "{}",
        case.note.text
    );
}

#[test]
fn the_note_on_the_response_names_the_ticket_and_carries_its_marker() {
    let text = response_note(
        "Abrimos o caso {{ ticket }}.",
        "CAS-01042-B7M9Z3",
        Uuid::nil(),
        "3f2a",
    );
    assert_eq!(text, "Abrimos o caso CAS-01042-B7M9Z3. [cxloop 3f2a]");
}

proptest! {
    #[test]
    fn at_most_one_rule_acts_unless_it_says_continue(limits in proptest::collection::vec(0i64..=10, 1..6), nps in 0i64..=10) {
        let rules: String = limits.iter().enumerate().map(|(i, l)| rule(&format!("r{i}"), &format!("nps <= {l}"), "")).collect();
        let decision = judge(&CaseRules::parse(&configuration(&rules)), &response(nps), "", 1, None);
        let expected = limits.iter().position(|l| nps <= *l).map(|i| format!("r{i}"));
        prop_assert_eq!(decision.chosen.first().map(ToString::to_string), expected);
        prop_assert!(decision.chosen.len() <= 1);
        prop_assert_eq!(decision.verdicts.len(), limits.len());
    }
}

use proptest::prelude::*;

use super::*;

const WHOLE: &str = r#"
connections:
  wxm:      { kind: wxm, secret: cxloop/wxm }
  generic:  { kind: standard, secret: cxloop/generic }
  dynamics: { kind: dynamics, url: "https://contoso.crm4.dynamics.com", secret: cxloop/dynamics }
case_rules:
  - name: detractor
    when: nps <= 6
    case:
      title: "{{ customer.name }} scored {{ nps }}"
      description: "{{ comment }}"
      priority: high
      queue: Recovery
    open_case: attach
reopen:
  - { name: not-solved, metric: csat, below: 3, within: 14d, at_most: 2, otherwise: follow-up }
"#;

fn mistakes(text: &str) -> Vec<String> {
    read(text)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn with(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    WHOLE.replace(from, to)
}

#[test]
fn a_whole_file_is_read() {
    let configuration = read(WHOLE).unwrap();
    assert_eq!(configuration.case_rules[0].open_case, OpenCase::Attach);
    let threshold = &configuration.reopen[0];
    assert_eq!(threshold.within.unwrap().seconds(), 14 * 86_400);
    assert_eq!(threshold.below, Score::whole(3));
    assert_eq!(threshold.otherwise, Otherwise::FollowUp);
    assert_eq!(configuration.dynamics().unwrap().0.as_str(), "dynamics");
}

#[test]
fn what_is_stored_reads_back_as_it_was() {
    let configuration = read(WHOLE).unwrap();
    let stored = serde_json::to_string(&configuration).unwrap();
    assert_eq!(
        serde_json::from_str::<Configuration>(&stored).unwrap(),
        configuration
    );
}

#[test]
fn each_mistake_is_told_with_its_line_and_column() {
    let text =
        with("when: nps <= 6", "when: nsp <= 6").replace("priority: high", "priority: urgent");
    let told = mistakes(&text);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].starts_with("8:11: case_rules[0].when: the condition names \"nsp\""),
        "{told:#?}"
    );
    assert!(
        told[1].starts_with(
            "12:17: case_rules[0].case.priority: \"urgent\" is not one of high, normal, low"
        ),
        "{told:#?}"
    );
}

const CRM: &str = "dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/dynamics";

#[test]
fn a_crm_may_name_its_user_its_organisation_and_the_header_of_its_webhooks() {
    let plain = read(WHOLE).unwrap();
    let (_, plain) = plain.dynamics().unwrap();
    assert_eq!(plain.webhook_header.as_str(), "x-cxloop-secret");
    assert_eq!(
        (plain.application_user, plain.organization_id),
        (None, None)
    );
    let stored = serde_json::to_string(plain).unwrap();
    assert!(!stored.contains("webhook_header"), "{stored}");

    let id = uuid::Uuid::from_u128(7);
    let keys = format!(
        "{CRM}, application_user: {id}, organization_id: {id}, organization_domain: contoso.crm4.dynamics.com, webhook_header: x-chave"
    );
    let named = read(&with(CRM, &keys)).unwrap();
    let (_, named) = named.dynamics().unwrap();
    assert_eq!(
        (named.application_user, named.organization_id),
        (Some(id), Some(id))
    );
    assert_eq!(
        named.organization_domain.as_deref(),
        Some("contoso.crm4.dynamics.com")
    );
    assert_eq!(named.webhook_header.as_str(), "x-chave");

    let wrong = format!("{CRM}, application_user: uxía, webhook_header: \"X Chave\"");
    let told = mistakes(&with(CRM, &wrong));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].starts_with("5:"), "{told:#?}");
    assert!(told[1].contains("header name"), "{told:#?}");
}

#[test]
fn an_unknown_key_is_refused_where_it_stands() {
    let told = mistakes(&with("open_case: attach", "open_cases: attach"));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("14:5: "), "{told:#?}");
    assert!(told[0].contains("open_cases"), "{told:#?}");
}

#[test]
fn a_text_that_is_no_yaml_is_told_with_its_line() {
    let told = mistakes("connections:\n  wxm: { kind: wxm\ncase_rules: []\n");
    assert_eq!(told.len(), 1);
    let line: u64 = told[0].split(':').next().unwrap().parse().unwrap();
    assert!((2..=4).contains(&line), "{told:#?}");
}

#[test]
fn rules_that_cannot_work_are_refused() {
    let refused = [
        (
            with("name: not-solved", "name: detractor"),
            "is taken by an earlier",
        ),
        (with("within: 14d", "within: 14"), "not a span of time"),
        (with("below: 3", "below: 0"), "expected a number above 0"),
        (with("below: 3", "below: 2.005"), "at most two decimals"),
        (
            with(
                "title: \"{{ customer.name }} scored {{ nps }}\"",
                "title: \"\"",
            ),
            "needs a title",
        ),
        (with("{{ comment }}", "{{ coment }}"), "names \"coment\""),
        (with("https://contoso", "http://contoso"), "expected https"),
        (with("kind: standard,", "kind: standart,"), "standart"),
        (
            with(
                "kind: wxm,",
                "kind: dynamics, url: \"https://x.example.com\",",
            ),
            "only one connection of kind dynamics",
        ),
        (
            with(
                "  dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/dynamics }\n",
                "",
            ),
            "need a connection of kind dynamics",
        ),
        (
            with("secret: cxloop/wxm", "secret: \"\""),
            "name of a secret",
        ),
    ];
    for (text, expected) in refused {
        let told = mistakes(&text).join("\n");
        assert!(
            told.contains(expected),
            "expected {expected:?} in:\n{told}\nfor:\n{text}"
        );
    }
}

#[test]
fn the_stand_ins_on_loopback_may_be_plain_http() {
    assert!(
        read(&with(
            "https://contoso.crm4.dynamics.com",
            "http://127.0.0.1:8687"
        ))
        .is_ok()
    );
    assert!(
        read(&with(
            "https://contoso.crm4.dynamics.com",
            "http://127.0.0.1.evil.example"
        ))
        .is_err()
    );
}

#[test]
fn the_schema_for_editors_knows_every_top_level_key() {
    let schema = Configuration::json_schema();
    for key in ["connections", "customers", "case_rules", "reopen"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

/// The start of each mistake, as `line:column: path`.
fn places(text: &str) -> Vec<String> {
    let found = read(text).unwrap_err();
    found
        .iter()
        .map(|m| format!("{}:{}: {}", m.line, m.column, m.path))
        .collect()
}

#[test]
fn every_unknown_key_is_told_and_so_is_what_is_missing_for_it() {
    let text = with("  - name: detractor", "  - nome: detractor")
        .replace("priority: high", "prioritty: high")
        .replace("customers:", "clientes:")
        + "customers: { creat: true }\nregras: []\n";
    assert_eq!(
        places(&text),
        [
            "7:5: case_rules[0]",
            "7:5: case_rules[0].nome",
            "12:7: case_rules[0].case.prioritty",
            "17:14: customers.creat",
            "18:1: regras",
        ]
    );
    let told = mistakes(&text);
    assert!(told[0].ends_with("`name` is missing"), "{told:#?}");
    assert!(
        told[2].contains("unknown key \"prioritty\", expected one of title, description, priority"),
        "{told:#?}"
    );
}

#[test]
fn mistakes_of_shape_and_of_meaning_are_told_together_in_the_order_of_the_file() {
    let text = with("priority: high", "priority: lo\n      type: reqest")
        .replace("when: nps <= 6", "when: nps <=")
        .replace("{{ comment }}", "{{ comment")
        .replace("below: 3", "below: x")
        .replace("14d", "14 dayz")
        .replace("follow-up", "folow-up")
        .replace("secret: cxloop/wxm", "secret: \"\", note: \"{{ tiket }}\"");
    assert_eq!(
        places(&text),
        [
            "3:34: connections.wxm.secret",
            "3:44: connections.wxm.note",
            "8:11: case_rules[0].when",
            "11:20: case_rules[0].case.description",
            "12:17: case_rules[0].case.priority",
            "13:13: case_rules[0].case.type",
            "17:46: reopen[0].below",
            "17:57: reopen[0].within",
            "17:89: reopen[0].otherwise",
        ]
    );
    let told = mistakes(&text).join("\n");
    for expected in [
        "\"lo\" is not one of high, normal, low",
        "expected a number with at most two decimals, found string \"x\"",
        "\"14 dayz\" is not a span of time",
        "\"folow-up\" is not one of follow-up, note, nothing",
    ] {
        assert!(told.contains(expected), "{expected}:\n{told}");
    }
}

#[test]
fn a_connection_of_no_known_kind_hides_no_other_mistake_and_makes_none() {
    let text = with("kind: dynamics,", "kind: dynamic,")
        .replace("kind: standard,", "")
        .replace("kind: wxm,", "kind: wxm, tokn: x,")
        .replace("below: 3", "below: 3000");
    assert_eq!(
        places(&text),
        [
            "3:26: connections.wxm.tokn",
            "4:13: connections.generic",
            "5:21: connections.dynamics.kind",
            "16:46: reopen[0].below",
        ]
    );
}

#[test]
fn what_has_another_shape_than_a_rule_is_told_once_each() {
    let text = "connections: { X: { kind: standard, secret: s }, y: 3 }\ncase_rules: [nps, { name: a, when: 'true' }]\nreopen: { name: b }\n";
    assert_eq!(
        places(text),
        [
            "1:16: connections.X",
            "1:53: connections.y",
            "2:14: case_rules[0]",
            "2:19: case_rules[1]",
            "3:9: reopen",
        ]
    );
}

#[test]
fn a_key_that_is_written_twice_is_refused() {
    let told = mistakes(&with("queue: Recovery", "title: other"));
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("13:7: "), "{told:#?}");
}

#[test]
fn an_empty_file_is_told_what_a_file_is_made_of() {
    for text in ["", "\n\n", "# Galicia\n", "---\n", "~", "olá"] {
        let told = mistakes(text);
        assert_eq!(told.len(), 1, "{told:#?}");
        for expected in ["1:1: ", "connections", "case_rules", "reopen"] {
            assert!(told[0].contains(expected), "{text:?}: {told:#?}");
        }
    }
}

proptest! {
    #[test]
    fn no_change_to_a_file_makes_the_reader_panic_or_say_a_thing_twice(
        at in 0usize..720, cut in 0usize..30, put in "[a-z0-9:{}\\[\\]\"' \n-]{0,12}"
    ) {
        let characters: Vec<char> = WHOLE.chars().collect();
        let at = at.min(characters.len());
        let rest = (at + cut).min(characters.len());
        let text: String = characters[..at].iter().copied().chain(put.chars()).chain(characters[rest..].iter().copied()).collect();
        if let Err(told) = read(&text) {
            prop_assert!(!told.is_empty());
            prop_assert!(told.is_sorted_by_key(|m| (m.line, m.column)));
            let mut once: Vec<String> = told.iter().map(ToString::to_string).collect();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), told.len());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,120}") {
        let _ = read(&text);
    }

    #[test]
    fn a_span_reads_back_as_written(count in 1u32..2000, unit in "[dhm]") {
        let span: Span = format!("{count}{unit}").parse().unwrap();
        prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
    }
}

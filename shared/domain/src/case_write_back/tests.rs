//! What is written back, and what is not.

mod known;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::cases::CaseState;
use crate::columns::CrmColumn;
use crate::configuration::{Language, WriteBack};

fn settings(yaml: &str) -> WriteBack {
    let text = format!(
        "connections:\n  crm: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }}\nwrite_back:\n{yaml}"
    );
    let read = crate::configuration::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    read.write_back.unwrap()
}

const ALL: &str = r#"
  comments: { subject_starts_with: "[público]", activity_column: category, activity_value: public }
  fields:
    - { question: CASE_STATUS, column: statuscode, map: { "Problem Solved": resolto } }
    - { question: CASE_CAUSE, column: new_cause, empty: keep }
    - { question: CASE_MINUTES, computed: time_to_close, unit: minutes }
    - { question: CASE_FIRST, computed: time_to_first_response, unit: hours }
    - { question: CASE_REOPENED, computed: reopen_count }
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn column(value: Value, label: &str) -> CrmColumn {
    CrmColumn {
        value,
        label: (!label.is_empty()).then(|| label.to_owned()),
    }
}

fn record() -> CaseRecord {
    CaseRecord {
        id: Uuid::from_u128(7),
        row_version: 10,
        state: CaseState::Active,
        status: "In Progress".into(),
        ticket: "CAS-01001".into(),
        owner: Some("Sabela Outeiro".into()),
        created_at: at("2026-03-01T09:00:00Z"),
        resolved_at: None,
        resolution: None,
        reopen_count: 0,
        merged_into: None,
        columns: BTreeMap::from([("statuscode".to_owned(), column(json!(1), "In Progress"))]),
        comments: Vec::new(),
    }
}

fn comment(number: u128, subject: &str, text: &str) -> Comment {
    Comment {
        id: Uuid::from_u128(number),
        kind: CommentKind::Note,
        subject: subject.into(),
        text: text.into(),
        written_at: at("2026-03-01T10:30:00Z"),
        is_ours: false,
        went_out: false,
        marker: None,
    }
}

fn response() -> ResponseKey {
    "wxm/65f0a1b2c3d4e5f60718293a".parse().unwrap()
}

fn decided(settings: &WriteBack, written: &Written, seen: &Seen<'_>) -> Decision {
    let asked = Asked {
        settings,
        response: &response(),
        case: Uuid::from_u128(7),
        written,
        again: false,
    };
    decide(&asked, seen)
}

fn there(record: &CaseRecord) -> Seen<'_> {
    Seen::There {
        record,
        former_ticket: None,
    }
}

fn intended(decision: Decision) -> Intended {
    match decision {
        Decision::Write(intended) => *intended,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_resolved_case_tells_status_cause_what_was_done_and_how_long_it_took() {
    let settings = settings(ALL);
    let mut case = record();
    case.comments = vec![
        comment(1, "[PÚBLICO] Peza", "<p>A peza chegou</p>"),
        comment(2, "Interno", "Non llo digas"),
    ];
    let first = intended(decided(&settings, &Written::default(), &there(&case)));
    let note = first.note.as_ref().unwrap();
    assert!(
        note.text.contains("Case CAS-01001: In Progress."),
        "{}",
        note.text
    );
    assert!(note.text.contains("– A peza chegou"), "{}", note.text);
    assert!(!note.text.contains("Non llo digas") && !note.text.contains("Sabela"));
    assert!(note.text.ends_with(&format!("[cxloop {}]", note.marker)));
    let text = |intended: &Intended, question: &str| intended.fields.get(question).cloned();
    assert_eq!(
        text(&first, "CASE_STATUS"),
        Some(Some("In Progress".into()))
    );
    assert_eq!(text(&first, "CASE_CAUSE"), None, "kept");
    assert_eq!(text(&first, "CASE_MINUTES"), Some(None), "cleared");
    assert_eq!(text(&first, "CASE_FIRST"), Some(Some("1".into())));

    let written = first.settled(&Settled::default());
    assert_eq!(
        decided(&settings, &written, &there(&case)),
        Decision::Nothing
    );

    case.row_version = 11;
    case.state = CaseState::Resolved;
    case.status = "Problem Solved".into();
    case.resolution = Some("Cambiamos a peza".into());
    case.resolved_at = Some(at("2026-03-01T11:00:59Z"));
    case.columns = BTreeMap::from([
        ("statuscode".to_owned(), column(json!(5), "Problem Solved")),
        ("new_cause".to_owned(), column(json!("Peza defectuosa"), "")),
    ]);
    let second = intended(decided(&settings, &written, &there(&case)));
    let note = second.note.as_ref().unwrap();
    assert!(
        note.text.contains("What was done: Cambiamos a peza"),
        "{}",
        note.text
    );
    assert!(!note.text.contains("A peza chegou"), "told once");
    let fields: Vec<(&str, Option<&str>)> = second
        .fields
        .iter()
        .map(|(question, text)| (question.as_str(), text.as_deref()))
        .collect();
    assert_eq!(
        fields,
        [
            ("CASE_CAUSE", Some("Peza defectuosa")),
            ("CASE_MINUTES", Some("120")),
            ("CASE_STATUS", Some("resolto")),
        ]
    );
}

#[test]
fn an_older_row_a_merge_and_a_deletion_are_told_apart() {
    let settings = settings("  language: gl\n");
    let mut case = record();
    case.status = "En curso".into();
    let first = intended(decided(&settings, &Written::default(), &there(&case)));
    let written = first.settled(&Settled::default());
    case.row_version = 9;
    case.status = "Anterior".into();
    assert_eq!(
        decided(&settings, &written, &there(&case)),
        Decision::Outdated
    );

    // The master is another row: its version says nothing about ours.
    case.id = Uuid::from_u128(8);
    case.ticket = "CAS-01002".into();
    let merged = Seen::There {
        record: &case,
        former_ticket: Some("CAS-01001"),
    };
    let told = intended(decided(&settings, &written, &merged));
    let text = &told.note.as_ref().unwrap().text;
    assert!(
        text.contains("O caso CAS-01001 pasou a formar parte do caso CAS-01002"),
        "{text}"
    );

    let written = told.settled(&Settled::default());
    let gone = intended(decided(&settings, &written, &Seen::Gone));
    let text = &gone.note.as_ref().unwrap().text;
    assert!(text.contains("O caso CAS-01002 foi eliminado."), "{text}");
    assert!(gone.fields.is_empty());
    let written = gone.settled(&Settled::default());
    assert_eq!(decided(&settings, &written, &Seen::Gone), Decision::Nothing);
}

#[test]
fn our_own_comments_are_never_told_and_activities_are_public_by_a_column() {
    let settings = settings(ALL);
    let mut case = record();
    let ours = Comment {
        is_ours: true,
        ..comment(1, "[público] x", "nosa")
    };
    let marked = |number, marker| Comment {
        kind: CommentKind::Email,
        marker,
        ..comment(number, "Re: avaría", "resposta")
    };
    case.comments = vec![
        ours,
        marked(2, Some(column(json!("Public"), ""))),
        marked(3, Some(column(json!(2), "público"))),
        marked(4, None),
    ];
    let public = case.public_comments(&settings.comments);
    assert_eq!(public.len(), 1);
    assert_eq!(public[0].id, Uuid::from_u128(2));
}

#[test]
fn what_was_refused_is_not_tried_again_before_a_person_asks_or_its_value_changes() {
    let settings = settings(ALL);
    let mut case = record();
    let first = intended(decided(&settings, &Written::default(), &there(&case)));
    let refused = Settled {
        refused: BTreeMap::from([("CASE_STATUS".to_owned(), "non".to_owned())]),
    };
    let written = first.settled(&refused);
    let crm = "dynamics".parse().unwrap();
    let now = at("2026-03-01T12:00:00Z");
    let steps = written_steps(&first, &refused, case.id, &crm, "https://crm", now);
    assert_eq!(steps.len(), 2, "{steps:#?}");
    assert!(steps[1].replay.is_some() && steps[1].text.contains("CASE_STATUS"));
    assert_eq!(
        decided(&settings, &written, &there(&case)),
        Decision::Nothing
    );
    let asked = Asked {
        settings: &settings,
        response: &response(),
        case: case.id,
        written: &written,
        again: true,
    };
    let again = intended(decide(&asked, &there(&case)));
    assert_eq!(again.fields.keys().collect::<Vec<_>>(), ["CASE_STATUS"]);
    assert!(again.note.is_none());
    let steps = written_steps(
        &again,
        &Settled::default(),
        case.id,
        &crm,
        "https://crm",
        now,
    );
    assert!(
        steps
            .iter()
            .any(|step| step.text.contains("could be written back now"))
    );
    case.columns
        .insert("statuscode".into(), column(json!(2), "On Hold"));
    let changed = intended(decided(&settings, &written, &there(&case)));
    assert!(changed.fields.contains_key("CASE_STATUS"));
}

#[test]
fn values_are_written_as_people_call_them_and_numbers_and_dates_as_they_are_kept() {
    for (value, label, shown) in [
        (json!(5), "Problem Solved", "Problem Solved"),
        (json!(1234), "1,234", "1234"),
        (json!(-7), "-7", "-7"),
        (json!(1200.5), "€1.200,50", "1200.5"),
        (json!(1200.0), "€1.200,00", "1200"),
        (json!(true), "Si", "Si"),
        (
            json!("2026-03-01T09:00:00Z"),
            "1/3/2026 9:00",
            "2026-03-01T09:00:00Z",
        ),
        (json!("2026-03-01"), "1/3/2026", "2026-03-01"),
        (
            json!("0b1e4a8c-6f0e-4e9b-9a57-1a5b2f0c9d11"),
            "Sabela",
            "Sabela",
        ),
        (json!("Peza defectuosa"), "", "Peza defectuosa"),
    ] {
        let settings = settings("  fields: [{ question: Q, column: x }]\n");
        let mut case = record();
        case.columns = BTreeMap::from([("x".to_owned(), column(value.clone(), label))]);
        let change = field_change(&settings.fields[0], &case, None);
        assert_eq!(change, FieldChange::Set(shown.into()), "{value} {label}");
    }
}

#[test]
fn the_note_speaks_four_languages_and_takes_a_template_of_the_companys_own() {
    for (language, words) in [
        (Language::En, "What was done: x"),
        (Language::Gl, "O que se fixo: x"),
        (Language::Pt, "O que foi feito: x"),
        (Language::Es, "Lo que se hizo: x"),
    ] {
        let mut settings = settings("  note: { owner_name: true }\n");
        settings.language = language;
        let mut case = record();
        case.resolution = Some("x".into());
        let told = Told::of(&case, None, &[], &settings);
        let text = told.in_words(&settings);
        assert!(
            text.contains(words) && text.contains("Sabela Outeiro"),
            "{text}"
        );
        assert!(!told.in_words(&settings).contains("none"));
        settings.note.text = Some("{{ ticket }}/{{ former_ticket }}/{{ state }}".into());
        assert_eq!(told.in_words(&settings), "CAS-01001//active");
    }
}

proptest! {
    /// Time and events in any order: whoever is not looking is covered by somebody who will look later than the change came.
    #[test]
    fn every_change_is_followed_by_a_look(arrivals in prop::collection::vec(0u16..60, 1..40), every in 1u16..12) {
        let begin = at("2026-03-01T09:00:00Z");
        let mut arrivals = arrivals;
        arrivals.sort_unstable();
        let mut pending: Vec<(u16, usize)> = arrivals.iter().copied().zip(0..).collect();
        let mut state = WriteBackState::default();
        let mut looks: Vec<u16> = Vec::new();
        while !pending.is_empty() {
            pending.sort_unstable();
            let (second, event) = pending.remove(0);
            let now = begin + SignedDuration::from_secs(i64::from(second));
            let id = Uuid::from_u128(u128::try_from(event).unwrap());
            match turn(&state, id, every, now) {
                Turn::Now => {
                    state = begun(&state, id, now);
                    looks.push(second);
                }
                Turn::Ends => {}
                Turn::Waits(waits) => pending.push((second + u16::try_from(waits.seconds_from(now)).unwrap(), event)),
                Turn::Takes(takes) => {
                    state.follow_up = Some(takes);
                    pending.push((second + u16::try_from(takes.seconds_from(now)).unwrap(), event));
                }
            }
        }
        for arrival in &arrivals {
            prop_assert!(looks.iter().any(|look| look >= arrival), "{arrival} {looks:?}");
        }
        for pair in looks.windows(2) {
            prop_assert!(pair[1] - pair[0] >= every, "{looks:?}");
        }
    }
}

#[test]
fn a_response_follows_a_case_once_and_only_as_many_as_may() {
    let follower = |number: usize| Follower {
        response: format!("wxm/r-{number}").parse().unwrap(),
        case: Uuid::from_u128(7),
    };
    let mut all = Followers::default();
    for number in 0..MOST_FOLLOWERS {
        all = all.with(&follower(number)).unwrap();
        assert_eq!(all.with(&follower(number)), None);
    }
    assert_eq!(all.with(&follower(MOST_FOLLOWERS)), None);
    let stored = serde_json::to_value(&all).unwrap();
    assert_eq!(serde_json::from_value::<Followers>(stored).unwrap(), all);
}

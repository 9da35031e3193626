use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::configuration::Span;
use crate::events::Event;
use crate::response::{Customer, Measured, Metric};
use crate::score::{Scale, Score};

fn threshold() -> Threshold {
    Threshold {
        name: "not-solved".parse().unwrap(),
        metric: Metric::Csat,
        below: Score::whole(3),
        within: Some("14d".parse().unwrap()),
        at_most: Some(2),
        otherwise: Otherwise::FollowUp,
        when: None,
        queue: None,
    }
}

fn response(csat: i64, submitted_at: &str) -> Response {
    let measured = Measured {
        score: Score::whole(csat),
        scale: Some(Scale::whole(1, 5)),
    };
    Response {
        key: "wxm/after1".parse().unwrap(),
        survey: "after-case".into(),
        submitted_at: submitted_at.parse().unwrap(),
        language: None,
        channel: None,
        location: None,
        customer: Customer::default(),
        comment: Some("Não resolveram a avaria".into()),
        answers: vec![],
        metrics: BTreeMap::from([(Metric::Csat, measured)]),
        about_case: Some(Uuid::from_u128(42)),
        about: None,
        invitation: None,
        link: None,
    }
}

fn case(state: CaseState) -> CaseFacts {
    CaseFacts {
        id: Uuid::from_u128(42),
        etag: "W/\"7\"".into(),
        state,
        ticket: "CAS-01042-B7M9Z3".into(),
        title: "Antía scored 3".into(),
        customer: Some(CustomerRef::Contact(Uuid::from_u128(1))),
        queue: Some(Uuid::from_u128(5)),
        resolved_at: Some("2026-11-20T10:00:00Z".parse().unwrap()),
        master: None,
        parent: None,
        children: 0,
    }
}

fn known(state: CaseState) -> Known {
    Known {
        case: Some(case(state)),
        ..Known::default()
    }
}

const SOON: &str = "2026-11-22T10:00:00Z";
const LATE: &str = "2026-12-22T10:00:00Z";

#[test]
fn a_bad_rating_soon_after_closure_reopens_the_case_with_the_version_read() {
    let course = decide(
        &response(1, SOON),
        &threshold(),
        &known(CaseState::Resolved),
    )
    .unwrap();
    insta::assert_json_snapshot!(course);
}

#[test]
fn an_active_case_gets_only_a_note() {
    let course = decide(&response(1, SOON), &threshold(), &known(CaseState::Active)).unwrap();
    assert!(
        matches!(course, Course::Note { note, .. } if note.text.contains("Não resolveram a avaria"))
    );
}

#[test]
fn a_cancelled_or_merged_case_gets_a_follow_up_that_names_the_old_ticket() {
    for state in [CaseState::Cancelled, CaseState::Merged] {
        let Course::FollowUp { draft, .. } =
            decide(&response(1, SOON), &threshold(), &known(state)).unwrap()
        else {
            panic!("{state:?}");
        };
        assert!(
            draft.note.text.contains("CAS-01042-B7M9Z3"),
            "{}",
            draft.note.text
        );
        assert_eq!(draft.customer, CustomerRef::Contact(Uuid::from_u128(1)));
    }
}

#[test]
fn a_reopened_case_says_when_and_by_which_response_where_columns_are_named() {
    let columns = ReopenColumns {
        reopened_on: Some("cxl_reopenedon".parse().unwrap()),
        response: Some("cxl_reopeningresponse".parse().unwrap()),
    };
    let now = "2026-11-22T10:00:05Z".parse().unwrap();
    let response = response(1, SOON);
    let known = Known {
        columns: reopened_columns(&columns, &response, now),
        ..known(CaseState::Resolved)
    };
    let Course::Reopen { reopening, .. } = decide(&response, &threshold(), &known).unwrap() else {
        panic!("a resolved case is reopened");
    };
    let written = |name: &str| &reopening.columns[&name.parse().unwrap()];
    assert_eq!(*written("cxl_reopenedon"), ColumnValue::Moment(now));
    let id = response.key.response.to_string();
    assert_eq!(*written("cxl_reopeningresponse"), ColumnValue::Text(id));
}

#[test]
fn a_follow_up_is_a_child_of_a_case_that_is_no_child_and_has_room() {
    let parent_of_follow_up = |parent, children| {
        let known = Known {
            case: Some(CaseFacts {
                parent,
                children,
                ..case(CaseState::Cancelled)
            }),
            ..Known::default()
        };
        match decide(&response(1, SOON), &threshold(), &known).unwrap() {
            Course::FollowUp { draft, .. } => draft.parent,
            course => panic!("{course:?}"),
        }
    };
    let case = Some(Uuid::from_u128(42));
    assert_eq!(parent_of_follow_up(None, 0), case);
    assert_eq!(parent_of_follow_up(None, 99), case);
    assert_eq!(parent_of_follow_up(None, 100), None, "no room");
    let grandparent = Some(Uuid::from_u128(41));
    assert_eq!(parent_of_follow_up(grandparent, 0), None, "is a child");
}

#[test]
fn a_case_that_is_gone_gets_a_follow_up_only_when_the_customer_is_known() {
    let gone = Known {
        old_ticket: Some("CAS-9".into()),
        ..Known::default()
    };
    let refused = decide(&response(1, SOON), &threshold(), &gone).unwrap_err();
    assert!(refused.reason.contains("no customer is known"));
    let found = Known {
        customer: Some(CustomerRef::Contact(Uuid::from_u128(1))),
        ..gone
    };
    let course = decide(&response(1, SOON), &threshold(), &found).unwrap();
    assert!(
        matches!(course, Course::FollowUp { draft, .. } if draft.title == "Follow-up of CAS-9")
    );
}

#[test]
fn a_rating_too_late_or_too_often_does_what_the_threshold_says_instead() {
    let often = Known {
        reopened_before: 2,
        ..known(CaseState::Resolved)
    };
    for (otherwise, late, known) in [
        (Otherwise::FollowUp, LATE, known(CaseState::Resolved)),
        (Otherwise::Note, LATE, known(CaseState::Resolved)),
        (Otherwise::Nothing, SOON, often),
    ] {
        let threshold = Threshold {
            otherwise,
            ..threshold()
        };
        let course = decide(&response(1, late), &threshold, &known).unwrap();
        let done = match course {
            Course::FollowUp { .. } => Some(Otherwise::FollowUp),
            Course::Note { .. } => Some(Otherwise::Note),
            Course::Nothing { .. } => Some(Otherwise::Nothing),
            Course::Reopen { .. } => None,
        };
        assert_eq!(done, Some(otherwise));
    }
}

#[test]
fn the_verdicts_tell_why_a_threshold_was_not_broken() {
    let configuration = crate::configuration::read(
        "connections:\n  d: { kind: dynamics, url: \"https://c.example.com\", secret: s }\nreopen:\n  - { name: effort, metric: ces, below: 3 }\n  - { name: vigo, metric: csat, below: 3, when: 'location == \"Vigo\"' }\n  - { name: not-solved, metric: csat, below: 3 }\n",
    )
    .unwrap();
    let thresholds = Thresholds::parse(&configuration);
    let rating = response(1, SOON);
    let (verdicts, broken) = judge(&thresholds, &rating, "");
    assert_eq!(broken.unwrap().name.as_str(), "not-solved");
    let told: Vec<String> = verdicts.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "effort not applicable: the response has no ces",
            "vigo not applicable: the response has no location (csat = 1, below = 3, location = none)",
            "not-solved matched (csat = 1, below = 3)"
        ]
    );
    assert!(judge(&thresholds, &response(3, SOON), "").1.is_none());
}

proptest! {
    #[test]
    fn only_a_resolved_case_is_ever_reopened_and_only_within_its_limits(
        state in prop_oneof![Just(CaseState::Active), Just(CaseState::Resolved), Just(CaseState::Cancelled), Just(CaseState::Merged)],
        hours in 0i64..1000, days in 1u32..30, before in 0u32..5, at_most in 1u32..4,
    ) {
        let resolved_at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let submitted_at = resolved_at + jiff::SignedDuration::from_hours(hours);
        let threshold = Threshold { within: Some(format!("{days}d").parse::<Span>().unwrap()), at_most: Some(at_most), ..threshold() };
        let known = Known { reopened_before: before, ..known(state) };
        let course = decide(&response(1, &submitted_at.to_string()), &threshold, &known).unwrap();
        let allowed = state == CaseState::Resolved && hours <= i64::from(days) * 24 && before < at_most;
        prop_assert_eq!(matches!(course, Course::Reopen { .. }), allowed);
    }
}

#[test]
fn a_reopening_is_told_as_one_change_however_often_it_is_told() {
    let crm = "dynamics".parse().unwrap();
    let told = |response: &Response, at: &str| {
        let resolved = known(CaseState::Resolved);
        match decide(response, &threshold(), &resolved).unwrap() {
            Course::Reopen { reopening, .. } => reopened(&crm, &reopening, at.parse().unwrap()),
            other => panic!("{other:?}"),
        }
    };
    let first = told(&response(1, SOON), "2026-11-22T10:00:05Z");
    assert_eq!(
        first.record.to_string(),
        format!("incident/{}", Uuid::from_u128(42))
    );
    let columns: Vec<&str> = first.columns.iter().map(|column| column.as_str()).collect();
    assert_eq!(columns, ["statecode", "statuscode"]);
    let again = told(&response(1, SOON), "2026-11-22T10:15:00Z");
    assert_eq!(again.id(), first.id());
    let later = Response {
        key: "wxm/after2".parse().unwrap(),
        ..response(1, SOON)
    };
    assert_ne!(told(&later, "2026-11-22T10:00:05Z").id(), first.id());
}

//! Whether a row reached the state, whom it asks, and why not.

use cxloop_domain::columns::CrmColumn;
use cxloop_domain::configuration::{Channel, Exclusion};
use cxloop_domain::loops::StepKind;
use cxloop_domain::record_changed::{Change, RecordChanged};
use cxloop_domain::survey_trigger::{
    Address, Arrival, Consent, InvitationState, NotSent, PersonAsked,
};
use serde_json::json;
use uuid::Uuid;

use super::scene::{AFTER_CASE, ANA, CASE, OUR_USER, Scene, configuration, record};

pub(super) async fn reason(scene: &Scene) -> NotSent {
    match scene.invitation().await.state {
        InvitationState::NotSent { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_resolved_case_asks_its_customer_once_and_the_survey_knows_its_case() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.sets(0).await.unwrap();
    assert_eq!(scene.invitations().await.len(), 0);
    scene.set(1);
    let change = scene.change("resolved");
    for _ in 0..3 {
        scene.told(Arrival::Changed(change.clone())).await.unwrap();
    }
    // A resolution comes as two messages.
    let second = RecordChanged {
        change: Change::Closed,
        columns: [].into(),
        operation: "again".into(),
        ..change
    };
    scene.told(Arrival::Changed(second)).await.unwrap();
    let sent = scene.mail.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "ana@example.com");
    assert_eq!(sent[0].words.subject, "Caso CAS-1");
    assert_eq!(
        sent[0].words.text,
        "Ola Ana <Nóvoa>: https://survey.example/T-1"
    );
    let html = sent[0].words.html.as_deref().unwrap();
    assert!(html.contains("Ola Ana &lt;N"), "{html}");
    let invitation = scene.invitation().await;
    assert_eq!(sent[0].invitation, invitation.id);
    assert_eq!(invitation.state, InvitationState::Sent);
    let survey = invitation.survey.clone().unwrap();
    assert_eq!(survey.token, "T-1");
    let made = &scene.platform.surveys()[0].asked;
    assert_eq!(made.questionnaire, "after-case");
    let case = CASE.to_string();
    let held = |question: &str| {
        let found = made.prefill.iter().find(|fill| fill.question == question);
        found.map(|fill| fill.text.as_str())
    };
    assert_eq!(held("CASE_ID"), Some(case.as_str()));
    assert_eq!(held("AGENT"), Some("Brais"));
    let steps = scene.steps().await;
    assert!(
        steps
            .iter()
            .any(|step| step.what == StepKind::InvitationSent)
    );
    let shown = format!("{invitation:?} {steps:?}");
    assert!(
        !shown.contains("ana@") && !shown.contains("Nóvoa"),
        "{shown}"
    );
}

#[tokio::test]
async fn each_time_that_a_row_reaches_the_state_has_its_own_invitation() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    for state in [1, 0, 1, 2, 1] {
        scene.sets(state).await.unwrap();
    }
    // From cancelled to resolved is not from active to resolved.
    let mut occurrences: Vec<u32> = scene
        .invitations()
        .await
        .iter()
        .map(|i| i.occurrence)
        .collect();
    occurrences.sort_unstable();
    assert_eq!(occurrences, [1, 2]);
    assert_eq!(scene.mail.sent().len(), 2);
}

#[tokio::test]
async fn what_the_sweep_sees_first_is_only_remembered() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.set(1);
    let found = || RecordChanged {
        change: Change::Found,
        columns: [].into(),
        ..scene.change("found")
    };
    scene.told(Arrival::Changed(found())).await.unwrap();
    assert_eq!(
        scene.invitations().await.len(),
        0,
        "it may be resolved for years"
    );
    // Once it is known, the sweep makes up for every webhook that never came.
    scene.set(0);
    scene.told(Arrival::Changed(found())).await.unwrap();
    scene.set(1);
    scene.told(Arrival::Changed(found())).await.unwrap();
    assert_eq!(scene.invitation().await.state, InvitationState::Sent);
}

#[tokio::test]
async fn an_event_that_comes_late_is_no_second_change() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.set(1);
    let resolved = scene.change("1");
    scene.set(0);
    let reactivated = scene.change("2");
    scene.told(Arrival::Changed(reactivated)).await.unwrap();
    scene.told(Arrival::Changed(resolved)).await.unwrap();
    assert_eq!(
        scene.invitations().await.len(),
        0,
        "it is not resolved any more"
    );
}

#[tokio::test]
async fn a_new_row_that_is_there_already_asks_where_no_former_state_is_asked_for() {
    let rule = AFTER_CASE.replace("      from: [0]\n", "");
    for (rules, invitations) in [(AFTER_CASE, 0), (rule.as_str(), 1)] {
        let scene = Scene::new(&configuration("", rules)).await;
        scene.set(1);
        let created = RecordChanged {
            change: Change::Created,
            ..scene.change("created")
        };
        scene.told(Arrival::Changed(created)).await.unwrap();
        assert_eq!(scene.invitations().await.len(), invitations);
    }
}

#[tokio::test]
async fn a_label_names_a_state_as_well_as_its_value() {
    let rule = AFTER_CASE
        .replace("from: [0]", "from: [active]")
        .replace("to: [1]", "to: [Resolved]");
    let scene = Scene::new(&configuration("", &rule)).await;
    scene.sets(0).await.unwrap();
    scene.sets(1).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 1);
}

#[tokio::test]
async fn every_reason_not_to_ask_is_kept() {
    type Make = fn(&Scene);
    let cases: [(&str, &str, Make, NotSent); 11] = [
        (
            "",
            "      when: row.prioritycode == 1\n",
            |_| {},
            NotSent::Condition {
                verdict: "is not applicable: a column that it asks about is empty".into(),
            },
        ),
        (
            "",
            "      when: row.ticketnumber == \"CAS-2\"\n",
            |_| {},
            NotSent::Condition {
                verdict: "did not match".into(),
            },
        ),
        (
            "",
            "",
            |s| s.is_person(ANA, |p| p.email = None),
            NotSent::NoAddress {
                channel: Channel::Email,
            },
        ),
        (
            "",
            "",
            |s| s.is_person(ANA, |p| p.is_inactive = true),
            NotSent::Inactive,
        ),
        (
            "",
            "",
            |s| s.is_person(ANA, |p| p.do_not.email = true),
            NotSent::DoNot {
                column: "donotemail".into(),
            },
        ),
        (
            "",
            "",
            |s| s.is_person(ANA, |p| p.do_not.bulk_email = true),
            NotSent::DoNot {
                column: "donotbulkemail".into(),
            },
        ),
        (
            "",
            "      person: { lookup: _cxl_nobody_value }\n",
            |_| {},
            NotSent::NoPerson,
        ),
        (
            "",
            "",
            |s| s.rows.delete(&record("contact", ANA)),
            NotSent::NoPerson,
        ),
        (
            "  employee_domains: [Example.com]",
            "",
            |_| {},
            NotSent::Excluded {
                by: Exclusion::Employees,
            },
        ),
        (
            "  internal_accounts: [00000000-0000-0000-0000-000000000007]",
            "",
            |s| s.is_person(ANA, |p| p.account = Some(Uuid::from_u128(7))),
            NotSent::Excluded {
                by: Exclusion::Internal,
            },
        ),
        (
            "  purposes: { care: { enforcement: restrictive } }",
            "      purpose: care\n",
            |_| {},
            NotSent::NotOptedIn {
                purpose: "care".into(),
            },
        ),
    ];
    for (all, more, make, expected) in cases {
        let scene = Scene::new(&configuration(all, &format!("{AFTER_CASE}{more}"))).await;
        make(&scene);
        scene.sets(1).await.unwrap();
        assert_eq!(reason(&scene).await, expected);
        assert_eq!(scene.mail.sent().len(), 0);
        assert_eq!(
            scene.platform.surveys().len(),
            0,
            "no survey is made in vain"
        );
        let steps = scene.steps().await;
        let told = steps
            .iter()
            .find(|step| step.what == StepKind::InvitationNotSent);
        assert!(
            told.is_some_and(|step| step.text.contains(&expected.to_string())),
            "{steps:?}"
        );
    }
}

#[tokio::test]
async fn who_opted_in_is_asked_and_who_opted_out_is_not() {
    for (enforcement, consent, is_asked) in [
        ("restrictive", Consent::OptedIn, true),
        ("restrictive", Consent::OptedOut, false),
        ("non_restrictive", Consent::NotSet, true),
        ("non_restrictive", Consent::OptedOut, false),
        ("disabled", Consent::OptedOut, true),
    ] {
        let all = format!("  purposes: {{ care: {{ enforcement: {enforcement} }} }}");
        let rules = format!("{AFTER_CASE}      purpose: care\n");
        let scene = Scene::new(&configuration(&all, &rules)).await;
        let address = Address::Email("ana@example.com".into());
        scene.rows.put_consent(&address, None, consent);
        scene.sets(1).await.unwrap();
        assert_eq!(
            scene.mail.sent().len(),
            usize::from(is_asked),
            "{enforcement} {consent:?}"
        );
    }
}

#[tokio::test]
async fn a_merged_case_and_one_that_an_agent_opened_are_left_out() {
    let rules = format!("{AFTER_CASE}      exclude: [merged, agent_opened]\n");
    let configuration = configuration("", &rules);
    let (merged, creator) = ("merged", "_createdby_value");
    for (column, value, left_out) in [
        (merged, json!(true), Some(Exclusion::Merged)),
        (creator, json!(ANA), Some(Exclusion::AgentOpened)),
        (creator, json!(OUR_USER), None),
    ] {
        let scene = Scene::new(&configuration).await;
        scene.rows.change(&record("incident", CASE), |row| {
            let held = CrmColumn { value, label: None };
            row.columns.insert(column.into(), held);
        });
        scene.sets(1).await.unwrap();
        let expected = match left_out {
            Some(by) => InvitationState::NotSent {
                reason: NotSent::Excluded { by },
            },
            None => InvitationState::Sent,
        };
        assert_eq!(scene.invitation().await.state, expected);
    }
}

#[test]
fn people_are_looked_for_where_people_are() {
    for (table, is_person) in [
        ("contact", true),
        ("lead", true),
        ("team", false),
        ("incident", false),
    ] {
        assert_eq!(
            PersonAsked::is_person(&table.parse().unwrap()),
            is_person,
            "{table}"
        );
    }
}

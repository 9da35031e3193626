//! What cannot be taken back goes out once, whatever fails.

use cxloop_domain::loops::{Replay, StepKind};
use cxloop_domain::survey_trigger::{
    Arrival, DeliveryOutcome, DeliveryReported, InvitationDue, InvitationState, NotSent,
};
use cxloop_ports::{Failure, Remedy};

use super::scene::{AFTER_CASE, CASE, Scene, configuration, record};

const BY_SMS: &str = r#"
    - name: by-sms
      table: incident
      column: statecode
      to: [1]
      survey: { connection: wxm, questionnaire: after-case, valid_for: 7d, language: gl }
      send: { sms: { from: CONTOSO, text: "Que tal? {{ link }}" } }
"#;

const BY_PLATFORM: &str = r#"
    - name: by-platform
      table: incident
      column: statecode
      to: [1]
      survey: { connection: wxm, questionnaire: after-case }
      send: { platform: { subject: "Que tal {{ row.ticketnumber }}?", template: "https://contoso.com/m.html" } }
"#;

const BY_COLUMN: &str = r#"
    - name: by-column
      table: incident
      column: statecode
      to: [1]
      survey: { connection: wxm, questionnaire: after-case }
      send: { column: cxl_surveylink }
"#;

#[tokio::test]
async fn a_lost_answer_is_left_at_that_and_shown() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene
        .mail
        .lost_answers()
        .next(Failure::retry("the answer was lost", ""));
    scene.sets(1).await.unwrap();
    let invitation = scene.invitation().await;
    assert_eq!(invitation.state, InvitationState::Unknown);
    scene
        .told(Arrival::Changed(scene.change("again")))
        .await
        .unwrap();
    assert_eq!(scene.mail.sent().len(), 1);
    let steps = scene.steps().await;
    assert!(
        steps
            .iter()
            .any(|step| step.what == StepKind::InvitationNotSent)
    );
    // The service knows better.
    let report = DeliveryReported {
        invitation: invitation.id,
        outcome: DeliveryOutcome::Delivered,
    };
    scene.told(Arrival::Reported(report)).await.unwrap();
    assert_eq!(scene.invitation().await.state, InvitationState::Delivered);
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_a_second_message_where_the_rule_asks_for_it() {
    let rules = format!("{AFTER_CASE}      on_unknown: resend\n");
    let scene = Scene::new(&configuration("", &rules)).await;
    scene
        .mail
        .lost_answers()
        .next(Failure::retry("the answer was lost", ""));
    scene.set(1);
    let change = scene.change("1");
    let failure = scene
        .told(Arrival::Changed(change.clone()))
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
    scene.told(Arrival::Changed(change)).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 2);
    assert_eq!(scene.invitation().await.state, InvitationState::Sent);
}

#[tokio::test]
async fn a_service_that_asks_to_wait_has_sent_nothing_and_is_asked_again() {
    let all = "  at_most: { invitations: 1, within: 30d }";
    let scene = Scene::new(&configuration(all, AFTER_CASE)).await;
    scene
        .mail
        .faults()
        .next(Failure::come_back(30, "the service asks to wait"));
    scene.set(1);
    let change = Arrival::Changed(scene.change("1"));
    scene.told(change.clone()).await.unwrap_err();
    assert_eq!(scene.invitation().await.state, InvitationState::Due);
    scene.told(change).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 1);
    assert_eq!(scene.invitation().await.state, InvitationState::Sent);
}

#[tokio::test]
async fn what_a_service_refuses_is_shown_and_gives_the_persons_place_back() {
    let all = "  at_most: { invitations: 1, within: 30d }";
    let scene = Scene::new(&configuration(all, AFTER_CASE)).await;
    scene
        .mail
        .faults()
        .next(Failure::park("The address is refused.", ""));
    scene.sets(1).await.unwrap();
    let invitation = scene.invitation().await;
    assert_eq!(invitation.state, InvitationState::Failed);
    assert!(
        invitation
            .trail
            .last()
            .unwrap()
            .text
            .contains("The address is refused.")
    );
    scene.sets(0).await.unwrap();
    scene.sets(1).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 1, "the first took no place");
}

#[tokio::test]
async fn every_way_to_reach_a_person_carries_the_survey() {
    let scene = Scene::new(&configuration("", BY_SMS)).await;
    scene.sets(1).await.unwrap();
    let sent = scene.texts.sent();
    assert_eq!(sent[0].to, "+34600100200");
    assert_eq!(sent[0].text, "Que tal? https://survey.example/T-1");
    assert_eq!(sent[0].settings.from.as_deref(), Some("CONTOSO"));
    let asked = &scene.platform.surveys()[0].asked;
    assert_eq!(asked.language.as_deref(), Some("gl"));

    let scene = Scene::new(&configuration("", BY_PLATFORM)).await;
    scene.sets(1).await.unwrap();
    let (asked, invitation) = scene.platform.invitations().remove(0);
    assert_eq!(invitation.to.as_str(), "ana@example.com");
    assert_eq!(invitation.subject, "Que tal CAS-1?");
    assert!(
        asked
            .prefill
            .iter()
            .any(|fill| fill.text == CASE.to_string())
    );
    assert_eq!(
        scene.platform.surveys().len(),
        0,
        "the platform makes its own"
    );

    let scene = Scene::new(&configuration("", BY_COLUMN)).await;
    scene.sets(1).await.unwrap();
    let written = scene.rows.writes();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].record, record("incident", CASE));
    assert_eq!(written[0].text, "https://survey.example/T-1");
    assert_eq!(scene.invitation().await.state, InvitationState::Sent);
}

#[tokio::test]
async fn a_number_without_a_country_is_not_guessed() {
    let scene = Scene::new(&configuration("", BY_SMS)).await;
    scene.is_person(super::scene::ANA, |person| {
        person.phone = Some("600 100 200".into())
    });
    scene.sets(1).await.unwrap();
    assert_eq!(scene.texts.sent().len(), 0);
    let last = scene.invitation().await.trail.pop().unwrap().text;
    assert!(last.contains("international form"), "{last}");
}

#[tokio::test]
async fn reports_move_an_invitation_on_and_never_back() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.sets(1).await.unwrap();
    let id = scene.invitation().await.id;
    let report = |outcome| {
        Arrival::Reported(DeliveryReported {
            invitation: id,
            outcome,
        })
    };
    let bounced = || DeliveryOutcome::Bounced("Permanent/General".into());
    for (outcome, state) in [
        (DeliveryOutcome::Delivered, InvitationState::Delivered),
        (DeliveryOutcome::Delivered, InvitationState::Delivered),
        (bounced(), InvitationState::Bounced),
        (DeliveryOutcome::Delivered, InvitationState::Bounced),
    ] {
        scene.told(report(outcome)).await.unwrap();
        assert_eq!(scene.invitation().await.state, state);
    }
    let unknown = DeliveryReported {
        invitation: uuid::Uuid::from_u128(404),
        outcome: bounced(),
    };
    scene.told(Arrival::Reported(unknown)).await.unwrap();
    assert_eq!(scene.invitations().await.len(), 1);
}

#[tokio::test]
async fn a_questionnaire_that_is_not_there_is_said_and_waits_for_nobody() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.platform.lacks("after-case");
    scene.sets(1).await.unwrap();
    let invitation = scene.invitation().await;
    assert_eq!(invitation.state, InvitationState::Failed);
    assert!(invitation.trail.last().unwrap().text.contains("after-case"));
    assert_eq!(scene.mail.sent().len(), 0);
}

#[tokio::test]
async fn what_failed_is_decided_anew_when_a_person_asks_and_the_loop_is_mended() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.platform.lacks("after-case");
    scene.sets(1).await.unwrap();
    let steps = scene.steps().await;
    let failed = steps
        .iter()
        .find(|step| step.what == StepKind::Failed)
        .unwrap();
    let Some(Replay::Invitation(again)) = failed.replay.clone() else {
        panic!("{failed:?}")
    };
    scene.platform.has_again("after-case");
    // A wake-up that comes late is nobody's wish.
    let late = InvitationDue {
        replay: None,
        ..again.clone()
    };
    scene.told(Arrival::Due(late)).await.unwrap();
    assert_eq!(scene.invitation().await.state, InvitationState::Failed);
    for _ in 0..2 {
        scene.told(Arrival::Due(again.clone())).await.unwrap();
    }
    assert_eq!(scene.mail.sent().len(), 1);
    assert_eq!(scene.invitation().await.state, InvitationState::Sent);
    let steps = scene.steps().await;
    assert!(
        !steps.iter().any(|step| step.what == StepKind::Failed),
        "{steps:#?}"
    );
    assert!(
        steps
            .iter()
            .any(|step| step.what == StepKind::InvitationSent)
    );
}

#[tokio::test]
async fn what_is_sent_once_more_is_not_sent_a_third_time() {
    let rules = format!("{AFTER_CASE}      on_unknown: resend\n");
    let scene = Scene::new(&configuration("", &rules)).await;
    let lost = || Failure::retry("the answer was lost", "");
    scene.mail.lost_answers().always(lost());
    scene.set(1);
    scene
        .told_until_done(Arrival::Changed(scene.change("1")))
        .await;
    assert_eq!(scene.mail.sent().len(), 2);
    assert_eq!(scene.invitation().await.state, InvitationState::Unknown);
}

#[tokio::test]
async fn a_wish_that_is_delivered_twice_sends_one_message() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    let lost = || Failure::retry("the answer was lost", "");
    scene.mail.lost_answers().always(lost());
    scene.sets(1).await.unwrap();
    let before = scene.invitation().await;
    let wish = InvitationDue {
        connection: before.connection,
        invitation: before.id,
        replay: Some(before.round),
    };
    for _ in 0..3 {
        scene.told(Arrival::Due(wish.clone())).await.unwrap();
    }
    assert_eq!(
        scene.mail.sent().len(),
        2,
        "the first, and one that was asked for"
    );
    assert_eq!(scene.invitation().await.state, InvitationState::Unknown);
}

#[tokio::test]
async fn while_a_service_has_to_be_mended_no_survey_is_made_twice() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene
        .mail
        .faults()
        .always(Failure::mend("The address is not verified.", ""));
    scene.set(1);
    let change = Arrival::Changed(scene.change("1"));
    for _ in 0..3 {
        scene.told(change.clone()).await.unwrap_err();
    }
    scene.mail.faults().mend();
    scene.told(change).await.unwrap();
    assert_eq!(scene.platform.surveys().len(), 1);
    assert_eq!(scene.mail.sent().len(), 1);
}

#[tokio::test]
async fn a_place_is_given_back_when_the_row_leaves_the_state_before_it_was_sent() {
    let all = "  at_most: { invitations: 1, within: 30d }";
    let scene = Scene::new(&configuration(all, AFTER_CASE)).await;
    scene.mail.faults().next(Failure::come_back(30, "wait"));
    scene.set(1);
    let change = Arrival::Changed(scene.change("1"));
    scene.told(change.clone()).await.unwrap_err();
    scene.set(0);
    scene.told(change).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 0);
    scene.sets(1).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 1, "the first took no place");
}

#[tokio::test]
async fn a_row_that_is_gone_ends_what_was_begun_with_that_reason() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.platform.faults().next(Failure::retry("down", ""));
    scene.set(1);
    let change = Arrival::Changed(scene.change("1"));
    scene.told(change.clone()).await.unwrap_err();
    scene.rows.delete(&record("incident", CASE));
    scene.told(change).await.unwrap();
    let state = scene.invitation().await.state;
    let gone = NotSent::RowGone;
    assert_eq!(state, InvitationState::NotSent { reason: gone });
}

#[tokio::test]
async fn a_rule_that_asks_for_what_is_not_there_loses_no_change_of_its_table() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    let table = "incident".parse().unwrap();
    scene.rows.lacks(&table, &"statecode".parse().unwrap());
    scene.set(1);
    let waits = scene
        .told(Arrival::Changed(scene.change("1")))
        .await
        .unwrap_err();
    assert_eq!(waits.remedy, Remedy::Mend);
    assert_eq!(scene.invitations().await.len(), 0);
}

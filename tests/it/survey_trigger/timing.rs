//! When a person is asked: not too often, not at night, and only if the reason for it still stands.

use cxloop_domain::survey_trigger::{InvitationState, NotSent};
use cxloop_ports::Configurations;

use super::deciding::reason;
use super::scene::{AFTER_CASE, Scene, configuration};

#[tokio::test]
async fn a_person_is_asked_so_often_at_most_over_all_rules() {
    let all = "  at_most: { invitations: 1, within: 30d }";
    let scene = Scene::new(&configuration(all, AFTER_CASE)).await;
    scene.sets(1).await.unwrap();
    scene.sets(0).await.unwrap();
    scene.passes(29 * 86_400).await;
    scene.sets(1).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 1);
    let capped = scene.invitations().await.remove(0);
    assert!(
        matches!(
            capped.state,
            InvitationState::NotSent {
                reason: NotSent::Capped { .. }
            }
        ),
        "{capped:?}"
    );
    scene.sets(0).await.unwrap();
    scene.passes(86_401).await;
    scene.sets(1).await.unwrap();
    assert_eq!(scene.mail.sent().len(), 2);
}

#[tokio::test]
async fn after_a_delay_the_row_is_looked_at_again() {
    let rules = format!("{AFTER_CASE}      delay: 2h\n");
    for (left, expected) in [(false, 1), (true, 0)] {
        let scene = Scene::new(&configuration("", &rules)).await;
        scene.sets(1).await.unwrap();
        let waits = scene.invitation().await;
        assert!(
            matches!(waits.state, InvitationState::Waiting { .. }),
            "{waits:?}"
        );
        scene.passes(7_199).await;
        assert_eq!(scene.mail.sent().len(), 0);
        if left {
            scene.sets(0).await.unwrap();
        }
        scene.passes(2).await;
        assert_eq!(scene.mail.sent().len(), expected);
        if left {
            assert_eq!(reason(&scene).await, NotSent::StateLeft);
        }
    }
}

#[tokio::test]
async fn at_night_nobody_is_asked_and_in_the_morning_everybody_once() {
    let all = "  quiet_hours: { from: \"21:00\", to: \"09:00\", time_zone: Europe/Madrid }";
    let scene = Scene::new(&configuration(all, AFTER_CASE)).await;
    scene.clock.set("2026-03-02T21:30:00Z".parse().unwrap());
    scene.sets(1).await.unwrap();
    let waits = scene.invitation().await;
    let until = "2026-03-03T08:00:00Z".parse().unwrap();
    assert_eq!(waits.state, InvitationState::Waiting { until });
    assert!(waits.trail.last().unwrap().text.contains("quiet hours"));
    scene.clock.set(until);
    scene.passes(0).await;
    assert_eq!(scene.mail.sent().len(), 1);
}

#[tokio::test]
async fn a_rule_that_is_gone_when_its_time_has_come_sends_nothing() {
    let rules = format!("{AFTER_CASE}      delay: 2h\n");
    let scene = Scene::new(&configuration("", &rules)).await;
    scene.sets(1).await.unwrap();
    scene.store.apply(&configuration("", " []")).await.unwrap();
    scene.passes(7_200).await;
    assert_eq!(reason(&scene).await, NotSent::RuleRemoved);
}

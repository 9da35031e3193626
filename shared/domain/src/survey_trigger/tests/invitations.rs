//! What becomes of an invitation.

use proptest::prelude::*;

use super::*;
use crate::loops::StepKind;

fn reports() -> Vec<DeliveryOutcome> {
    vec![
        DeliveryOutcome::Delivered,
        DeliveryOutcome::Bounced("Permanent/General".to_owned()),
        DeliveryOutcome::Complained,
    ]
}

fn sent() -> Invitation {
    invitation().moved(InvitationState::Sent, "Enviouse.", after(10))
}

fn word_after(order: &[usize]) -> &'static str {
    let reports = reports();
    let end = order.iter().fold(sent(), |invitation, index| {
        let next = invitation.after_report(&reports[*index], after(20));
        next.unwrap_or(invitation)
    });
    end.state.word()
}

#[test]
fn reports_in_any_order_leave_what_is_worst() {
    for (order, word) in [
        (&[0][..], "delivered"),
        (&[0, 0][..], "delivered"),
        (&[0, 1][..], "bounced"),
        (&[1, 0][..], "bounced"),
        (&[0, 2][..], "complained"),
        (&[2, 0][..], "complained"),
        (&[0, 1, 0, 1][..], "bounced"),
    ] {
        assert_eq!(word_after(order), word, "{order:?}");
    }
}

#[test]
fn a_report_settles_what_nobody_knew() {
    for state in [InvitationState::Sending, InvitationState::Unknown] {
        let unknown = invitation().moved(state, "Ninguén o sabe.", after(10));
        for (report, word) in reports().iter().zip(["delivered", "bounced", "complained"]) {
            let told = unknown.after_report(report, after(20)).unwrap();
            assert_eq!(told.state.word(), word);
            assert_eq!(told.changed_at, after(20));
        }
    }
}

#[test]
fn a_report_says_nothing_of_what_was_never_sent() {
    let reason = NotSent::RowGone;
    for state in [
        InvitationState::Due,
        InvitationState::Waiting { until: after(60) },
        InvitationState::NotSent { reason },
        InvitationState::Failed,
    ] {
        let idle = invitation().moved(state, "Non se enviou.", after(10));
        for report in reports() {
            assert_eq!(
                idle.after_report(&report, after(20)),
                None,
                "{:?}",
                idle.state
            );
        }
    }
}

#[test]
fn an_answer_is_the_last_word_and_comes_once() {
    let response = "wxm/52c7d343".parse().unwrap();
    let answered = sent().answered(&response, after(30)).unwrap();
    assert_eq!(
        answered.state,
        InvitationState::Answered {
            response: response.clone()
        }
    );
    assert_eq!(answered.answered(&response, after(40)), None);
    let other = "wxm/ffffffff".parse().unwrap();
    assert_eq!(answered.answered(&other, after(40)), None);
    for report in reports() {
        assert_eq!(answered.after_report(&report, after(50)), None);
        let told = sent().after_report(&report, after(20)).unwrap();
        assert!(
            told.answered(&response, after(30)).is_some(),
            "who answers was reached"
        );
    }
}

#[test]
fn a_trail_keeps_its_beginning_and_its_end() {
    let mut long = invitation();
    for n in 0..100 {
        let until = after(n);
        long = long.moved(
            InvitationState::Waiting { until },
            format!("Agarda {n}."),
            until,
        );
    }
    assert_eq!(long.trail.len(), 40);
    assert_eq!(long.trail[0], invitation().trail[0]);
    assert_eq!(long.trail[39].text, "Agarda 99.");
}

#[test]
fn a_loop_tells_each_state_once_and_not_the_way_there() {
    let waits = invitation().moved(
        InvitationState::Waiting { until: after(60) },
        "Agarda.",
        after(2),
    );
    let later = waits.moved(
        InvitationState::Waiting { until: after(90) },
        "Agarda.",
        after(60),
    );
    let response = "wxm/52c7d343".parse().unwrap();
    let answered = sent().answered(&response, after(30)).unwrap();
    let reason = NotSent::RowGone;
    let refused = invitation().moved(InvitationState::NotSent { reason }, "Non.", after(2));
    let mut keys = std::collections::BTreeSet::new();
    for (told, what) in [
        (&waits, StepKind::InvitationWaits),
        (&later, StepKind::InvitationWaits),
        (&sent(), StepKind::InvitationSent),
        (&answered, StepKind::InvitationSent),
        (&refused, StepKind::InvitationNotSent),
    ] {
        let step = invitation_step(told);
        assert_eq!((step.what, step.at), (what, told.changed_at));
        assert_eq!(step, invitation_step(told), "a repeat is the same step");
        assert!(keys.insert(step.key), "each state has a step of its own");
        assert!(is_told(&told.state));
    }
    assert!(!is_told(&InvitationState::Due) && !is_told(&InvitationState::Sending));
}

#[test]
fn the_key_of_a_wake_up_is_a_name_that_a_schedule_may_have() {
    let key = key_of_wake_up(invitation().id, Timestamp::MAX);
    assert!(key.len() <= 64, "{key}");
    assert!(
        key.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "{key}"
    );
    assert_ne!(
        key_of_wake_up(invitation().id, after(0)),
        key_of_wake_up(invitation().id, after(1))
    );
}

proptest! {
    #[test]
    fn an_invitation_is_kept_and_read_as_it_was(order in prop::collection::vec(0_usize..5, 0..12)) {
        let mut one = invitation();
        for (n, step) in (0..).zip(order) {
            let now = after(n);
            let reports = reports();
            one = match step {
                3 => one.answered(&"wxm/r-1".parse().unwrap(), now).unwrap_or(one),
                4 => one.moved(InvitationState::Sent, "Enviouse.", now),
                report => one.after_report(&reports[report], now).unwrap_or(one),
            };
        }
        let kept = serde_json::to_string(&one).unwrap();
        prop_assert_eq!(serde_json::from_str::<Invitation>(&kept).unwrap(), one);
    }
}

//! The fakes of what is sent to people.

use std::sync::Arc;

use cxloop_domain::configuration::{Applied, SmsMessage, SmsService};
use cxloop_domain::survey_trigger::{InvitationDue, Words};
use cxloop_ports::{
    Email, Failure, Mail, Remedy, SurveySenders, TextMessage, TextMessages, WakeUps,
};
use cxloop_testkit::contract::SurveySenderFixture;
use cxloop_testkit::fakes::{
    FakeMail, FakeSurveySender, FakeSurveySenders, FakeTextMessages, FakeWakeUps,
};
use cxloop_testkit::{contract, samples};
use uuid::Uuid;

#[tokio::test]
async fn the_fake_sender_of_surveys_keeps_the_contract() {
    let sender = FakeSurveySender::new("wxm");
    sender.lacks("NADA");
    let fixture = SurveySenderFixture {
        questionnaire: "Reparación".to_owned(),
        no_question: "NADA".to_owned(),
        valid_until: "2026-12-22T10:00:00Z".parse().unwrap(),
    };
    contract::survey_sender(&sender, &fixture).await;
    assert_eq!(sender.surveys().len(), 2);
    assert_eq!(sender.surveys()[0].asked.prefill.len(), 1);
    assert_eq!(sender.invitations().len(), 1);
}

#[test]
fn a_connection_without_a_sender_is_parked() {
    let senders = FakeSurveySenders::default().with(&Arc::new(FakeSurveySender::new("wxm")));
    let applied = Applied {
        version: 1,
        configuration: samples::configuration(),
    };
    assert!(senders.sender(&applied, &"wxm".parse().unwrap()).is_ok());
    let failure = senders.sender(&applied, &"generic".parse().unwrap());
    assert_eq!(failure.err().unwrap().remedy, Remedy::Park);
}

fn email() -> Email {
    Email {
        invitation: Uuid::from_u128(1),
        from: "opinions@example.com".to_owned(),
        reply_to: None,
        to: "iria.fernandez@example.com".to_owned(),
        words: Words::default(),
    }
}

#[tokio::test]
async fn a_fault_before_sends_nothing_and_a_lost_answer_hides_what_was_sent() {
    let mail = FakeMail::default();
    mail.faults().next(Failure::mend("non", ""));
    let failure = mail.send(&email()).await.unwrap_err();
    assert_eq!((failure.remedy, mail.sent().len()), (Remedy::Mend, 0));
    mail.lost_answers().next(Failure::retry("perdida", ""));
    let failure = mail.send(&email()).await.unwrap_err();
    assert_eq!((failure.remedy, mail.sent().len()), (Remedy::Retry, 1));

    let messages = FakeTextMessages::default();
    let message = TextMessage {
        invitation: Uuid::from_u128(1),
        to: "+34600000000".to_owned(),
        settings: SmsMessage {
            through: SmsService::Sns,
            from: None,
            text: String::new(),
        },
        text: "Como foi a reparación?".to_owned(),
    };
    messages.faults().next(Failure::come_back(5, "non"));
    assert!(messages.send(&message).await.is_err());
    messages.lost_answers().next(Failure::retry("perdida", ""));
    assert!(messages.send(&message).await.is_err());
    assert_eq!(messages.sent(), [message]);
}

#[tokio::test]
async fn a_wake_up_that_is_asked_for_twice_rings_once() {
    let wake_ups = FakeWakeUps::default();
    let due = |number| InvitationDue {
        replay: None,
        connection: "dynamics".parse().unwrap(),
        invitation: Uuid::from_u128(number),
    };
    let soon = "2026-11-22T11:00:00Z".parse().unwrap();
    let late = "2026-11-22T12:00:00Z".parse().unwrap();
    for (number, at) in [(1, late), (2, soon), (2, soon)] {
        wake_ups.wake(&due(number), at).await.unwrap();
    }
    assert_eq!(wake_ups.waiting().len(), 2);
    assert_eq!(wake_ups.ring(soon), [due(2)]);
    assert_eq!(wake_ups.ring(soon), []);
    assert_eq!(wake_ups.ring(late), [due(1)]);
}

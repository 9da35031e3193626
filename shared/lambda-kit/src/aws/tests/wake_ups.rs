//! Invitations that come back, against a scripted queue and scheduler.

use std::sync::Arc;

use cxloop_domain::survey_trigger::{Arrival, InvitationDue};
use cxloop_ports::{Remedy, WakeUps};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::{MockServer, ResponseTemplate};

use super::{refusal, service};
use crate::aws::Schedules;
use crate::queue::envelope;
use crate::settings::{self, Settings};
use crate::test_doubles::HandClock;

const NOW: &str = "2026-03-02T10:00:00.25Z";

fn due() -> InvitationDue {
    InvitationDue {
        replay: None,
        connection: "dynamics".parse().unwrap(),
        invitation: Uuid::from_u128(7),
    }
}

async fn schedules(answer: ResponseTemplate) -> (MockServer, Schedules) {
    let (server, config) = service(answer).await;
    let settings = Settings::read(|name| {
        let value = match name {
            settings::TABLE => "t",
            settings::REGION => "eu-west-1",
            settings::QUEUE_URL => "http://127.0.0.1/000000000000/surveys",
            settings::QUEUE_ARN => "arn:aws:sqs:eu-west-1:000000000000:surveys",
            settings::SCHEDULE_GROUP => "cxloop",
            settings::SCHEDULE_ROLE => "arn:aws:iam::000000000000:role/wakes",
            settings::UNDELIVERED_QUEUE_ARN => "arn:aws:sqs:eu-west-1:000000000000:undelivered",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let clock = HandClock::at(NOW);
    let schedules = Schedules::new(&config, &settings.unwrap(), Arc::clone(&clock) as _).unwrap();
    (server, schedules)
}

fn taken(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

async fn request(server: &MockServer) -> (String, Value) {
    let requests = server.received_requests().await.unwrap();
    let path = requests[0].url.path().to_owned();
    (path, requests[0].body_json().unwrap())
}

/// What the queue's worker makes of a body.
fn arrived(body: &str) -> InvitationDue {
    let opened = envelope::open::<Arrival>(body).unwrap();
    match opened.event.unwrap() {
        Arrival::Due(due) => due,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_near_waits_in_the_queue() {
    for (at, seconds) in [
        ("2026-03-02T10:00:05Z", 5),
        ("2026-03-02T10:15:00Z", 900),
        ("2026-03-02T10:15:00.25Z", 900),
        ("2026-03-02T09:00:00Z", 0),
    ] {
        let (server, schedules) = schedules(taken(json!({ "MessageId": "m" }))).await;
        schedules.wake(&due(), at.parse().unwrap()).await.unwrap();
        let (_, sent) = request(&server).await;
        assert_eq!(sent["DelaySeconds"], seconds, "{at}");
        assert_eq!(arrived(sent["MessageBody"].as_str().unwrap()), due());
    }
}

#[tokio::test]
async fn what_is_far_is_scheduled_once_and_written_to_the_queue_then() {
    let (server, schedules) = schedules(taken(json!({ "ScheduleArn": "a" }))).await;
    let at = "2026-03-05T09:00:00.5Z".parse().unwrap();
    schedules.wake(&due(), at).await.unwrap();
    let (path, sent) = request(&server).await;
    assert_eq!(
        path,
        "/schedules/00000000000000000000000000000007-1772701200"
    );
    assert_eq!(sent["GroupName"], "cxloop");
    assert_eq!(sent["ScheduleExpression"], "at(2026-03-05T09:00:01)");
    assert_eq!(sent["ScheduleExpressionTimezone"], "UTC");
    assert_eq!(sent["ActionAfterCompletion"], "DELETE");
    assert_eq!(sent["FlexibleTimeWindow"]["Mode"], "OFF");
    assert_eq!(
        sent["Target"]["Arn"],
        "arn:aws:sqs:eu-west-1:000000000000:surveys"
    );
    assert_eq!(
        sent["Target"]["RoleArn"],
        "arn:aws:iam::000000000000:role/wakes"
    );
    assert_eq!(
        sent["Target"]["RetryPolicy"],
        json!({ "MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 185 })
    );
    assert_eq!(
        sent["Target"]["DeadLetterConfig"],
        json!({ "Arn": "arn:aws:sqs:eu-west-1:000000000000:undelivered" })
    );
    assert_eq!(arrived(sent["Target"]["Input"].as_str().unwrap()), due());
}

#[tokio::test]
async fn a_schedule_that_is_there_already_is_as_good() {
    let far = "2026-03-05T09:00:00Z".parse().unwrap();
    for (answer, remedy) in [
        (refusal(409, "ConflictException"), None),
        (
            refusal(404, "ResourceNotFoundException"),
            Some(Remedy::Mend),
        ),
        (refusal(400, "ValidationException"), Some(Remedy::Mend)),
        (refusal(429, "ThrottlingException"), Some(Remedy::Retry)),
        (refusal(500, "InternalServerException"), Some(Remedy::Retry)),
    ] {
        let (_server, schedules) = schedules(answer).await;
        let failure = schedules.wake(&due(), far).await.err();
        assert_eq!(failure.map(|failure| failure.remedy), remedy);
    }
}

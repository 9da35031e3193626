//! What the log tells of a message that fails: never the CRM's words, which quote what rows hold.

use std::sync::Arc;

use cxloop_domain::configuration::{self, Applied};
use cxloop_domain::events::ResponseHinted;
use cxloop_dynamics::case_desk::DynamicsCaseDesks;
use cxloop_lambda_kit::queue::{self, QueueWorker};
use cxloop_ports::{CaseDesks, Failure, Remedy};
use cxloop_testkit::ManualClock;
use cxloop_testkit::fakes::{FakePostpone, FakeSecrets, FakeSignals, FakeStore};
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::Written;

/// Stands for a customer's own words in a column that Dynamics complains about.
const MARK: &str = "Antía Núñez, rúa do Príncipe 7";

/// Asks a Dynamics that gives this answer for a queue, and returns the failure.
async fn refused_by_dynamics(answer: ResponseTemplate, clock: &Arc<ManualClock>) -> Failure {
    let server = MockServer::start().await;
    let token = json!({ "access_token": "t", "expires_in": 3599, "token_type": "Bearer" });
    Mock::given(method("POST"))
        .and(path("/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let url = server.uri();
    let text = format!(
        "connections:\n  dynamics: {{ kind: dynamics, url: \"{url}\", token_url: \"{url}/token\", secret: cxloop/dynamics }}\n"
    );
    let applied = Applied {
        version: 1,
        configuration: configuration::read(&text).unwrap(),
    };
    let secrets = FakeSecrets::default();
    for field in ["tenant", "client_id", "client_secret"] {
        secrets.set("cxloop/dynamics", field, "sandbox");
    }
    let http = cxloop_lambda_kit::http_client().unwrap();
    let desks = DynamicsCaseDesks::new(http, Arc::new(secrets), clock.clone());
    let (_, desk) = desks.desk(&applied).unwrap();
    desk.queue("Recuperación").await.unwrap_err()
}

fn answer(status: u16, code: &str) -> ResponseTemplate {
    let error =
        json!({ "error": { "code": code, "message": format!("The value {MARK} is not valid") } });
    ResponseTemplate::new(status).set_body_json(error)
}

/// Lets one message, received so often and of an age that nobody knows, end with a failure.
async fn end_with(failure: &Failure, receives: u32, clock: &Arc<ManualClock>) {
    let worker = QueueWorker {
        name: "test",
        gates: Arc::new(FakeStore::default()),
        postpone: Arc::new(FakePostpone::default()),
        signals: Arc::new(FakeSignals::default()),
        clock: clock.clone(),
    };
    let body = json!({
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "ResponseHinted", "source": "cxloop",
        "detail": { "connection": "wxm", "inbox_id": "i-1" },
    });
    let attributes = json!({ "ApproximateReceiveCount": receives.to_string() });
    let record = json!({ "messageId": "m-1", "body": body.to_string(), "attributes": attributes });
    let batch = serde_json::from_value(json!({ "Records": [record] })).unwrap();
    let ended = queue::run(
        &worker,
        batch,
        jiff::Timestamp::MAX,
        |_: ResponseHinted| async { Err::<(), _>(failure.clone()) },
    );
    ended.await.unwrap();
}

#[tokio::test]
async fn no_ending_of_a_message_tells_the_log_what_the_crm_quoted() {
    let lines = Written::default();
    let _logging = lines.log();
    let clock = Arc::new(ManualClock::default());

    let parked = refused_by_dynamics(answer(400, "0x80040203"), &clock).await;
    let endings = [
        parked.clone(),
        refused_by_dynamics(answer(503, "0x80044150"), &clock).await,
        refused_by_dynamics(answer(403, "0x80040220"), &clock).await,
        refused_by_dynamics(
            answer(429, "0x80072322").insert_header("Retry-After", "7"),
            &clock,
        )
        .await,
        Failure::come_back(5, "somebody else is at it"),
    ];
    let kinds: Vec<_> = endings
        .iter()
        .map(|failure| match failure.remedy {
            Remedy::Park => "park",
            Remedy::Retry => "retry",
            Remedy::Mend => "mend",
            Remedy::WaitUntil { .. } => "wait until",
            Remedy::ComeBack { .. } => "come back",
        })
        .collect();
    assert_eq!(kinds, ["park", "retry", "mend", "wait until", "come back"]);
    assert!(
        parked.message.contains(MARK),
        "a person who mends it sees the CRM's words: {parked:?}"
    );
    for failure in &endings {
        for receives in [1, 4] {
            end_with(failure, receives, &clock).await;
        }
    }

    let text = lines.text();
    for outcome in ["parked", "failed", "sent again", "waits until mended"] {
        let line = format!("\"outcome\":\"{outcome}\"");
        assert!(text.contains(&line), "{outcome}: {text}");
    }
    for line in text.lines() {
        for part in ["Antía", "Núñez", "Príncipe"] {
            assert!(!line.contains(part), "{line}");
        }
    }
}

//! Idle means: no notification on its way, no request in flight, no work in the queues, and that twice.

use cxloop_sandbox::dataverse::AsyncService;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::sandbox_front::SandboxFront;

async fn idle(front: &SandboxFront, wait_ms: u32) -> (StatusCode, Value) {
    let path = format!("/_sandbox/idle?wait_ms={wait_ms}");
    let answer = front.http.get(front.at(&path)).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_sandbox_in_which_nothing_moves_is_idle_even_without_patience() {
    let front = SandboxFront::start().await;
    assert_eq!(
        idle(&front, 0).await,
        (StatusCode::OK, json!({"idle": true}))
    );
}

#[tokio::test]
async fn queues_must_be_found_empty_twice_in_a_row() {
    let front = SandboxFront::start().await;
    front.queues.hold(&[
        None,
        Some("CaseQueue 1+0+0"),
        None,
        None,
        Some("seen too often"),
    ]);
    assert_eq!(idle(&front, 60_000).await.0, StatusCode::OK);
    assert_eq!(front.queues.looks_left(), 1);
}

#[tokio::test]
async fn work_that_does_not_end_is_named_after_the_wait() {
    let front = SandboxFront::start().await;
    front.queues.hold(&[Some("CaseQueue 0+1+0")]);
    let expected = json!({"idle": false, "why": "CaseQueue 0+1+0"});
    assert_eq!(
        idle(&front, 1).await,
        (StatusCode::SERVICE_UNAVAILABLE, expected)
    );
}

#[tokio::test]
async fn queues_that_cannot_be_looked_at_count_as_work() {
    let front = SandboxFront::start().await;
    front.queues.hold(&[Some("dead")]);
    let (status, answer) = idle(&front, 0).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer["why"],
        "the queues cannot be looked at: the emulator does not answer"
    );
}

#[tokio::test]
async fn a_request_counts_until_the_api_has_answered_it_also_when_its_caller_has_gone() {
    let front = SandboxFront::start().await;
    front.api.hold();
    let request = front
        .http
        .post(front.at("/webhooks/generic"))
        .body("Non volverei");
    let caller = tokio::spawn(request.send());
    front.api.arrived().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let (status, answer) = idle(&front, 0).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer["why"], "requests to the API in flight: 1");
    front.api.go_on();
    assert_eq!(idle(&front, 60_000).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_notification_on_its_way_counts() {
    let front = SandboxFront::start().await;
    // A receiver that takes the connection and never answers.
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/webhooks/wxm/sandbox",
        receiver.local_addr().unwrap()
    );
    front
        .survey
        .add_notification("Everything", &url, Value::Null)
        .unwrap();
    let answer =
        serde_json::from_value(json!({"locationId": "store-visit", "responses": []})).unwrap();
    front.survey.add_answer(answer);
    let (status, answer) = idle(&front, 0).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer["why"],
        "notifications of the survey platform on their way: 1"
    );
}

#[tokio::test]
async fn a_system_job_of_dynamics_that_waits_for_its_time_counts() {
    let front = SandboxFront::start().await;
    front.dynamics.allow_loopback_webhooks();
    front.dynamics.run_jobs(AsyncService {
        delay: SignedDuration::from_secs(60),
        ..AsyncService::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}/api/data/v9.2", listener.local_addr().unwrap());
    let serving = tokio::spawn(cxloop_sandbox::dataverse::serve_on(
        listener,
        front.dynamics.clone(),
    ));
    let post = async |set: &str, body: Value| {
        let request = front
            .http
            .post(format!("{root}/{set}"))
            .bearer_auth("sandbox");
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let address = answer.headers()["odata-entityid"]
            .to_str()
            .unwrap()
            .to_owned();
        address[address.rfind('(').unwrap()..].to_owned()
    };
    let filters = format!(
        "{root}/sdkmessagefilters?$select=_sdkmessageid_value&$filter=primaryobjecttypecode eq 'lead' and sdkmessageid/name eq 'Create'"
    );
    let found = front
        .http
        .get(filters)
        .bearer_auth("sandbox")
        .send()
        .await
        .unwrap();
    let found: Value = found.json().await.unwrap();
    let message = found["value"][0]["_sdkmessageid_value"].as_str().unwrap();
    let filter = found["value"][0]["sdkmessagefilterid"].as_str().unwrap();
    let endpoint = post(
        "serviceendpoints",
        json!({"name": "Escoita", "url": front.url, "contract": 8, "authtype": 4}),
    )
    .await;
    let step = json!({
        "name": "x", "stage": 40, "mode": 1, "rank": 1,
        "eventhandler_serviceendpoint@odata.bind": format!("/serviceendpoints{endpoint}"),
        "sdkmessageid@odata.bind": format!("/sdkmessages({message})"),
        "sdkmessagefilterid@odata.bind": format!("/sdkmessagefilters({filter})"),
    });
    post("sdkmessageprocessingsteps", step).await;
    post("leads", json!({"subject": "Forno", "lastname": "Louro"})).await;
    let (status, answer) = idle(&front, 0).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer["why"],
        "system jobs of Dynamics that have not ended: 1"
    );
    front.pass_seconds(60);
    assert_eq!(idle(&front, 60_000).await.0, StatusCode::OK);
    serving.abort();
}

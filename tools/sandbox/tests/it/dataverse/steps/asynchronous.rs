//! System jobs: when they run, when they are tried again, and what becomes of them.
//! Sources: Microsoft Learn, "Use webhooks to create external handlers for server events" (troubleshooting), "Register a webhook"
//! (query failed asynchronous jobs) and "Asynchronous service in Dataverse".

use std::time::Duration;

use cxloop_sandbox::dataverse::AsyncService;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::organisation::Answer;
use super::receiver::target;
use super::registered::Registered;

#[tokio::test]
async fn one_more_attempt_is_made_for_three_statuses_only() {
    for (statuses, calls, status) in [
        (&[502][..], 2, 30),
        (&[503], 2, 30),
        (&[504], 2, 30),
        (&[503, 503], 2, 31),
        (&[503, 500], 2, 31),
        (&[500], 1, 31),
        (&[429], 1, 31),
        (&[401], 1, 31),
        (&[404], 1, 31),
        (&[302], 1, 31),
        (&[201], 1, 30),
        (&[204], 1, 30),
    ] {
        let registered = Registered::start().await;
        let step = registered.step("Create", "incident", json!({})).await;
        registered.receiver.answers(statuses);
        registered.organisation.open_case("Avaría").await;
        let jobs = registered.jobs(&step).await;
        assert_eq!(registered.receiver.calls().len(), calls, "{statuses:?}");
        assert_eq!(jobs[0]["statuscode"], json!(status), "{statuses:?}");
        assert_eq!(jobs[0]["statecode"], json!(3));
        assert_eq!(jobs[0]["retrycount"], json!(calls - 1));
    }
}

#[tokio::test]
async fn both_attempts_are_the_same_operation() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    registered.receiver.answers(&[503]);
    registered.organisation.open_case("Avaría").await;
    let jobs = registered.jobs(&step).await;
    let calls = registered.receiver.calls();
    assert_eq!(calls[0].text, calls[1].text);
    assert_eq!(jobs[0]["asyncoperationid"], calls[0].json()["OperationId"]);
}

#[tokio::test]
async fn a_failed_job_says_why_and_is_found_by_its_step() {
    let registered = Registered::start().await;
    let step = registered
        .step("Create", "incident", json!({"asyncautodelete": true}))
        .await;
    registered.receiver.answers(&[500]);
    let case = registered.organisation.open_case("Avaría").await;
    registered.told().await;
    let query = format!(
        "asyncoperations?$filter=statuscode eq 31 and _owningextensionid_value eq {step}&$select=name,friendlymessage,errorcode,message,completedon,_regardingobjectid_value,messagename&$orderby=completedon desc"
    );
    let found = registered.organisation.get(&query).await.json();
    let job = &found["value"][0];
    assert_eq!(
        job["errorcode"],
        json!(-2147155455),
        "WebhooksNonSuccessHttpResponse"
    );
    assert!(
        job["friendlymessage"]
            .as_str()
            .unwrap()
            .contains("non-success httpStatus code"),
        "{job}"
    );
    assert!(job["message"].as_str().unwrap().ends_with("500"), "{job}");
    assert_eq!(job["name"], json!("Escoita: Create of incident"));
    assert_eq!(
        (&job["messagename"], &job["_regardingobjectid_value"]),
        (&json!("Create"), &json!(case))
    );
    assert_eq!(job["completedon"], json!("2026-05-28T20:26:40Z"));
}

#[tokio::test]
async fn jobs_that_succeed_leave_no_row_when_their_step_wants_it_so() {
    let registered = Registered::start().await;
    let step = registered
        .step("Create", "incident", json!({"asyncautodelete": true}))
        .await;
    registered.organisation.open_case("Avaría").await;
    assert_eq!(registered.jobs(&step).await, Vec::<Value>::new());
    assert_eq!(registered.receiver.calls().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_has_failed_for_good() {
    let registered = Registered::start().await;
    registered
        .organisation
        .dataverse
        .time_out_webhooks(Duration::from_millis(30));
    let step = registered.step("Create", "incident", json!({})).await;
    registered.receiver.hangs();
    registered.organisation.open_case("Avaría").await;
    let jobs = registered.jobs(&step).await;
    assert_eq!(jobs[0]["statuscode"], json!(31));
    assert_eq!(
        jobs[0]["errorcode"],
        json!(-2147155454),
        "WebhooksHttpRequestTimedOut"
    );
    assert_eq!(registered.receiver.calls().len(), 1);
}

/// Source: Microsoft Learn, "Web service error codes" (WebhooksInvalidHttpHeaders): nothing is checked when it is registered.
#[tokio::test]
async fn headers_that_are_no_settings_fail_the_job_and_proper_ones_are_sent() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    let organisation = &registered.organisation;
    let endpoint = format!("serviceendpoints({})", registered.endpoint);
    let wrong = json!({"authtype": 5, "authvalue": "x-cxloop-secret: segredo"});
    assert_eq!(organisation.patch(&endpoint, wrong).await.status, 204);
    organisation.open_case("Primeira").await;
    let jobs = registered.jobs(&step).await;
    assert_eq!(
        jobs[0]["errorcode"],
        json!(-2147155453),
        "WebhooksInvalidHttpHeaders"
    );
    assert!(registered.receiver.calls().is_empty());
    let right = r#"<settings><setting name="x-cxloop-secret" value="se&amp;gredo" /></settings>"#;
    organisation
        .patch(&endpoint, json!({"authvalue": right}))
        .await;
    organisation.open_case("Segunda").await;
    registered.told().await;
    let call = registered.receiver.only();
    assert_eq!(call.header("x-cxloop-secret"), Some("se&gredo"));
    assert_eq!(call.path, "/hooks/caso");
    let query = r#"<settings><setting name="chave" value="a b&amp;c" /></settings>"#;
    organisation
        .patch(&endpoint, json!({"authtype": 6, "authvalue": query}))
        .await;
    organisation.open_case("Terceira").await;
    registered.told().await;
    assert_eq!(
        registered.receiver.calls()[1].path,
        "/hooks/caso?chave=a%20b%26c"
    );
}

#[tokio::test]
async fn jobs_wait_for_their_time_by_the_clock_of_the_service() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    let organisation = &registered.organisation;
    organisation.dataverse.run_jobs(AsyncService {
        delay: SignedDuration::from_secs(10),
        ..AsyncService::default()
    });
    organisation.open_case("Avaría").await;
    let waiting = organisation
        .get(&format!(
            "asyncoperations?$filter=_owningextensionid_value eq {step}"
        ))
        .await
        .json();
    assert_eq!(waiting["value"][0]["statuscode"], json!(0));
    assert_eq!(organisation.dataverse.pending_jobs(), 1);
    organisation.pass(10);
    assert_eq!(registered.told().await.len(), 1);
}

async fn order_by(seed: u64) -> Vec<String> {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    let organisation = &registered.organisation;
    organisation.dataverse.run_jobs(AsyncService {
        seed,
        delay: SignedDuration::from_secs(1),
        jitter: SignedDuration::from_secs(60),
        lanes: 1,
    });
    for number in 0..6 {
        organisation.open_case(&format!("Caso {number}")).await;
    }
    organisation.pass(100);
    let bodies = registered.told().await;
    bodies
        .iter()
        .map(|body| target(body, "title").as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn jobs_overtake_each_other_as_their_seed_has_it() {
    let first = order_by(7).await;
    assert_eq!(first, order_by(7).await);
    assert_ne!(first, order_by(8).await);
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_ne!(first, sorted, "the order is not that of the changes");
    assert_eq!(sorted.len(), 6);
}

#[tokio::test]
async fn a_job_that_was_cancelled_or_deleted_is_not_run_and_a_suspended_one_waits() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    let organisation = &registered.organisation;
    organisation.dataverse.run_jobs(AsyncService {
        delay: SignedDuration::from_secs(10),
        ..AsyncService::default()
    });
    for number in 0..3 {
        organisation.open_case(&format!("Caso {number}")).await;
    }
    let query = format!(
        "asyncoperations?$select=asyncoperationid&$filter=_owningextensionid_value eq {step}"
    );
    let found = organisation.get(&query).await.json();
    let path = |at: usize| {
        format!(
            "asyncoperations({})",
            found["value"][at]["asyncoperationid"].as_str().unwrap()
        )
    };
    let cancelled = organisation
        .patch(&path(0), json!({"statecode": 3, "statuscode": 32}))
        .await;
    assert_eq!(cancelled.status, 204, "{}", cancelled.text);
    Answer::of(organisation.request(Method::DELETE, &path(1))).await;
    organisation
        .patch(&path(2), json!({"postponeuntil": "2026-05-28T20:27:40Z"}))
        .await;
    organisation.pass(30);
    let waiting = organisation.get(&path(2)).await.json();
    assert_eq!(waiting["statuscode"], json!(0));
    organisation.pass(60);
    assert_eq!(registered.told().await.len(), 1);
}

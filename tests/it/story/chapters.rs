//! The chapters: first what a person sees, then what goes wrong on the way.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use cxloop_ports::{BodyKind, Inbox, InboxItem, InboxState};
use cxloop_store::Store;
use cxloop_testkit::ManualClock;
use fantoccini::Locator;
use fantoccini::error::CmdError;
use serde_json::json;
use standardwebhooks::Webhook;

use super::browser::Browser;
use super::stage::Stage;

const WORDS: &str = "Non volverei: a atención foi pésima";
const RATING: &str = "Não resolveram a avaria";

/// Opens the survey from the start page, answers it, and returns the answer's id.
pub(crate) async fn answered_in_the_browser(
    stage: &Stage,
    browser: &Browser,
    nps: u8,
    name: &str,
    email: &str,
    words: &str,
) -> Result<String, CmdError> {
    browser.goto(stage.sandbox.front_url()).await?;
    browser.click("answer-survey").await?;
    browser.click(&format!("nps-{nps}")).await?;
    browser.fill("name", name).await?;
    browser.fill("email", email).await?;
    browser.fill("comments", words).await?;
    browser.click("submit").await?;
    browser.text("answer-id").await
}

/// Answer with a 3, see the case, resolve it, rate it with a 1, see the same case active again; all in the browser.
pub(crate) async fn told_in_the_browser(stage: &Stage, browser: &Browser) -> Result<(), CmdError> {
    let sandbox = &stage.sandbox;
    let email = "uxia.boveda@example.com";
    let answer = answered_in_the_browser(stage, browser, 3, "Uxía Bóveda", email, WORDS).await?;

    let loop_page = format!("{}/loops/wxm~{answer}", sandbox.front_url());
    browser
        .until_page_says(&loop_page, "Response noted")
        .await?;
    let ticket = browser.text("ticket").await?;
    assert!(ticket.starts_with("CAS-"), "{ticket}");
    assert_eq!(browser.text("state").await?, "Case open");

    let cases = stage.cases_about("Non volverei").await;
    assert_eq!(cases.len(), 1, "{cases:#?}");
    assert_eq!(
        (&cases[0]["description"], &cases[0]["ticketnumber"]),
        (&json!(WORDS), &json!(ticket))
    );
    let case = cases[0]["incidentid"].as_str().unwrap().to_owned();

    browser
        .client
        .find(Locator::Css(".case-link"))
        .await?
        .click()
        .await?;
    assert_eq!(
        browser.text("ticket").await?,
        ticket,
        "the loop's link leads to the case"
    );
    assert_eq!(browser.text("customer").await?, "Uxía Bóveda");
    assert_eq!(browser.text("queue").await?, "Recovery");
    assert_eq!(browser.text("description").await?, WORDS);
    browser
        .until_page_says(
            &format!("{}/answers/{answer}", sandbox.survey_url()),
            &ticket,
        )
        .await?;

    browser
        .goto(&format!("{}/agent/cases/{case}", sandbox.dynamics_url()))
        .await?;
    browser
        .fill("resolution-subject", "Chamamos á clienta")
        .await?;
    browser.click("resolve").await?;
    assert_eq!(browser.text("state").await?, "Resolved");

    browser.goto(sandbox.front_url()).await?;
    browser.click("after-case").await?;
    browser.click("csat-1").await?;
    browser.fill("comments", RATING).await?;
    browser.click("submit").await?;
    browser.element("answer-id").await?;

    browser.until_page_says(&loop_page, "Case reopened").await?;
    assert_eq!(browser.text("ticket").await?, ticket, "the same case");
    browser
        .goto(&format!("{}/agent/cases/{case}", sandbox.dynamics_url()))
        .await?;
    assert_eq!(browser.text("state").await?, "Active");
    let notes = browser.text("notes").await?;
    assert!(
        notes.contains("CSAT 1 of 5 is below 3") && notes.contains(RATING),
        "{notes}"
    );
    assert_eq!(stage.cases_about("Non volverei").await.len(), 1);
    Ok(())
}

fn visit<'v>(nps: &'v str, email: &'v str, words: &'v str) -> [(&'v str, &'v str); 4] {
    [
        ("nps", nps),
        ("name", "Brais Outeiro"),
        ("email", email),
        ("comments", words),
    ]
}

pub(crate) async fn doubled_and_reordered_webhooks_make_one_case_each(stage: &Stage) {
    for webhook in ["double", "double", "reorder"] {
        stage
            .fault(json!({"target": "wxm", "match": "/webhooks/wxm", "webhook": webhook}))
            .await;
    }
    for at in 0..3 {
        stage
            .answer(&visit(
                "2",
                &format!("brais{at}@example.com"),
                "Chegou tarde e roto",
            ))
            .await;
    }
    stage.idle().await;
    stage.all_faults_happened();
    let cases = stage.cases_about("Chegou tarde").await;
    assert_eq!(cases.len(), 3, "{cases:#?}");
    assert!(stage.dead_letters().await.is_empty());
}

pub(crate) async fn a_crm_that_asks_to_wait_is_waited_for_and_nothing_is_dead_lettered(
    stage: &Stage,
) {
    stage.fault(json!({"target": "dynamics", "match": "$batch", "status": 429, "retry_after": 3, "times": 2})).await;
    stage.sandbox.calls().clear(Some("dynamics"));
    let answer = stage
        .answer(&visit("1", "sabela@example.com", "Ninguén me chamou"))
        .await;
    stage.idle().await;
    stage.all_faults_happened();
    let calls = stage.sandbox.calls().of("dynamics");
    let refused = calls.iter().filter(|call| call.status == 429).count();
    assert_eq!(refused, 2, "{calls:#?}");
    assert_eq!(stage.cases_about("Ninguén me chamou").await.len(), 1);
    assert_eq!(stage.loops(&answer).await[0]["state"], "open");
    assert!(stage.dead_letters().await.is_empty());
}

pub(crate) async fn cut_connections_lose_nothing(stage: &Stage) {
    for (target, path, drop) in [
        ("dynamics", "PATCH /api/data/v9.2/incidents", "after"),
        ("dynamics", "PATCH /api/data/v9.2/contacts", "before"),
        ("wxm", "/api/Answers/Note/", "after"),
    ] {
        stage
            .fault(json!({"target": target, "match": path, "drop": drop}))
            .await;
    }
    let answer = stage
        .answer(&visit("0", "iago@example.com", "Caeu a conexión"))
        .await;
    stage.idle().await;
    stage.all_faults_happened();
    assert_eq!(stage.cases_about("Caeu a conexi").await.len(), 1);
    let noted = stage
        .sandbox
        .survey()
        .answer(&answer)
        .unwrap()
        .notes
        .unwrap_or_default();
    // What becomes of the case may be noted too.
    let opened = noted.iter().filter(|note| note.note.contains("is open"));
    assert_eq!(opened.count(), 1, "{noted:#?}");
    assert!(stage.dead_letters().await.is_empty());
}

pub(crate) async fn a_signed_body_of_any_tool_makes_a_case(stage: &Stage) {
    let body = json!({"type": "response.submitted", "timestamp": "2026-11-22T10:00:00Z", "data": {
        "id": "loja-7", "survey": "loja", "submitted_at": "2026-11-22T09:59:00Z", "comment": "A entrega não chegou",
        "customer": {"name": "Inês Simões", "email": "ines.simoes@example.com"}, "metrics": {"nps": 4}
    }})
    .to_string();
    let sender = Webhook::new(stage.sandbox.webhook_secret()).unwrap();
    let now = wall_clock_now().as_second();
    let signature = sender.sign("msg-loja-7", now, body.as_bytes()).unwrap();
    let post = |signature: &str| {
        stage
            .http
            .post(format!("{}/webhooks/generic", stage.sandbox.front_url()))
            .header("webhook-id", "msg-loja-7")
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .header("content-type", "application/json")
            .body(body.clone())
    };
    assert_eq!(post(&signature).send().await.unwrap().status(), 200);
    assert_eq!(
        post(&signature).send().await.unwrap().status(),
        200,
        "a retry"
    );
    assert_eq!(post("v1,AAAA").send().await.unwrap().status(), 401);
    stage.idle().await;
    assert_eq!(stage.cases_about("A entrega n").await.len(), 1);
}

/// A rating of 3 is not below 3; after `cxloop apply` of another threshold the next one reopens, with no deployment in between.
pub(crate) async fn a_threshold_changes_by_cxloop_apply(stage: &Stage) {
    stage
        .answer(&visit("2", "noa@example.com", "Tardaron tres semanas"))
        .await;
    stage.idle().await;
    let case = stage.cases_about("Tardaron tres semanas").await[0]["incidentid"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.resolve(&case).await;
    stage.rate(&case, "3").await;
    stage.idle().await;
    assert_eq!(
        stage.cases_about("Tardaron tres semanas").await[0]["statecode"],
        1,
        "3 is not below 3"
    );

    let told = stage.apply("below: 3", "below: 4").await;
    assert!(told.contains("not-solved"), "{told}");
    // The functions keep a configuration for some seconds.
    let begin = std::time::Instant::now();
    loop {
        stage.rate(&case, "3").await;
        stage.idle().await;
        if stage.cases_about("Tardaron tres semanas").await[0]["statecode"] == 0 {
            break;
        }
        assert!(
            begin.elapsed().as_secs() < 60,
            "the new threshold never took effect"
        );
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

pub(crate) async fn an_event_nobody_knows_goes_to_dead_letters(stage: &Stage) {
    let client = aws_sdk_eventbridge::Client::from_conf(
        aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(
                stage.sandbox.environment()["AWS_REGION"].clone(),
            ))
            .credentials_provider(Credentials::for_tests())
            .endpoint_url(stage.sandbox.emulator_url())
            .build(),
    );
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .source("cxloop")
        .detail_type("SomethingNew")
        .detail("{}")
        .event_bus_name(stage.sandbox.stack().output("BusName").unwrap())
        .build();
    client.put_events().entries(entry).send().await.unwrap();
    assert_eq!(stage.dead_letters().await, ["UnroutedQueue"]);
}

/// A function that died between keeping a body and publishing it leaves what is put into the inbox here.
pub(crate) async fn what_was_never_published_is_published_by_the_sweep(stage: &Stage) {
    let body = json!({"type": "response.submitted", "timestamp": "2026-11-22T10:00:00Z", "data": {
        "id": "loja-8", "survey": "loja", "submitted_at": "2026-11-22T09:59:00Z", "comment": "Ficou por publicar",
        "customer": {"name": "Rui Peixoto", "email": "rui.peixoto@example.com"}, "metrics": {"nps": 0}
    }});
    let now = wall_clock_now();
    let item = InboxItem {
        kind: BodyKind::Response,
        id: "never-published-1".parse().unwrap(),
        connection: "generic".parse().unwrap(),
        accepted_at: now - jiff::SignedDuration::from_secs(120),
        body: body.to_string().into_bytes(),
        state: InboxState::Unpublished,
        trace: None,
    };
    let client = aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(
                stage.sandbox.environment()["AWS_REGION"].clone(),
            ))
            .credentials_provider(Credentials::for_tests())
            .endpoint_url(stage.sandbox.emulator_url())
            .build(),
    );
    let table = stage.sandbox.stack().output("TableName").unwrap();
    let store = Store::new(client, table, Arc::new(ManualClock::new(now)));
    Inbox::keep(&store, &item).await.unwrap();
    stage
        .sandbox
        .stack()
        .invoke("SweepFunction", &json!({}))
        .await
        .unwrap();
    stage.idle().await;
    assert_eq!(stage.cases_about("Ficou por publicar").await.len(), 1);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the deployed functions go by the wall clock"
)]
pub(crate) fn wall_clock_now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

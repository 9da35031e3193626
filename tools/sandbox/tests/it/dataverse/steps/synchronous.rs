//! Synchronous steps: called before the end of the transaction, which they can undo.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events" (synchronous webhooks).

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::super::organisation::{IRIA, XOAN};
use super::receiver::{keys, target};
use super::registered::Registered;

#[tokio::test]
async fn a_synchronous_step_is_told_of_the_transaction_that_it_is_in() {
    let registered = Registered::start().await;
    registered
        .step("Update", "contact", json!({"mode": 0}))
        .await;
    let organisation = &registered.organisation;
    let answer = organisation
        .patch(&format!("contacts({IRIA})"), json!({"jobtitle": "Mestra"}))
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    let body = registered.receiver.only().json();
    assert_eq!(body["Mode"], json!(0));
    assert_eq!(body["IsInTransaction"], json!(true));
    assert_eq!(body["OperationId"], body["RequestId"]);
    assert_eq!(body["OperationCreatedOn"], json!("/Date(1780000000000)/"));
    assert_eq!(
        body["OwningExtension"]["Name"],
        json!("Escoita: Update of contact")
    );
    assert_eq!(keys(&body["PostEntityImages"]), Vec::<&str>::new());
    let row = organisation
        .get(&format!("contacts({IRIA})?$select=jobtitle"))
        .await
        .json();
    assert_eq!(row["jobtitle"], json!("Mestra"));
}

#[tokio::test]
async fn a_step_that_fails_undoes_everything_with_its_error() {
    let registered = Registered::start().await;
    registered
        .step("Create", "incident", json!({"mode": 0}))
        .await;
    registered.step("Create", "incident", json!({})).await;
    registered.receiver.answers(&[400]);
    let organisation = &registered.organisation;
    let case =
        json!({"title": "Avaría", "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
    let refused = organisation.post("incidents", case).await;
    refused.is_refused(400, "0x80050201");
    let cases = organisation.get("incidents?$select=title").await.json();
    assert_eq!(cases["value"], json!([]));
    let bodies = registered.told().await;
    assert_eq!(
        bodies.len(),
        1,
        "asynchronous steps are not told of what did not happen"
    );
    organisation.open_case("Outra").await;
    assert_eq!(registered.told().await.len(), 3);
}

#[tokio::test]
async fn a_second_attempt_can_save_the_transaction() {
    let registered = Registered::start().await;
    registered
        .step("Create", "incident", json!({"mode": 0}))
        .await;
    registered.receiver.answers(&[503]);
    registered.organisation.open_case("Avaría").await;
    assert_eq!(registered.receiver.calls().len(), 2);
}

#[tokio::test]
async fn steps_before_the_operation_have_no_row_after_it() {
    let registered = Registered::start().await;
    registered
        .step("Create", "incident", json!({"mode": 0, "stage": 40}))
        .await;
    registered
        .step("Create", "incident", json!({"mode": 0, "stage": 20}))
        .await;
    registered
        .step("Create", "incident", json!({"mode": 0, "stage": 10}))
        .await;
    registered.organisation.open_case("Avaría").await;
    let bodies = registered.receiver.bodies();
    let stages: Vec<&Value> = bodies.iter().map(|body| &body["Stage"]).collect();
    assert_eq!(stages, [10, 20, 40]);
    assert_eq!(bodies[0]["OutputParameters"], json!([]));
    assert_ne!(bodies[2]["OutputParameters"], json!([]));
}

#[tokio::test]
async fn a_webhook_may_be_told_of_what_is_taken_back_later() {
    let registered = Registered::start().await;
    registered.step("Create", "task", json!({"mode": 0})).await;
    let organisation = &registered.organisation;
    let target = |more: Value| {
        let mut target = json!({"@odata.type": "Microsoft.Dynamics.CRM.task", "subject": "Chamar"});
        target
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        target
    };
    let targets = [target(json!({})), target(json!({"prioritycode": 99}))];
    let refused = organisation
        .post(
            "tasks/Microsoft.Dynamics.CRM.CreateMultiple",
            json!({"Targets": targets}),
        )
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    assert_eq!(registered.receiver.calls().len(), 1);
    assert_eq!(organisation.get("tasks").await.json()["value"], json!([]));
}

/// While a receiver is asked, others see the row as it was, and only those who change the same row wait.
#[tokio::test]
async fn a_transaction_that_waits_for_its_step_holds_its_rows_and_shows_nothing() {
    let registered = Registered::start().await;
    let organisation = &registered.organisation;
    organisation
        .dataverse
        .time_out_webhooks(std::time::Duration::from_millis(300));
    let more = json!({"mode": 0, "filteringattributes": "jobtitle"});
    registered.step("Update", "contact", more).await;
    registered.receiver.hangs();
    let path = format!("contacts({IRIA})");
    let changes = async {
        let first = organisation
            .patch(&path, json!({"jobtitle": "Mestra"}))
            .await;
        first.is_refused(400, "0x80050202");
    };
    let others = async {
        while registered.receiver.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        let row = organisation
            .get(&format!("{path}?$select=jobtitle"))
            .await
            .json();
        assert_eq!(row["jobtitle"], json!(null), "nothing is to be seen yet");
        let elsewhere = organisation
            .patch(&format!("contacts({XOAN})"), json!({"nickname": "Xan"}))
            .await;
        assert_eq!(elsewhere.status, StatusCode::NO_CONTENT);
        assert_eq!(registered.receiver.calls().len(), 1);
        let same = organisation.patch(&path, json!({"nickname": "Ri"})).await;
        assert_eq!(same.status, StatusCode::NO_CONTENT);
    };
    futures::join!(changes, others);
    let row = organisation
        .get(&format!("{path}?$select=jobtitle,nickname"))
        .await
        .json();
    assert_eq!(
        (&row["jobtitle"], &row["nickname"]),
        (&json!(null), &json!("Ri"))
    );
}

#[tokio::test]
async fn the_key_that_is_told_is_the_key_that_is_stored() {
    let registered = Registered::start().await;
    registered
        .step("Create", "incident", json!({"mode": 0}))
        .await;
    let case = registered.organisation.open_case("Avaría").await;
    let body = registered.receiver.only().json();
    assert_eq!(*target(&body, "incidentid"), json!(case));
    let query = format!("incidents({case})?$select=ticketnumber");
    let row = registered.organisation.get(&query).await.json();
    assert_eq!(*target(&body, "ticketnumber"), row["ticketnumber"]);
}

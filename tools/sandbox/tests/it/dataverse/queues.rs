//! Queues and their items.
//! Source: Microsoft Learn, "Queue tables".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{AGENT, NOWHERE, Organisation, RECOVERY, SUPPORT};

fn item(case: &str, queue: &str) -> Value {
    json!({"queueid@odata.bind": format!("/queues({queue})"), "objectid_incident@odata.bind": format!("/incidents({case})")})
}

fn target(case: &str) -> Value {
    json!({"Target": {"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": case}})
}

const ADD: &str = "Microsoft.Dynamics.CRM.AddToQueue";

#[tokio::test]
async fn a_case_has_one_active_queue_item() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("Entrega tardía").await;
    let first = organisation.post("queueitems", item(&case, RECOVERY)).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    organisation
        .post("queueitems", item(&case, SUPPORT))
        .await
        .is_refused(400, "0x80040526");
    let row = organisation
        .get(&format!("queueitems({})", first.key()))
        .await
        .json();
    assert_eq!(
        (&row["title"], &row["objecttypecode"], &row["enteredon"]),
        (
            &json!("Entrega tardía"),
            &json!(112),
            &json!("2026-05-28T20:26:40Z")
        )
    );
}

#[tokio::test]
async fn adding_to_a_queue_moves_the_item_and_takes_it_from_its_worker() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let added = organisation
        .post(&format!("queues({RECOVERY})/{ADD}"), target(&case))
        .await;
    assert_eq!(added.status, StatusCode::OK);
    let id = added.json()["QueueItemId"].as_str().unwrap().to_owned();
    organisation
        .patch(
            &format!("queueitems({id})"),
            json!({"workerid_systemuser@odata.bind": format!("/systemusers({AGENT})")}),
        )
        .await;
    let again = organisation
        .post(&format!("queues({RECOVERY})/{ADD}"), target(&case))
        .await;
    assert_eq!(again.json()["QueueItemId"], id.as_str());
    assert_eq!(
        organisation.get(&format!("queueitems({id})")).await.json()["_workerid_value"],
        AGENT
    );
    organisation.pass(5);
    let moved = organisation
        .post(&format!("queues({SUPPORT})/{ADD}"), target(&case))
        .await;
    assert_eq!(moved.json()["QueueItemId"], id.as_str());
    let row = organisation.get(&format!("queueitems({id})")).await.json();
    assert_eq!(
        (
            &row["_queueid_value"],
            &row["_workerid_value"],
            &row["enteredon"]
        ),
        (
            &json!(SUPPORT),
            &Value::Null,
            &json!("2026-05-28T20:26:45Z")
        )
    );
}

#[tokio::test]
async fn an_inactive_queue_takes_no_items_and_a_target_needs_its_type() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    organisation
        .post(
            &format!("queues({RECOVERY})/{ADD}"),
            json!({"Target": {"incidentid": case}}),
        )
        .await
        .is_refused(400, "0x80048d19");
    organisation
        .patch(&format!("queues({RECOVERY})"), json!({"statecode": 1}))
        .await;
    organisation
        .post(&format!("queues({RECOVERY})/{ADD}"), target(&case))
        .await
        .is_refused(400, "0x80040521");
    organisation
        .post("queueitems", item(&case, RECOVERY))
        .await
        .is_refused(400, "0x80040521");
}

#[tokio::test]
async fn the_queue_to_come_from_must_be_one_that_is_there() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let from = |source: Value| {
        let mut body = target(&case);
        body["SourceQueue"] = source;
        body
    };
    let path = format!("queues({RECOVERY})/{ADD}");
    for nonsense in [json!("onte"), json!({}), json!({"queueid": "onte"})] {
        organisation
            .post(&path, from(nonsense))
            .await
            .is_refused(400, "0x80048d19");
    }
    organisation
        .post(&path, from(json!({"queueid": NOWHERE})))
        .await
        .is_refused(404, "0x80040217");
    let added = organisation
        .post(&path, from(json!({"queueid": SUPPORT})))
        .await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
}

#[tokio::test]
async fn a_queue_item_needs_queue_and_object() {
    let organisation = Organisation::start().await;
    organisation
        .post(
            "queueitems",
            json!({"queueid@odata.bind": format!("/queues({RECOVERY})")}),
        )
        .await
        .is_refused(400, "0x80040200");
}

#[tokio::test]
async fn a_case_that_is_active_again_can_get_a_new_item() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    organisation.post("queueitems", item(&case, RECOVERY)).await;
    organisation.close_case(&case).await;
    organisation
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 0, "statuscode": 1}),
        )
        .await;
    assert_eq!(
        organisation
            .post("queueitems", item(&case, SUPPORT))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let row = organisation
        .get(&format!("incidents({case})/Incident_QueueItem/$count"))
        .await;
    assert_eq!(row.text.trim_start_matches('\u{feff}'), "2");
}

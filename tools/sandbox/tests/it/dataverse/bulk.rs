//! Many rows in one request. Source: Microsoft Learn, "Use bulk operation messages".

use cxloop_sandbox::dataverse::Operation;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, NOWHERE, Organisation};

const CREATE: &str = "accounts/Microsoft.Dynamics.CRM.CreateMultiple";
const UPDATE: &str = "accounts/Microsoft.Dynamics.CRM.UpdateMultiple";
const UPSERT: &str = "accounts/Microsoft.Dynamics.CRM.UpsertMultiple";

fn account(mut row: Value) -> Value {
    row["@odata.type"] = json!("Microsoft.Dynamics.CRM.account");
    row
}

fn targets(rows: Vec<Value>) -> Value {
    json!({ "Targets": rows.into_iter().map(account).collect::<Vec<_>>() })
}

async fn named(organisation: &Organisation, name: &str) -> usize {
    let path = format!("accounts?$select=name&$filter=name eq '{name}'");
    organisation.get(&path).await.json()["value"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn create_multiple_answers_the_keys_in_the_order_of_the_targets() {
    let organisation = Organisation::start().await;
    let rows = (0..5)
        .map(|n| json!({"name": format!("Conta {n}")}))
        .collect();
    let made = organisation.post(CREATE, targets(rows)).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let body = made.json();
    assert!(
        body["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#Microsoft.Dynamics.CRM.CreateMultipleResponse")
    );
    for (n, id) in body["Ids"].as_array().unwrap().iter().enumerate() {
        let row = organisation
            .get(&format!("accounts({})?$select=name", id.as_str().unwrap()))
            .await;
        assert_eq!(row.json()["name"], format!("Conta {n}"));
    }
}

#[tokio::test]
async fn one_wrong_target_takes_all_of_them_back() {
    let organisation = Organisation::start().await;
    let before = organisation.dataverse.writes().len();
    let rows = vec![json!({"name": "Boa"}), json!({"name": "x".repeat(161)})];
    organisation
        .post(CREATE, targets(rows))
        .await
        .is_refused(400, "0x80044331");
    assert_eq!(named(&organisation, "Boa").await, 0);
    let rows = vec![
        json!({"accountid": ACCOUNT, "name": "Boa"}),
        json!({"accountid": NOWHERE, "name": "Boa"}),
    ];
    let missing = organisation.post(UPDATE, targets(rows)).await;
    missing.is_refused(404, "0x80040217");
    assert!(
        missing
            .text
            .contains(&format!("Account With Ids = {NOWHERE} Do Not Exist")),
        "{}",
        missing.text
    );
    assert_eq!(named(&organisation, "Boa").await, 0);
    assert_eq!(organisation.dataverse.writes().len(), before);
}

#[tokio::test]
async fn every_target_needs_its_type_and_those_of_updates_their_key() {
    let organisation = Organisation::start().await;
    for (path, body) in [
        (CREATE, json!({"Targets": [{"name": "x"}]})),
        (
            CREATE,
            json!({"Targets": [{"@odata.type": "Microsoft.Dynamics.CRM.contact", "name": "x"}]}),
        ),
        (CREATE, json!({"Targets": []})),
        (CREATE, json!({"Rows": []})),
        (UPDATE, targets(vec![json!({"name": "x"})])),
    ] {
        organisation
            .post(path, body)
            .await
            .is_refused(400, "0x80048d19");
    }
    organisation
        .post(
            "accounts/Microsoft.Dynamics.CRM.DeleteMultiple",
            json!({"Targets": []}),
        )
        .await
        .is_refused(404, "0x8006088a");
}

#[tokio::test]
async fn update_multiple_takes_the_same_row_twice_and_upsert_multiple_does_not() {
    let organisation = Organisation::start().await;
    let twice = || {
        targets(vec![
            json!({"accountid": ACCOUNT, "name": "unha"}),
            json!({"accountid": ACCOUNT, "name": "dúas"}),
        ])
    };
    let updated = organisation.post(UPDATE, twice()).await;
    assert_eq!(updated.status, StatusCode::NO_CONTENT, "{}", updated.text);
    assert_eq!(named(&organisation, "dúas").await, 1);
    let refused = organisation.post(UPSERT, twice()).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn upsert_multiple_changes_what_is_there_makes_the_rest_and_answers_nothing() {
    let organisation = Organisation::start().await;
    let new = "5a4db0c5-0004-4000-8000-0000000000ff";
    let rows = vec![
        json!({"accountid": ACCOUNT, "name": "vella"}),
        json!({"accountid": new, "name": "nova"}),
        json!({"@odata.id": format!("accounts({ACCOUNT})").replace("01)", "02)"), "name": "outra"}),
    ];
    let done = organisation.post(UPSERT, targets(rows)).await;
    assert_eq!(
        (done.status, done.text.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    for (id, name) in [(ACCOUNT, "vella"), (new, "nova")] {
        let row = organisation
            .get(&format!("accounts({id})?$select=name"))
            .await;
        assert_eq!(row.json()["name"], name);
    }
    assert_eq!(named(&organisation, "outra").await, 1);
}

#[tokio::test]
async fn a_bulk_request_counts_once_and_its_tag_is_on_every_row() {
    let organisation = Organisation::start().await;
    organisation.dataverse.limit_requests(2);
    let before = organisation.dataverse.writes().len();
    let rows = (0..20).map(|n| json!({"name": n.to_string()})).collect();
    let made = organisation
        .post(&format!("{CREATE}?tag=cxloop"), targets(rows))
        .await;
    assert_eq!(
        made.header("x-ms-ratelimit-burst-remaining-xrm-requests"),
        "1"
    );
    let writes = organisation.dataverse.writes().split_off(before);
    assert_eq!(writes.len(), 20);
    assert!(writes.iter().all(|write| {
        write.operation == Operation::Create && write.tag.as_deref() == Some("cxloop")
    }));
}

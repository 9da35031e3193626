//! Rows created with the rows around them.

use reqwest::StatusCode;
use serde_json::json;

use super::organisation::{IRIA, Organisation};

/// Source: Microsoft Learn, "Create a table row using the Web API" (create related table rows in one operation).
#[tokio::test]
async fn related_rows_are_created_with_their_row_at_any_depth() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post(
            "accounts",
            json!({
                "name": "Conservas do Ulla",
                "primarycontactid": {"firstname": "Sabela", "lastname": "Ríos", "Contact_Tasks": [{"subject": "Presentarse"}]},
                "opportunity_customer_accounts": [{
                    "name": "Pedido grande",
                    "Opportunity_Tasks": [{"subject": "Orzamento"}, {"subject": "Visita"}],
                }],
            }),
        )
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let account = organisation
        .get(&format!(
            "accounts({})?$select=name&$expand=primarycontactid($select=fullname)",
            made.key()
        ))
        .await
        .json();
    assert_eq!(account["primarycontactid"]["fullname"], "Sabela Ríos");
    let opportunity = organisation
        .get(&format!(
            "opportunities?$filter=_customerid_value eq {}",
            made.key()
        ))
        .await
        .json()["value"][0]["opportunityid"]
        .as_str()
        .unwrap()
        .to_owned();
    let tasks = organisation
        .get(&format!(
            "opportunities({opportunity})/Opportunity_Tasks?$select=subject"
        ))
        .await
        .json();
    assert_eq!(tasks["value"].as_array().unwrap().len(), 2);
    let of_contact = organisation
        .get("tasks?$filter=subject eq 'Presentarse'")
        .await
        .json();
    assert_eq!(
        of_contact["value"][0]["_regardingobjectid_value"],
        account["primarycontactid"]["contactid"]
    );
}

/// Source: Microsoft Learn, "Create a table row using the Web API".
#[tokio::test]
async fn nothing_is_created_when_one_of_the_rows_is_refused() {
    let organisation = Organisation::start().await;
    let long = "x".repeat(201);
    organisation
        .post(
            "accounts",
            json!({
                "name": "Non existe",
                "primarycontactid": {"lastname": "Tampouco"},
                "Account_Tasks": [{"subject": "Ben"}, {"subject": long}],
            }),
        )
        .await
        .is_refused(400, "0x80044331");
    for (set, filter) in [
        ("accounts", "name eq 'Non existe'"),
        ("contacts", "lastname eq 'Tampouco'"),
        ("tasks", "subject eq 'Ben'"),
    ] {
        let found = organisation
            .get(&format!("{set}?$filter={filter}"))
            .await
            .json();
        assert!(found["value"].as_array().unwrap().is_empty(), "{set}");
    }
    // A queue item without its queue is refused after the case itself was fine.
    organisation
        .post(
            "incidents",
            json!({"title": "Nunca", "customerid_contact@odata.bind": format!("/contacts({IRIA})"), "Incident_QueueItem": [{}]}),
        )
        .await
        .is_refused(400, "0x80040200");
    let found = organisation
        .get("incidents?$filter=title eq 'Nunca'")
        .await
        .json();
    assert!(found["value"].as_array().unwrap().is_empty());
}

/// Source: Microsoft Learn, "Update and delete table rows using the Web API".
#[tokio::test]
async fn an_update_does_not_create_related_rows() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("Avaría").await;
    organisation
        .patch(
            &format!("incidents({case})"),
            json!({"Incident_Tasks": [{"subject": "Non"}]}),
        )
        .await
        .is_refused(400, "0x80048d19");
}

/// Source: Microsoft Learn, "Transaction currency (currency) table" and "Column data types".
#[tokio::test]
async fn amounts_are_exact_and_get_the_currency_of_the_organisation() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post(
            "opportunities",
            json!({"name": "Barco", "estimatedvalue": 2154.3250, "budgetamount": 0.1}),
        )
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let read = organisation
        .get(&format!("opportunities({})", made.key()))
        .await;
    assert!(
        read.text.contains("\"estimatedvalue\":2154.325,"),
        "{}",
        read.text
    );
    assert!(read.text.contains("\"budgetamount\":0.1,"));
    let read = read.json();
    assert_eq!(read["estimatedvalue_base"], 2154.325);
    assert!(read["_transactioncurrencyid_value"].is_string());
    organisation
        .post(
            "opportunities",
            json!({"name": "Cara", "estimatedvalue": 1e15}),
        )
        .await
        .is_refused(400, "0x8004432f");
    let text = organisation
        .post(
            "opportunities",
            json!({"name": "Texto", "estimatedvalue": "12"}),
        )
        .await;
    assert_eq!(text.status, StatusCode::BAD_REQUEST);
}

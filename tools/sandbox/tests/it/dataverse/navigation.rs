//! Paths below a row: properties, related rows, references, members of collections; and what comes along with a selection.
//! Source: Microsoft Learn, 'Retrieve a table row using the Web API' and 'Select columns using OData'.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::filters::some_sales;
use super::organisation::{ACCOUNT, Answer, IRIA, NOWHERE, Organisation};

#[tokio::test]
async fn a_property_is_read_as_json_or_as_bare_text() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let name = organisation
        .get(&format!("accounts({ACCOUNT})/name"))
        .await
        .json();
    assert_eq!(name["value"], "Ultramarinos A Camelia");
    assert!(
        name["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with(&format!("#accounts({ACCOUNT})/name"))
    );
    let text = organisation
        .get(&format!("accounts({ACCOUNT})/name/$value"))
        .await;
    assert_eq!(
        (text.text.as_str(), text.header("content-type")),
        ("Ultramarinos A Camelia", "text/plain")
    );
    assert_eq!(
        organisation
            .get(&format!("accounts({ACCOUNT})/revenue/$value"))
            .await
            .text,
        "125000.5"
    );
    let empty = organisation.get(&format!("accounts({ACCOUNT})/fax")).await;
    assert_eq!(empty.status, StatusCode::NO_CONTENT);
    organisation
        .get(&format!("accounts({ACCOUNT})/name/value"))
        .await
        .is_refused(404, "0x8006088a");
    organisation
        .get(&format!("accounts({NOWHERE})/name"))
        .await
        .is_refused(404, "0x80040217");
}

#[tokio::test]
async fn paths_go_on_below_related_rows() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let customer = format!("contacts({IRIA})/parentcustomerid_account");
    assert_eq!(
        organisation.get(&format!("{customer}/name")).await.json()["value"],
        "Ultramarinos A Camelia"
    );
    assert_eq!(
        organisation
            .get(&format!("{customer}/createdby?$select=fullname"))
            .await
            .json()["fullname"],
        "cxloop (application)"
    );
    assert_eq!(
        organisation
            .get(&format!("{customer}/Account_Tasks/$count"))
            .await
            .text,
        "\u{feff}2"
    );
    let tasks = organisation
        .get(&format!(
            "{customer}/Account_Tasks?$select=subject&$filter=startswith(subject,'chamar')"
        ))
        .await
        .json();
    let id = tasks["value"][0]["activityid"].as_str().unwrap().to_owned();
    let member = format!("accounts({ACCOUNT})/Account_Tasks({id})");
    assert_eq!(
        organisation
            .get(&format!("{member}?$select=subject"))
            .await
            .json()["subject"],
        "Chamar á clienta"
    );
    assert_eq!(
        organisation
            .get(&format!("{member}/subject/$value"))
            .await
            .text,
        "Chamar á clienta"
    );
    organisation
        .get(&format!("accounts({ACCOUNT})/Account_Tasks({NOWHERE})"))
        .await
        .is_refused(404, "0x80040217");
    organisation
        .get(&format!(
            "accounts(5a4db0c5-0004-4000-8000-000000000003)/Account_Tasks({id})"
        ))
        .await
        .is_refused(404, "0x80040217");
}

#[tokio::test]
async fn references_are_read_without_their_rows() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let tasks = organisation
        .get(&format!("accounts({ACCOUNT})/Account_Tasks/$ref"))
        .await
        .json();
    assert!(
        tasks["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#Collection($ref)")
    );
    let addresses = tasks["value"].as_array().unwrap();
    assert_eq!(addresses.len(), 2);
    let address = addresses[0]["@odata.id"].as_str().unwrap();
    assert!(
        Answer::of(organisation.http.get(address).bearer_auth("sandbox"))
            .await
            .json()["subject"]
            .is_string()
    );
    let one = organisation
        .get(&format!("contacts({IRIA})/parentcustomerid_account/$ref"))
        .await
        .json();
    assert!(
        one["@odata.id"]
            .as_str()
            .unwrap()
            .ends_with(&format!("accounts({ACCOUNT})"))
    );
    let none = organisation
        .get(&format!("contacts({IRIA})/parentcustomerid_contact/$ref"))
        .await;
    assert_eq!(none.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn money_brings_its_currency_and_an_address_its_whole() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let row = organisation
        .get(&format!(
            "accounts({ACCOUNT})?$select=revenue,address1_city"
        ))
        .await
        .json();
    let mut names: Vec<&str> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "@odata.context",
            "@odata.etag",
            "_transactioncurrencyid_value",
            "accountid",
            "address1_city",
            "address1_composite",
            "revenue"
        ]
    );
    assert_eq!(row["address1_composite"], "Rúa do Progreso 1\r\nVigo");
    assert_eq!(row["revenue"], json!(125_000.5));
    assert!(
        row["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#accounts(revenue,address1_city)/$entity")
    );
}

#[tokio::test]
async fn formatted_values_follow_the_currency_of_the_row() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let euro = json!({"currencyname": "Euro", "isocurrencycode": "EUR", "currencysymbol": "€"});
    let euro = organisation.post("transactioncurrencies", euro).await;
    assert_eq!(euro.status, StatusCode::NO_CONTENT, "{}", euro.text);
    let body = json!({"transactioncurrencyid@odata.bind": format!("/transactioncurrencies({})", euro.key())});
    assert!(
        organisation
            .patch(&format!("accounts({ACCOUNT})"), body)
            .await
            .status
            .is_success()
    );
    let request = organisation
        .request(
            Method::GET,
            &format!("accounts({ACCOUNT})?$select=revenue,numberofemployees"),
        )
        .header("Prefer", "odata.include-annotations=\"OData.*\"");
    let row = Answer::of(request).await.json();
    let formatted =
        |name: &str| row[format!("{name}@OData.Community.Display.V1.FormattedValue")].clone();
    assert_eq!(formatted("revenue"), "€125,000.50");
    assert_eq!(formatted("_transactioncurrencyid_value"), "Euro");
    assert_eq!(formatted("numberofemployees"), "12");
    assert_eq!(
        row.get("_transactioncurrencyid_value@Microsoft.Dynamics.CRM.lookuplogicalname"),
        None::<&Value>
    );
}

//! Joining rows that are there and parting them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, NOWHERE, Organisation, XOAN};

async fn send(
    organisation: &Organisation,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let request = organisation.request(method, path);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
#[tokio::test]
async fn a_single_valued_link_is_set_and_removed() {
    let organisation = Organisation::start().await;
    let link = format!("accounts({ACCOUNT})/primarycontactid/$ref");
    let contact = |id: &str| {
        Some(json!({"@odata.id": format!("{}/api/data/v9.2/contacts({id})", organisation.root)}))
    };
    let set = send(&organisation, Method::PUT, &link, contact(IRIA)).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.text);
    let value = format!("accounts({ACCOUNT})?$select=_primarycontactid_value");
    assert_eq!(
        organisation.get(&value).await.json()["_primarycontactid_value"],
        IRIA
    );
    send(&organisation, Method::PUT, &link, contact(NOWHERE))
        .await
        .is_refused(404, "0x80040217");
    let wrong = Some(json!({"@odata.id": format!("accounts({ACCOUNT})")}));
    let wrong = send(&organisation, Method::PUT, &link, wrong).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let removed = send(&organisation, Method::DELETE, &link, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert!(organisation.get(&value).await.json()["_primarycontactid_value"].is_null());
}

/// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
#[tokio::test]
async fn rows_are_added_to_a_collection_and_taken_out_in_both_forms() {
    let organisation = Organisation::start().await;
    let collection = format!("accounts({ACCOUNT})/contact_customer_accounts");
    let link = format!("{collection}/$ref");
    let body = Some(json!({"@odata.id": format!("contacts({XOAN})")}));
    let parent = format!("contacts({XOAN})?$select=_parentcustomerid_value");
    for form in [
        format!(
            "{link}?$id={}/api/data/v9.2/contacts({XOAN})",
            organisation.root
        ),
        format!("{collection}({XOAN})/$ref"),
    ] {
        let added = send(&organisation, Method::POST, &link, body.clone()).await;
        assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.text);
        assert_eq!(
            organisation.get(&parent).await.json()["_parentcustomerid_value"],
            ACCOUNT
        );
        let removed = send(&organisation, Method::DELETE, &form, None).await;
        assert_eq!(
            removed.status,
            StatusCode::NO_CONTENT,
            "{form} {}",
            removed.text
        );
        assert!(organisation.get(&parent).await.json()["_parentcustomerid_value"].is_null());
    }
}

/// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API" and "Create and update table
/// relationships using the Web API".
#[tokio::test]
async fn pairs_of_a_many_to_many_relationship_are_seen_from_both_ends() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post("RelationshipDefinitions", json!({
            "@odata.type": "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
            "SchemaName": "new_accounts_contacts", "IntersectEntityName": "new_accounts_contacts",
            "Entity1LogicalName": "account", "Entity2LogicalName": "contact",
        }))
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let link = format!("accounts({ACCOUNT})/new_accounts_contacts/$ref");
    let body = Some(json!({"@odata.id": format!("contacts({IRIA})")}));
    let joined = send(&organisation, Method::POST, &link, body.clone()).await;
    assert_eq!(joined.status, StatusCode::NO_CONTENT, "{}", joined.text);
    send(&organisation, Method::POST, &link, body)
        .await
        .is_refused(412, "0x80040237");
    let ids = async |path: String, key: &str| -> Vec<String> {
        organisation.get(&path).await.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row[key].as_str().unwrap().to_owned())
            .collect()
    };
    let contacts = format!("accounts({ACCOUNT})/new_accounts_contacts?$select=fullname");
    let accounts = format!("contacts({IRIA})/new_accounts_contacts?$select=name");
    assert_eq!(ids(contacts.clone(), "contactid").await, [IRIA]);
    assert_eq!(ids(accounts, "accountid").await, [ACCOUNT]);
    let parted = send(
        &organisation,
        Method::DELETE,
        &format!("accounts({ACCOUNT})/new_accounts_contacts({IRIA})/$ref"),
        None,
    )
    .await;
    assert_eq!(parted.status, StatusCode::NO_CONTENT, "{}", parted.text);
    assert!(ids(contacts, "contactid").await.is_empty());
}

/// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
#[tokio::test]
async fn a_link_that_is_not_there_is_not_removed_and_no_other_goes_for_it() {
    let organisation = Organisation::start().await;
    let other = organisation
        .post("accounts", json!({"name": "Panadería Núñez"}))
        .await
        .key();
    let of_other = organisation
        .post("contacts", json!({"lastname": "Couto", "parentcustomerid_account@odata.bind": format!("/accounts({other})")}))
        .await
        .key();
    let of_contact = organisation
        .post("contacts", json!({"lastname": "Rei", "parentcustomerid_contact@odata.bind": format!("/contacts({IRIA})")}))
        .await
        .key();
    for path in [
        format!("accounts({ACCOUNT})/contact_customer_accounts({of_other})/$ref"),
        format!("accounts({ACCOUNT})/contact_customer_accounts/$ref?$id=contacts({of_other})"),
        format!("contacts({of_contact})/parentcustomerid_account/$ref"),
        format!("contacts({of_contact})/parentcustomerid_account"),
    ] {
        send(&organisation, Method::DELETE, &path, None)
            .await
            .is_refused(404, "0x80040217");
    }
    for (contact, parent) in [(of_other, other.as_str()), (of_contact, IRIA)] {
        let path = format!("contacts({contact})?$select=_parentcustomerid_value");
        let held = organisation.get(&path).await.json();
        assert_eq!(held["_parentcustomerid_value"], parent);
    }
}

//! What a batch may not say, and what a refused change set leaves behind: nothing.
//! Source: Microsoft Learn, "Execute batch operations using the Web API".

use reqwest::StatusCode;
use serde_json::json;

use super::batch::{change_set, part, send, single};
use super::organisation::{IRIA, Organisation};

const CONTINUE: &str = "odata.continue-on-error";

#[tokio::test]
async fn a_change_set_that_was_taken_back_leaves_no_content_id_behind() {
    let organisation = Organisation::start().await;
    let refused = change_set(&[
        part(1, "POST contacts", "", r#"{"lastname":"Seoane"}"#),
        part(2, "POST contacts", "", r#"{"lastnam":"x"}"#),
    ]);
    let before = organisation.dataverse.writes().len();
    let later = single("PATCH $1", r#"{"firstname":"Lúa"}"#);
    let answer = send(&organisation, &[refused, later], CONTINUE).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(
        answer
            .text
            .contains("Content-ID Reference: '$1' does not exist in the batch context."),
        "{}",
        answer.text
    );
    assert_eq!(organisation.dataverse.writes().len(), before);
}

#[tokio::test]
async fn what_a_change_set_declared_can_be_named_by_later_requests() {
    let organisation = Organisation::start().await;
    let set = change_set(&[part(1, "POST contacts", "", r#"{"lastname":"Seoane"}"#)]);
    let later = single("PATCH $1", r#"{"firstname":"Lúa"}"#);
    let answer = send(&organisation, &[set, later], "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let found = organisation
        .get("contacts?$select=fullname&$filter=lastname eq 'Seoane'")
        .await;
    assert_eq!(found.json()["value"][0]["fullname"], "Lúa Seoane");
}

#[tokio::test]
async fn two_requests_of_a_change_set_cannot_share_a_content_id() {
    let organisation = Organisation::start().await;
    let before = organisation.dataverse.writes().len();
    let twice = change_set(&[
        part(1, "POST contacts", "", r#"{"lastname":"Seoane"}"#),
        part(1, "POST contacts", "", r#"{"lastname":"Vilariño"}"#),
    ]);
    let answer = send(&organisation, &[twice], "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("same Content-ID"), "{}", answer.text);
    assert_eq!(organisation.dataverse.writes().len(), before);
}

#[tokio::test]
async fn an_address_of_more_than_64_kilobytes_is_refused() {
    let organisation = Organisation::start().await;
    let get = |length: usize| {
        let line = "GET contacts?$top=1&tag=";
        let address = line.len() - "GET ".len();
        single(&format!("{line}{}", "x".repeat(length - address)), "")
    };
    let longest = send(&organisation, &[get(65_536)], "").await;
    assert_eq!(longest.status, StatusCode::OK);
    let refused = send(&organisation, &[get(65_537)], "").await;
    refused.is_refused(400, "0x80060888");
    assert!(refused.text.contains("64 KB"), "{}", refused.text);
}

#[tokio::test]
async fn addresses_and_bindings_of_another_host_or_version_are_refused() {
    let organisation = Organisation::start().await;
    let own = organisation.root.as_str();
    let contact = |root: &str| format!("{root}/contacts({IRIA})");
    for foreign in [
        contact("https://fabrikam.example/api/data/v9.2"),
        contact(&format!("{own}/api/data/v9.0")),
        contact("/api/data/v9.1"),
    ] {
        let body = json!({"title": "x", "customerid_contact@odata.bind": foreign});
        organisation
            .post("incidents", body)
            .await
            .is_refused(400, "0x80060888");
        let patch = single(&format!("PATCH {foreign}"), r#"{"jobtitle":"x"}"#);
        let answer = send(&organisation, &[patch], "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    }
    let full = contact(&format!("{own}/api/data/v9.2"));
    let body = json!({"title": "x", "customerid_contact@odata.bind": full});
    let answer = organisation.post("incidents", body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

/// Source: Microsoft Learn, "Execute batch operations using the Web API" (a change set takes effect wholly or not at all).
#[tokio::test]
async fn a_change_set_deletes_no_definitions() {
    let organisation = Organisation::start().await;
    let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "new_Nota"});
    let made = organisation
        .post(
            "EntityDefinitions(LogicalName='contact')/Attributes",
            column,
        )
        .await;
    assert_eq!(made.status.as_u16(), 204, "{}", made.text);
    let path = "EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='new_nota')";
    let renamed = json!({"lastname": "Outra", "new_nota": "Non volverei"}).to_string();
    let items = [change_set(&[
        part(1, &format!("PATCH contacts({IRIA})"), "", &renamed),
        part(2, &format!("DELETE {path}"), "", ""),
    ])];
    let answer = send(&organisation, &items, "").await;
    assert!(answer.text.contains("400 Bad Request"), "{}", answer.text);
    assert_eq!(organisation.get(path).await.status.as_u16(), 200);
    let contact = organisation.get(&format!("contacts({IRIA})")).await.json();
    assert_ne!(contact["lastname"], "Outra");
    assert!(contact["new_nota"].is_null());
}

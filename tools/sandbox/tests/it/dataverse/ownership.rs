//! What a row cannot lose: its owner, and the rows that still need it.
//! Source: Microsoft Learn, "Security roles and privileges" and "Configure table relationship cascading behavior".

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::organisation::{ACCOUNT, AGENT, Answer, IRIA, Organisation, RECOVERY};

async fn delete(organisation: &Organisation, path: &str) -> Answer {
    Answer::of(organisation.request(Method::DELETE, path)).await
}

#[tokio::test]
async fn an_owner_can_be_changed_but_not_taken_away() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("Avaría").await;
    for row in [
        format!("incidents({case})"),
        format!("contacts({IRIA})"),
        format!("accounts({ACCOUNT})"),
        format!("queues({RECOVERY})"),
    ] {
        for body in [
            json!({"ownerid@odata.bind": null}),
            json!({"ownerid": null}),
        ] {
            organisation
                .patch(&row, body)
                .await
                .is_refused(400, "0x80040200");
        }
        for property in ["ownerid", "_ownerid_value"] {
            delete(&organisation, &format!("{row}/{property}"))
                .await
                .is_refused(400, "0x80040200");
        }
        let other = json!({"ownerid@odata.bind": format!("/systemusers({AGENT})")});
        let given = organisation.patch(&row, other).await;
        assert_eq!(given.status, StatusCode::NO_CONTENT, "{}", given.text);
    }
}

#[tokio::test]
async fn a_queue_cannot_be_deleted_while_it_has_items() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("Avaría").await;
    let item = json!({"queueid@odata.bind": format!("/queues({RECOVERY})"), "objectid_incident@odata.bind": format!("/incidents({case})")});
    organisation.post("queueitems", item).await;
    let queue = format!("queues({RECOVERY})");
    let refused = delete(&organisation, &queue).await;
    refused.is_refused(405, "0x80040227");
    assert!(refused.text.contains("associated with another object"));
    assert_eq!(organisation.get(&queue).await.status, StatusCode::OK);

    // The case takes its item along.
    delete(&organisation, &format!("incidents({case})")).await;
    assert_eq!(
        delete(&organisation, &queue).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn keys_are_taken_only_as_the_service_writes_them() {
    let organisation = Organisation::start().await;
    let bare = IRIA.replace('-', "");
    for path in [
        format!("contacts({bare})"),
        format!("contacts({{{IRIA}}})"),
        format!("contacts(urn:uuid:{IRIA})"),
        format!("contacts({IRIA}"),
        format!("systemusers(systemuserid={AGENT})"),
    ] {
        let answer = organisation.get(&path).await;
        answer.is_refused(400, "0x80060888");
    }
    let named = organisation
        .get(&format!("contacts(contactid={IRIA})"))
        .await;
    assert_eq!(named.status, StatusCode::OK);
    let body = json!({"title": "x", "customerid_contact@odata.bind": format!("/contacts({bare})")});
    organisation
        .post("incidents", body)
        .await
        .is_refused(400, "0x80060888");
}

//! Following the changes of a table.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{Answer, IRIA, Organisation, XOAN};

async fn track(organisation: &Organisation, path: &str, page: Option<usize>) -> Answer {
    let prefer = match page {
        Some(size) => format!("odata.track-changes,odata.maxpagesize={size}"),
        None => "odata.track-changes".to_owned(),
    };
    Answer::of(
        organisation
            .request(Method::GET, path)
            .header("Prefer", prefer),
    )
    .await
}

async fn follow(organisation: &Organisation, link: &str) -> Answer {
    Answer::of(organisation.http.get(link).bearer_auth("sandbox")).await
}

fn link(body: &Value) -> String {
    body["@odata.deltaLink"].as_str().unwrap().to_owned()
}

/// Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".
#[tokio::test]
async fn changed_new_and_deleted_rows_come_back_over_the_delta_link() {
    let organisation = Organisation::start().await;
    let first = track(&organisation, "contacts?$select=fullname", None).await;
    assert_eq!(first.header("preference-applied"), "odata.track-changes");
    let first = first.json();
    assert_eq!(first["value"].as_array().unwrap().len(), 6);
    assert!(
        first["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#contacts(fullname)/$delta"),
        "{first}"
    );
    let nothing = follow(&organisation, &link(&first)).await.json();
    assert!(nothing["value"].as_array().unwrap().is_empty());
    organisation
        .patch(&format!("contacts({IRIA})"), json!({"lastname": "Núñez"}))
        .await;
    let new = organisation
        .post("contacts", json!({"lastname": "Nova"}))
        .await
        .key();
    Answer::of(organisation.request(Method::DELETE, &format!("contacts({XOAN})"))).await;
    let changes = follow(&organisation, &link(&nothing)).await.json();
    let rows = changes["value"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{changes}");
    assert_eq!(rows[0]["contactid"], IRIA);
    assert_eq!(rows[0]["fullname"], "Iria Núñez");
    assert_eq!(rows[1]["contactid"], new.as_str());
    assert_eq!(
        (&rows[2]["id"], &rows[2]["reason"]),
        (&json!(XOAN), &json!("deleted"))
    );
    assert!(
        rows[2]["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#contacts/$deletedEntity")
    );
    let token = link(&nothing)
        .split_once("$deltatoken=")
        .unwrap()
        .1
        .to_owned();
    let count = organisation
        .get(&format!("contacts/$count?$deltatoken={token}"))
        .await;
    assert_eq!(count.text.trim_start_matches('\u{feff}'), "3");
    let after = follow(&organisation, &link(&changes)).await.json();
    assert!(after["value"].as_array().unwrap().is_empty());
}

/// Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".
#[tokio::test]
async fn changes_come_in_pages_and_the_link_for_later_with_the_last() {
    let organisation = Organisation::start().await;
    let mut page = track(&organisation, "contacts?$select=fullname", Some(4))
        .await
        .json();
    assert!(page["@odata.deltaLink"].is_null());
    assert_eq!(page["value"].as_array().unwrap().len(), 4);
    let next = page["@odata.nextLink"].as_str().unwrap().to_owned();
    page = follow(&organisation, &next).await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    assert!(page["@odata.deltaLink"].is_string());
}

/// Source: Microsoft Learn, "Use change tracking to synchronize data with external systems" (expiry, unsupported options).
#[tokio::test]
async fn tokens_expire_after_seven_days_and_other_options_are_refused() {
    let organisation = Organisation::start().await;
    let first = track(&organisation, "accounts", None).await.json();
    organisation.pass(7 * 24 * 3600);
    let still = follow(&organisation, &link(&first)).await;
    assert_eq!(still.status, StatusCode::OK);
    organisation.pass(1);
    let expired = follow(&organisation, &link(&first)).await;
    assert_eq!(expired.status, StatusCode::BAD_REQUEST);
    for option in [
        "$filter=name eq 'x'",
        "$orderby=name",
        "$top=3",
        "$expand=primarycontactid",
    ] {
        let refused = track(&organisation, &format!("accounts?{option}"), None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{option}");
    }
    let nonsense = organisation.get("accounts?$deltatoken=1").await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
}

//! Pages and changes, followed link by link.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, NOTE, Organisation, header, page, refusal};
use crate::{Action, Direction, Error, Filter, Query, changes::Change, classify};

/// What was asked for, as it was written. The server knows itself by another name.
fn resource(sent: &wiremock::Request) -> String {
    format!("{}?{}", sent.url.path(), sent.url.query().unwrap())
}

#[tokio::test]
async fn pages_are_followed_to_the_last_with_the_same_preferences() {
    let organisation = Organisation::start().await;
    let second = organisation.address("contacts?$skiptoken=%253Ccookie%20pagenumber=%25222%2522");
    let first = page(
        json!([{"contactid": CONTACT}]),
        Some(("@odata.nextLink", second.clone())),
    );
    organisation.answers_once(first).await;
    organisation
        .answers_once(refusal(429, "0x80072322", "Number of requests exceeded"))
        .await;
    organisation
        .answers_once(page(json!([{"contactid": NOTE}]), None))
        .await;
    let query = Query::new()
        .select(["fullname"])
        .page_size(1)
        .with_annotations();
    let mut pages = organisation.client.pages("contacts", query);

    let first = pages.next().await.unwrap().unwrap();
    let busy = pages.next().await.unwrap_err();
    let second_page = pages.next().await.unwrap().unwrap();

    assert_eq!(first.rows[0].id("contactid"), Some(CONTACT));
    assert!(matches!(busy, Error::Throttled { .. }));
    assert_eq!(second_page.rows[0].id("contactid"), Some(NOTE));
    assert_eq!(pages.next().await.unwrap(), None);
    assert_eq!(pages.next().await.unwrap(), None);
    let sent = organisation.requests().await;
    assert_eq!(sent.len(), 3, "what failed is asked for again, and no more");
    assert!(
        second.ends_with(&resource(&sent[2])),
        "the link is not touched"
    );
    for request in &sent {
        assert_eq!(
            header(request, "prefer"),
            "odata.include-annotations=\"*\",odata.maxpagesize=1"
        );
    }
}

#[tokio::test]
async fn a_page_that_leads_to_itself_ends_in_an_error() {
    let organisation = Organisation::start().await;
    let same = organisation.address("contacts?$skiptoken=x");
    organisation
        .answers(page(json!([]), Some(("@odata.nextLink", same))))
        .await;
    let mut pages = organisation.client.pages("contacts", Query::new());
    pages.next().await.unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_link_to_another_place_is_never_followed() {
    let organisation = Organisation::start().await;
    let elsewhere = [
        "https://example.com/api/data/v9.2/contacts".to_owned(),
        organisation.address("../../../other"),
        organisation.address("%2e%2e/%2e%2e/other"),
        organisation.server.uri().replace("//", "//user:key@") + "/api/data/v9.2/contacts",
        "contacts?$skiptoken=x".to_owned(),
        String::new(),
    ];
    for link in elsewhere {
        let error = organisation
            .client
            .next_page(&link, &Query::new())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotSendable { .. }), "{link}");
        let mut changes = organisation
            .client
            .changes_since(&link, &Query::new())
            .unwrap();
        assert!(changes.next().await.is_err(), "{link}");
    }
    assert!(organisation.requests().await.is_empty());
}

#[tokio::test]
async fn changes_go_on_from_the_delta_link_of_the_run_before() {
    let organisation = Organisation::start().await;
    let more = organisation.address("contacts?$skiptoken=2");
    let delta = organisation.address("contacts?$deltatoken=919042%2108%2f22");
    let saved = json!([{"@odata.etag": "W/\"1\"", "contactid": CONTACT, "fullname": "Uxía"}]);
    organisation
        .answers_once(page(saved, Some(("@odata.nextLink", more))))
        .await;
    organisation
        .answers_once(page(json!([]), Some(("@odata.deltaLink", delta.clone()))))
        .await;
    let deleted = json!([
        {"contactid": NOTE},
        {"@odata.context": "https://contoso/api/data/v9.2/$metadata#contacts/$deletedEntity", "id": CASE, "reason": "deleted"},
    ]);
    organisation
        .answers_once(page(deleted, Some(("@odata.deltaLink", delta.clone()))))
        .await;
    let query = Query::new().select(["fullname"]).page_size(100);

    let mut first = organisation.client.changes("contacts", &query).unwrap();
    let all = first.next().await.unwrap().unwrap();
    assert!(matches!(&all[..], [Change::Saved(row)] if row.id("contactid") == Some(CONTACT)));
    assert_eq!(first.delta_link(), None, "not before the last page");
    assert_eq!(first.next().await.unwrap(), Some(Vec::new()));
    assert_eq!(first.next().await.unwrap(), None);
    assert_eq!(first.delta_link(), Some(delta.as_str()));

    let mut second = organisation
        .client
        .changes_since(first.delta_link().unwrap(), &query)
        .unwrap();
    let since = second.next().await.unwrap().unwrap();
    assert!(matches!(&since[..], [Change::Saved(_), Change::Deleted(id)] if *id == CASE));

    let sent = organisation.requests().await;
    assert_eq!(
        header(&sent[0], "prefer"),
        "odata.maxpagesize=100,odata.track-changes"
    );
    assert_eq!(header(&sent[2], "prefer"), "odata.maxpagesize=100");
    assert!(delta.ends_with(&resource(&sent[2])));
}

#[tokio::test]
async fn a_link_that_the_service_has_forgotten_says_so() {
    let forgotten = [
        refusal(
            400,
            "0x80044352",
            "Version stamp associated with the client has expired.",
        ),
        refusal(410, "", "Gone"),
        ResponseTemplate::new(410),
    ];
    for answer in forgotten {
        let organisation = Organisation::start().await;
        organisation.answers(answer).await;
        let delta = organisation.address("contacts?$deltatoken=1");
        let mut changes = organisation
            .client
            .changes_since(&delta, &Query::new())
            .unwrap();
        let error = changes.next().await.unwrap_err();
        assert!(matches!(error, Error::DeltaExpired(_)), "{error:?}");
        assert_eq!(classify(&error).action, Action::DecideAgain);
    }
}

#[tokio::test]
async fn what_cannot_be_tracked_is_not_asked_for() {
    let organisation = Organisation::start().await;
    let refused = [
        Query::new().filter(Filter::eq("statecode", 0)),
        Query::new().orderby("createdon", Direction::Ascending),
        Query::new().top(3),
        Query::new().expand("Contact_Tasks", Query::new()),
    ];
    for query in refused {
        assert!(organisation.client.changes("contacts", &query).is_err());
    }
}

#[tokio::test]
async fn a_deleted_row_without_an_id_is_not_passed_over() {
    let organisation = Organisation::start().await;
    let deleted = json!([{"@odata.context": "x#contacts/$deletedEntity", "reason": "deleted"}]);
    organisation.answers(page(deleted, None)).await;
    let mut changes = organisation
        .client
        .changes("contacts", &Query::new())
        .unwrap();
    assert!(changes.next().await.is_err());
    assert!(changes.next().await.is_err(), "and stays asked for");
}

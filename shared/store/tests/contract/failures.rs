//! What the table answers when it does not do as asked, and what is to be done about it.

use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use cxloop_ports::{Claims, Configurations, Inbox, Plans, Remedy};
use cxloop_store::Store;
use cxloop_testkit::ManualClock;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::table::{TestTable, client};

async fn answering(status: u16, code: &str) -> (MockServer, Store) {
    let server = MockServer::start().await;
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "Ana scored 3" });
    let answer =
        ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/x-amz-json-1.0");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let store = Store::new(
        client(&server.uri()),
        "cxloop",
        Arc::new(ManualClock::default()),
    );
    (server, store)
}

#[tokio::test]
async fn throttling_and_server_trouble_pass_and_refusals_wait_for_a_person() {
    let table = [
        (400, "ProvisionedThroughputExceededException", Remedy::Retry),
        (400, "ThrottlingException", Remedy::Retry),
        (400, "RequestLimitExceeded", Remedy::Retry),
        (400, "TransactionConflictException", Remedy::Retry),
        (500, "InternalServerError", Remedy::Retry),
        (503, "ServiceUnavailable", Remedy::Retry),
        (400, "ResourceNotFoundException", Remedy::Mend),
        (400, "AccessDeniedException", Remedy::Mend),
        (400, "UnrecognizedClientException", Remedy::Mend),
        (400, "ValidationException", Remedy::Mend),
    ];
    for (status, code, remedy) in table {
        let (_server, store) = answering(status, code).await;
        let failures = [
            ("PutItem", store.claim("k", "a").await.unwrap_err()),
            ("GetItem", store.others("k", "a").await.unwrap_err()),
            ("UpdateItem", store.join("k", "a").await.unwrap_err()),
            ("DeleteItem", store.release("k", "a").await.unwrap_err()),
            ("Query", store.parked(1).await.unwrap_err()),
        ];
        for (operation, failure) in failures {
            assert_eq!(failure.remedy, remedy, "{status} {code}: {failure:?}");
            assert!(
                failure.detail.contains(operation) && failure.detail.contains(code),
                "{failure:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_that_may_quote_values_is_not_passed_on() {
    let (_server, store) = answering(400, "ValidationException").await;
    let failure = store.claim("k", "a").await.unwrap_err();
    assert!(!format!("{failure:?}").contains("Ana"), "{failure:?}");
}

#[tokio::test]
async fn a_table_that_cannot_be_reached_is_passing_trouble() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = Store::new(client(&url), "cxloop", Arc::new(ManualClock::default()));
    let failure = store.current().await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
    assert_eq!(failure.detail, "GetItem: no connection");
}

#[tokio::test]
async fn a_missing_table_is_named_as_our_own_mistake() {
    let table = TestTable::new().await;
    let store = Store::new(table.client.clone(), "another-table", table.clock.clone());
    let failure = store.current().await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend);
    assert!(
        failure.detail.contains("ResourceNotFoundException"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn an_unreadable_item_is_named_by_kind_and_attribute_without_its_content() {
    let table = TestTable::new().await;
    table
        .client
        .put_item()
        .table_name(&table.name)
        .item("pk", AttributeValue::S("PLAN#case/r-1".to_owned()))
        .item("sk", AttributeValue::S("PLAN".to_owned()))
        .item("version", AttributeValue::N("1".to_owned()))
        .item("plan", AttributeValue::B(Blob::new("Ana Núñez")))
        .send()
        .await
        .unwrap();
    let failure = Plans::load(&table.store(), "case/r-1").await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend);
    assert_eq!(
        failure.message,
        "the plan in the table has no readable plan"
    );
    assert_eq!(failure.detail, "not gzip");
}

#[tokio::test]
async fn creating_the_table_again_leaves_it_as_it_is() {
    let table = TestTable::new().await;
    table.store().claim("chave", "alguén").await.unwrap();
    Store::create_table(&table.client, &table.name)
        .await
        .unwrap();
    assert_eq!(
        table.store().claim("chave", "outra").await.unwrap(),
        "alguén"
    );
}

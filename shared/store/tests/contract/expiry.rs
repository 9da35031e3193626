//! What expires is gone for readers at once, although the table removes it days later.

use cxloop_ports::{
    Configurations, Inbox, InboxItem, InboxState, Loops, NewLoop, Plans, Responses,
};
use cxloop_store::{Retention, Store};
use cxloop_testkit::samples;
use serde_json::json;

use crate::table::TestTable;

const DAY: i64 = 86_400;

fn item() -> InboxItem {
    InboxItem {
        id: "i-1".parse().expect("an inbox id"),
        connection: "wxm".parse().expect("a connection name"),
        accepted_at: samples::time("2026-11-22T09:00:00Z"),
        body: "Não resolveram a avaria".into(),
        state: InboxState::Unpublished,
    }
}

#[tokio::test]
async fn a_body_is_gone_after_ninety_days_and_may_come_anew() {
    let table = TestTable::new().await;
    let store = table.store();
    Inbox::keep(&store, &item()).await.unwrap();
    table.clock.advance(90 * DAY - 1);
    assert!(Inbox::load(&store, &item().id).await.unwrap().is_some());
    table.clock.advance(1);
    assert_eq!(Inbox::load(&store, &item().id).await.unwrap(), None);
    let before = samples::time("2027-12-01T00:00:00Z");
    assert!(
        store
            .unpublished_before(before, 10)
            .await
            .unwrap()
            .is_empty()
    );
    Inbox::keep(&store, &item()).await.unwrap();
    assert_eq!(Inbox::load(&store, &item().id).await.unwrap(), Some(item()));
}

#[tokio::test]
async fn an_expired_response_gives_way_to_a_new_one() {
    let table = TestTable::new().await;
    let retention = Retention {
        responses_days: 30,
        ..Retention::default()
    };
    let store = Store::new(table.client.clone(), &table.name, table.clock.clone())
        .with_retention(retention);
    let old = samples::response("wxm/r-1", 3);
    Responses::keep(&store, &old, "Detractors").await.unwrap();
    table.clock.advance(30 * DAY);
    assert_eq!(Responses::load(&store, &old.key).await.unwrap(), None);
    let new = samples::response("wxm/r-1", 10);
    let stored = Responses::keep(&store, &new, "Promoters").await.unwrap();
    assert_eq!(stored.response, new);
    assert!(stored.notifications.iter().eq(["Promoters"]));
}

#[tokio::test]
async fn an_expired_plan_stands_no_longer() {
    let table = TestTable::new().await;
    let store = table.store();
    store.keep_first("case/r-1", &json!("vello")).await.unwrap();
    table.clock.advance(90 * DAY);
    assert_eq!(Plans::load(&store, "case/r-1").await.unwrap(), None);
    assert_eq!(
        store
            .keep_first("case/r-1", &json!("novo"))
            .await
            .unwrap()
            .plan,
        json!("novo")
    );
}

#[tokio::test]
async fn a_loop_stays_when_its_response_is_gone() {
    let table = TestTable::new().await;
    let store = table.store();
    let response = samples::response("wxm/r-1", 3);
    let new = NewLoop {
        response: response.key.clone(),
        survey: response.survey.clone(),
        began_at: response.submitted_at,
        score: None,
    };
    Responses::keep(&store, &response, "").await.unwrap();
    store.begin(&new).await.unwrap();
    table.clock.advance(2_000 * DAY);
    assert_eq!(Responses::load(&store, &response.key).await.unwrap(), None);
    assert_eq!(
        store.of_response(&response.key).await.unwrap(),
        Some(response.key.loop_id())
    );
}

#[tokio::test]
async fn another_function_sees_a_new_configuration_after_five_seconds() {
    let table = TestTable::new().await;
    let (here, elsewhere) = (table.store(), table.store());
    let first = samples::configuration();
    here.apply(&first).await.unwrap();
    assert_eq!(elsewhere.current().await.unwrap().version, 1);
    let mut second = first;
    second.reopen.clear();
    here.apply(&second).await.unwrap();
    table.clock.advance(4);
    assert_eq!(elsewhere.current().await.unwrap().version, 1, "from memory");
    table.clock.advance(1);
    assert_eq!(elsewhere.current().await.unwrap().version, 2);
    assert_eq!(here.current().await.unwrap().version, 2);
}

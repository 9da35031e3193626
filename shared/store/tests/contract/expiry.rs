//! What expires is gone for readers at once, although the table removes it days later.

use cxloop_domain::loops::StepKind;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::survey_trigger::InvitationState;
use cxloop_ports::{
    BodyKind, Clock, Configurations, Inbox, InboxItem, InboxState, Invitations, Loops, NewLoop,
    Plans, Responses, TiedCase,
};
use cxloop_testkit::samples;
use serde_json::json;

use crate::table::TestTable;

const DAY: i64 = 86_400;

fn item() -> InboxItem {
    InboxItem {
        kind: BodyKind::Response,
        id: "i-1".parse().expect("an inbox id"),
        connection: "wxm".parse().expect("a connection name"),
        accepted_at: samples::time("2026-11-22T09:00:00Z"),
        body: "Não resolveram a avaria".into(),
        state: InboxState::Unpublished,
        trace: None,
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
    let store = table.store();
    let old = samples::response("wxm/r-1", 3);
    Responses::keep(&store, &old, "Detractors").await.unwrap();
    table.clock.advance(400 * DAY);
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
            .kept
            .plan,
        json!("novo")
    );
}

#[tokio::test]
async fn an_invitation_is_gone_four_hundred_days_after_its_last_change() {
    let table = TestTable::new().await;
    let store = table.store();
    let begun = samples::invitation("Coruña", "2026-11-22T10:00:00Z");
    let first = Invitations::begin(&store, &begun).await.unwrap();
    table.clock.advance(300 * DAY);
    let sent = begun.moved(InvitationState::Sent, "Enviouse.", table.clock.now());
    Invitations::replace(&store, first.version, &sent)
        .await
        .unwrap();
    table.clock.advance(400 * DAY - 1);
    let kept = Invitations::load(&store, begun.id).await.unwrap();
    assert_eq!(kept.unwrap().invitation, sent);
    let far = jiff::Timestamp::MAX;
    assert_eq!(Invitations::newest(&store, 9, far).await.unwrap(), [sent]);
    table.clock.advance(1);
    assert_eq!(Invitations::load(&store, begun.id).await.unwrap(), None);
    let listed = Invitations::newest(&store, 9, far).await.unwrap();
    assert!(listed.is_empty());
    let anew = Invitations::begin(&store, &begun).await.unwrap();
    assert_eq!(anew.invitation, begun, "an expired one is in nobody's way");
}

fn new_loop() -> NewLoop {
    NewLoop {
        response: samples::response("wxm/r-1", 3).key,
        survey: "visita á tenda".to_owned(),
        began_at: samples::time("2026-11-22T09:00:00Z"),
        score: None,
    }
}

#[tokio::test]
async fn a_loop_is_gone_four_hundred_days_after_its_last_change_with_all_that_leads_to_it() {
    let table = TestTable::new().await;
    let store = table.store();
    let new = new_loop();
    let id = new.response.loop_id();
    let about: ResponseKey = "wxm/r-2".parse().expect("a response key");
    let case = uuid::Uuid::from_u128(7);
    Loops::begin(&store, &new, &[]).await.unwrap();
    table.clock.advance(300 * DAY);
    let failed = samples::step("case/detractor", StepKind::Failed, table.clock.now());
    store.record(&id, &[failed]).await.unwrap();
    store
        .tie_case(
            &id,
            &TiedCase {
                id: case,
                ticket: "CAS-00001",
            },
            &[],
        )
        .await
        .unwrap();
    store.tie_response(&id, &about).await.unwrap();

    table.clock.advance(400 * DAY - 1);
    let history = Loops::load(&store, &id).await.unwrap().unwrap();
    assert_eq!(history.steps.len(), 1);
    assert_eq!(store.of_case(case).await.unwrap(), Some(id.clone()));
    assert_eq!(store.of_response(&about).await.unwrap(), Some(id.clone()));
    assert_eq!(store.failed(10).await.unwrap().len(), 1);

    table.clock.advance(1);
    assert_eq!(Loops::load(&store, &id).await.unwrap(), None);
    assert_eq!(store.of_case(case).await.unwrap(), None);
    assert_eq!(store.of_response(&about).await.unwrap(), None);
    assert_eq!(store.of_response(&new.response).await.unwrap(), None);
    assert!(store.failed(10).await.unwrap().is_empty());
    assert!(
        Loops::newest(&store, table.clock.now(), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .tie_case(
                &id,
                &TiedCase {
                    id: case,
                    ticket: "CAS-00001"
                },
                &[]
            )
            .await
            .is_err(),
        "what has expired has not begun"
    );

    Loops::begin(&store, &new, &[]).await.unwrap();
    let opened = samples::step("case/detractor", StepKind::CaseOpened, new.began_at);
    store
        .record(&id, std::slice::from_ref(&opened))
        .await
        .unwrap();
    let anew = Loops::load(&store, &id).await.unwrap().unwrap();
    assert_eq!(anew.steps, [opened], "an expired step is in nobody's way");
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

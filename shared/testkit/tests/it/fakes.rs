//! The fakes keep the same contracts as the real adapters.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{CaseDesk, Claims, Remedy, SurveyPlatform};
use cxloop_testkit::contract::{CaseDeskFixture, SurveyFixture};
use cxloop_testkit::fakes::{ContactRow, FakeCaseDesk, FakeStore, FakeSurveys};
use cxloop_testkit::{ManualClock, contract, samples};
use uuid::Uuid;

#[tokio::test]
async fn the_fake_inbox_keeps_the_contract() {
    contract::inbox(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_store_of_responses_keeps_the_contract() {
    contract::responses(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_store_of_plans_keeps_the_contract() {
    contract::plans(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_checkpoints_keep_the_contract() {
    contract::checkpoints(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_claims_keep_the_contract() {
    contract::claims(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_index_of_addresses_keeps_the_contract() {
    contract::addresses(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_gates_keep_the_contract() {
    contract::gates(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_record_of_loops_keeps_the_contract() {
    contract::loops(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_store_of_invitations_keeps_the_contract() {
    contract::invitations(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_store_of_configurations_keeps_the_contract() {
    contract::configurations(&FakeStore::default()).await;
}

#[tokio::test]
async fn the_fake_survey_platform_keeps_the_contract() {
    let platform = FakeSurveys::new("wxm");
    let response = samples::response("wxm/52c7d343", 3);
    let fixture = SurveyFixture {
        known: response.key.response.clone(),
        unknown: "0000".parse().unwrap(),
        body: FakeSurveys::body(&response.key.response, "Detractors"),
        fetches: true,
    };
    platform.submit(response);
    contract::survey_platform(&platform, &fixture).await;
}

struct Desk {
    desk: FakeCaseDesk,
    contact: Uuid,
}

impl Desk {
    fn new() -> Self {
        let desk = FakeCaseDesk::new(Arc::new(ManualClock::default()));
        let email = Some("antia@example.com".to_owned());
        let contact = desk.add_contact(ContactRow {
            email,
            ..ContactRow::named("Antía Núñez")
        });
        desk.add_queue("Recuperación");
        desk.add_team("Atención ao cliente");
        Self { desk, contact }
    }
}

#[async_trait]
impl CaseDeskFixture for Desk {
    fn contact(&self) -> Uuid {
        self.contact
    }

    fn contact_email(&self) -> String {
        "antia@example.com".to_owned()
    }

    fn queue(&self) -> String {
        "Recuperación".to_owned()
    }

    fn owner(&self) -> String {
        "Atención ao cliente".to_owned()
    }

    fn run(&self) -> String {
        "fake".to_owned()
    }

    async fn resolve(&self, case: Uuid) {
        self.desk.resolve(case);
    }

    async fn cancel(&self, case: Uuid) {
        self.desk.cancel(case);
    }

    async fn delete(&self, case: Uuid) {
        self.desk.delete(case);
    }
}

#[tokio::test]
async fn the_fake_case_desk_keeps_the_contract() {
    let fixture = Desk::new();
    contract::case_desk(&fixture.desk, &fixture).await;
}

#[tokio::test]
async fn a_refused_column_parks_the_case_and_leaves_nothing_behind() {
    let Desk { desk, contact } = Desk::new();
    desk.refuse_column("prioritycode", "O valor está fóra do intervalo");
    let case = samples::case("refused", contact);
    let failure = desk.open_case(&case).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure
            .message
            .contains("prioritycode: O valor está fóra do intervalo"),
        "{failure:?}"
    );
    assert!(desk.cases().is_empty() && desk.notes_of(case.id).is_empty());
    desk.accept_all_columns();
    assert!(desk.open_case(&case).await.is_ok());
}

#[tokio::test]
async fn a_throttled_fake_asks_to_wait_until_it_is_mended() {
    let Desk { desk, contact } = Desk::new();
    let connection: ConnectionName = "dynamics".parse().unwrap();
    let until = samples::time("2026-11-22T10:05:00Z");
    desk.faults().throttle(&connection, until);
    let failure = desk
        .open_case(&samples::case("throttled", contact))
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitUntil { connection, until });
    desk.faults().mend();
    assert!(
        desk.open_case(&samples::case("throttled", contact))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_fake_that_is_down_does_nothing() {
    let store = FakeStore::default();
    store.faults().go_down();
    assert_eq!(
        store.claim("chave", "alguén").await.unwrap_err().remedy,
        Remedy::Retry
    );
    store.faults().mend();
    assert_eq!(store.claim("chave", "outro").await.unwrap(), "outro");
    let platform = FakeSurveys::new("wxm");
    platform.faults().go_down();
    assert!(platform.fetch(&"r-1".parse().unwrap()).await.is_err());
}

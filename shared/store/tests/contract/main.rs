//! The store keeps the contracts of its roles on a real DynamoDB interface, in the test process.

mod expiry;
mod failures;
mod table;

use cxloop_testkit::contract;
use table::TestTable;

#[tokio::test]
async fn the_inbox_keeps_the_contract() {
    contract::inbox(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_store_of_responses_keeps_the_contract() {
    contract::responses(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_store_of_plans_keeps_the_contract() {
    contract::plans(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_checkpoints_keep_the_contract() {
    contract::checkpoints(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_claims_keep_the_contract() {
    contract::claims(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_gates_keep_the_contract() {
    contract::gates(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_record_of_loops_keeps_the_contract() {
    contract::loops(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_store_of_invitations_keeps_the_contract() {
    contract::invitations(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_store_of_configurations_keeps_the_contract() {
    contract::configurations(&TestTable::new().await.store()).await;
}

#[tokio::test]
async fn the_index_of_hashed_addresses_keeps_the_contract() {
    contract::addresses(&TestTable::new().await.store()).await;
}

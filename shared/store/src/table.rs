//! The table's own definition, for tests and local use; deployments get theirs from the template.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use cxloop_ports::Failure;

use crate::error::classify;
use crate::{Store, StoreError};

fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .expect("name and kind are set")
        })
        .collect()
}

impl Store {
    /// Creates the table with the keys, index and time to live that the template gives it, and waits
    /// until it can be used. A table of that name that exists is left as it is.
    pub async fn create_table(client: &Client, name: &str) -> Result<(), Failure> {
        let attributes = ["pk", "sk", "gsi1pk", "gsi1sk"].map(|name| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .expect("name and type are set")
        });
        let index = GlobalSecondaryIndex::builder()
            .index_name("gsi1")
            .set_key_schema(Some(keys("gsi1pk", "gsi1sk")))
            .projection(
                Projection::builder()
                    .projection_type(ProjectionType::All)
                    .build(),
            )
            .build()
            .expect("name and keys are set");
        let created = client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes.into()))
            .set_key_schema(Some(keys("pk", "sk")))
            .global_secondary_indexes(index)
            .send()
            .await;
        if let Err(error) = created {
            if error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception)
            {
                return Ok(());
            }
            return Err(classify("CreateTable", &error).into());
        }
        client
            .wait_until_table_exists()
            .table_name(name)
            .wait(Duration::from_secs(30))
            .await
            .map_err(|_| StoreError::Unavailable {
                operation: "DescribeTable",
                code: "not active after 30 seconds".to_owned(),
            })?;
        let expiry = TimeToLiveSpecification::builder()
            .attribute_name("expires_at")
            .enabled(true)
            .build()
            .expect("name and switch are set");
        client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(expiry)
            .send()
            .await
            .map_err(|error| classify("UpdateTimeToLive", &error))?;
        Ok(())
    }
}

//! What changes of relationships and columns are held against.
//! Source: Microsoft Learn, "Create and update table relationships using the Web API", "Create and update column definitions using
//! the Web API" and "Define alternate keys for a table".

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, Organisation};

async fn relate(organisation: &Organisation) {
    let lookup = json!({"@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata", "SchemaName": "new_Tenda"});
    let body = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata", "SchemaName": "new_account_incident",
        "ReferencedEntity": "account", "ReferencingEntity": "incident",
        "ReferencedEntityNavigationPropertyName": "new_avarias", "Lookup": lookup,
    });
    let made = organisation.post("RelationshipDefinitions", body).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
}

const RELATIONSHIP: &str = "RelationshipDefinitions(SchemaName='new_account_incident')";

async fn sent(organisation: &Organisation, method: Method, path: &str, body: Value) -> Answer {
    Answer::of(organisation.request(method, path).json(&body)).await
}

#[tokio::test]
async fn a_relationship_is_found_by_its_schema_name_and_its_rows_by_the_name_of_its_navigation() {
    let organisation = Organisation::start().await;
    relate(&organisation).await;
    let found = organisation.get(RELATIONSHIP).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    let found = found.json();
    assert_eq!(found["SchemaName"], "new_account_incident");
    assert_eq!(
        found["ReferencedEntityNavigationPropertyName"],
        "new_avarias"
    );
    let rows = organisation
        .get(&format!("accounts({ACCOUNT})/new_avarias"))
        .await;
    assert_eq!(rows.status, StatusCode::OK, "{}", rows.text);
    let by_id = format!(
        "RelationshipDefinitions({})",
        found["MetadataId"].as_str().unwrap()
    );
    let gone = Answer::of(organisation.request(Method::DELETE, &by_id)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    assert_eq!(
        organisation.get(RELATIONSHIP).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_relationship_stays_while_a_key_holds_its_lookup() {
    let organisation = Organisation::start().await;
    relate(&organisation).await;
    let label = json!({"LocalizedLabels": [{"Label": "Chave", "LanguageCode": 1033}]});
    let key =
        json!({"SchemaName": "new_chave", "KeyAttributes": ["new_tenda"], "DisplayName": label});
    let keys = "EntityDefinitions(LogicalName='incident')/Keys";
    let made = organisation.post(keys, key).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    sent(&organisation, Method::DELETE, RELATIONSHIP, Value::Null)
        .await
        .is_refused(405, "0x8004f01f");
    assert_eq!(organisation.get(keys).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_served_is_said_to_be_not_served() {
    let organisation = Organisation::start().await;
    relate(&organisation).await;
    let replaced = sent(&organisation, Method::PUT, RELATIONSHIP, json!({})).await;
    assert_eq!(replaced.status, StatusCode::NOT_IMPLEMENTED);
    let choices = organisation.get("GlobalOptionSetDefinitions").await;
    assert_eq!(choices.status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn a_column_is_not_made_longer_than_columns_can_be() {
    let organisation = Organisation::start().await;
    let path = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='telephone2')";
    for length in [0, 4001] {
        let body = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "MaxLength": length});
        sent(&organisation, Method::PUT, path, body)
            .await
            .is_refused(400, "0x80040203");
    }
}

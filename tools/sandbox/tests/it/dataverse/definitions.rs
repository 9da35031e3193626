//! Reading the definitions of tables, columns, keys and relationships.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::Organisation;

fn named<'v>(rows: &'v Value, name: &str) -> &'v Value {
    rows["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["LogicalName"] == name || row["SchemaName"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

/// Source: Microsoft Learn, "Query table definitions using the Web API".
#[tokio::test]
async fn tables_are_listed_filtered_and_read_by_name_and_by_identifier() {
    let organisation = Organisation::start().await;
    let found = organisation
        .get("EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute&$filter=LogicalName+eq+'account'")
        .await
        .json();
    let rows = found["value"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{found}");
    assert_eq!(rows[0]["EntitySetName"], "accounts");
    assert_eq!(rows[0]["PrimaryIdAttribute"], "accountid");
    assert!(rows[0]["SchemaName"].is_null());
    let id = rows[0]["MetadataId"].as_str().unwrap();
    let by_id = organisation
        .get(&format!("EntityDefinitions({id})"))
        .await
        .json();
    let by_name = organisation
        .get("EntityDefinitions(LogicalName='account')")
        .await
        .json();
    assert_eq!(by_id["LogicalName"], by_name["LogicalName"]);
    assert_eq!(by_name["PrimaryNameAttribute"], "name");
    assert_eq!(by_name["ObjectTypeCode"], 1);
    assert_eq!(
        by_name["DisplayCollectionName"]["UserLocalizedLabel"]["Label"],
        "Accounts"
    );
    let all = organisation
        .get("EntityDefinitions?$select=LogicalName")
        .await
        .json();
    assert!(all["value"].as_array().unwrap().len() >= 45);
    let missing = organisation
        .get("EntityDefinitions(LogicalName='ghost')")
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

/// Source: Microsoft Learn, "Query table definitions using the Web API" (casts, expanding option sets).
#[tokio::test]
async fn columns_are_read_by_their_kinds_with_what_each_kind_has() {
    let organisation = Organisation::start().await;
    let attributes = "EntityDefinitions(LogicalName='incident')/Attributes";
    let kind = async |cast: &str, query: &str| {
        let path = format!("{attributes}/Microsoft.Dynamics.CRM.{cast}AttributeMetadata?{query}");
        organisation.get(&path).await.json()
    };
    let choices = kind(
        "Picklist",
        "$select=LogicalName&$expand=OptionSet($select=Options)",
    )
    .await;
    let origin = named(&choices, "caseorigincode");
    let options = origin["OptionSet"]["Options"].as_array().unwrap();
    let phone = options.iter().find(|option| option["Value"] == 1).unwrap();
    assert_eq!(phone["Label"]["UserLocalizedLabel"]["Label"], "Phone");
    let states = kind("State", "$expand=OptionSet").await;
    assert_eq!(
        named(&states, "statecode")["OptionSet"]["Options"][1]["DefaultStatus"],
        5
    );
    let reasons = kind("Status", "$expand=OptionSet").await;
    let reasons = named(&reasons, "statuscode")["OptionSet"]["Options"].clone();
    let merged = reasons
        .as_array()
        .unwrap()
        .iter()
        .find(|reason| reason["Value"] == 2000)
        .unwrap();
    assert_eq!(merged["State"], 2);
    let texts = kind("String", "$select=LogicalName,MaxLength").await;
    assert_eq!(named(&texts, "title")["MaxLength"], 200);
    let lookups = kind("Lookup", "$select=LogicalName,Targets,AttributeType").await;
    let customer = named(&lookups, "customerid");
    let mut targets: Vec<&str> = customer["Targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    targets.sort_unstable();
    assert_eq!(targets, ["account", "contact"]);
    assert_eq!(customer["AttributeType"], "Customer");
    let flags = kind("Boolean", "$expand=OptionSet").await;
    assert!(named(&flags, "merged")["OptionSet"]["TrueOption"]["Label"].is_object());
    for cast in [
        "Memo",
        "Integer",
        "Decimal",
        "Money",
        "DateTime",
        "Double",
        "BigInt",
        "UniqueIdentifier",
        "MultiSelectPicklist",
    ] {
        let found = kind(cast, "").await;
        assert!(found["value"].is_array(), "{cast}");
    }
    let one = organisation
        .get(&format!("{attributes}(LogicalName='title')"))
        .await
        .json();
    assert_eq!(
        one["@odata.type"],
        "#Microsoft.Dynamics.CRM.StringAttributeMetadata"
    );
    assert_eq!(one["IsPrimaryName"], true);
    let ghost = organisation
        .get(&format!("{attributes}(LogicalName='ghost')"))
        .await;
    assert_eq!(ghost.status, StatusCode::NOT_FOUND);
}

/// Source: Microsoft Learn, "Query table definitions using the Web API" and "Define alternate keys for a table".
#[tokio::test]
async fn definitions_expand_their_columns_keys_and_relationships() {
    let organisation = super::alternate_keys::with_key("account", &["accountnumber"]).await;
    let keys = organisation
        .get("EntityDefinitions?$select=SchemaName&$expand=Keys($select=KeyAttributes)&$filter=LogicalName eq 'account'")
        .await
        .json();
    assert_eq!(
        keys["value"][0]["Keys"][0]["KeyAttributes"],
        json!(["accountnumber"])
    );
    let columns = organisation
        .get("EntityDefinitions(LogicalName='account')?$select=LogicalName&$expand=Attributes($select=LogicalName;$filter=LogicalName eq 'name')")
        .await
        .json();
    assert_eq!(columns["Attributes"][0]["LogicalName"], "name");
    let of_account = organisation
        .get("EntityDefinitions(LogicalName='account')/OneToManyRelationships?$select=SchemaName,ReferencedEntityNavigationPropertyName,ReferencingEntity")
        .await
        .json();
    assert_eq!(
        named(&of_account, "contact_customer_accounts")["ReferencingEntity"],
        "contact"
    );
    let to_account = organisation
        .get("EntityDefinitions(LogicalName='contact')/ManyToOneRelationships?$filter=ReferencedEntity eq 'account'")
        .await
        .json();
    let names: Vec<&str> = to_account["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            row["ReferencingEntityNavigationPropertyName"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert!(names.contains(&"parentcustomerid_account"), "{names:?}");
    let pairs = organisation
        .get("EntityDefinitions(LogicalName='list')/ManyToManyRelationships")
        .await
        .json();
    assert_eq!(
        named(&pairs, "listcontact_association")["IntersectEntityName"],
        "listmember"
    );
    let one = organisation
        .get("RelationshipDefinitions(SchemaName='contact_customer_accounts')")
        .await
        .json();
    assert_eq!(one["ReferencingAttribute"], "parentcustomerid");
}

/// Source: Microsoft Learn, "Web API Service Documents".
#[tokio::test]
async fn the_service_document_lists_the_sets_and_the_schema_is_xml() {
    let organisation = Organisation::start().await;
    let document = organisation.get("").await.json();
    assert!(
        document["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|set| set["name"] == "incidents")
    );
    let schema = organisation.get("$metadata").await;
    assert_eq!(schema.header("content-type"), "application/xml");
    assert!(schema.text.contains("<EntityType Name=\"incident\""));
    assert!(
        schema
            .text
            .contains("<NavigationProperty Name=\"customerid_contact\" Type=\"mscrm.contact\"")
    );
    assert!(schema.text.contains("<EntitySet Name=\"incidents\""));
    assert!(schema.text.ends_with("</edmx:Edmx>"));
}

/// Source: Microsoft Learn, "Bulk operation messages" (availability) and "Register a webhook".
#[tokio::test]
async fn messages_and_their_filters_are_found_per_table() {
    let organisation = Organisation::start().await;
    let filters = organisation
        .get("sdkmessagefilters?$expand=sdkmessageid($select=name)&$filter=(sdkmessageid/name eq 'CreateMultiple' or sdkmessageid/name eq 'UpdateMultiple') and primaryobjecttypecode eq 'account'")
        .await
        .json();
    let mut names: Vec<&str> = filters["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["sdkmessageid"]["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["CreateMultiple", "UpdateMultiple"]);
    for message in [
        "Create",
        "Update",
        "Close",
        "SetState",
        "SetStateDynamicEntity",
        "Merge",
        "Assign",
        "Delete",
    ] {
        let found = organisation
            .get(&format!("sdkmessagefilters?$filter=sdkmessageid/name eq '{message}' and primaryobjecttypecode eq 'incident'"))
            .await
            .json();
        assert_eq!(found["value"].as_array().unwrap().len(), 1, "{message}");
    }
}

//! Tables, columns and relationships made at run time.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, Organisation};

fn label(text: &str) -> Value {
    json!({"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]})
}

fn text_column(schema: &str, primary: bool) -> Value {
    json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": schema, "DisplayName": label("Nome"),
        "MaxLength": 100, "FormatName": {"Value": "Text"}, "IsPrimaryName": primary, "RequiredLevel": {"Value": "None"}})
}

/// Source: Microsoft Learn, "Create and update table definitions using the Web API".
#[tokio::test]
async fn a_new_table_and_its_columns_can_be_used_at_once() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post("EntityDefinitions", json!({
            "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata", "SchemaName": "new_Dispositivo", "DisplayName": label("Dispositivo"),
            "DisplayCollectionName": label("Dispositivos"), "OwnershipType": "UserOwned", "HasNotes": true, "HasActivities": true, "IsActivity": false,
            "Attributes": [text_column("new_Nome", true)],
        }))
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    assert!(
        made.header("odata-entityid")
            .contains("/EntityDefinitions(")
    );
    let attributes = "EntityDefinitions(LogicalName='new_dispositivo')/Attributes";
    for column in [
        json!({"@odata.type": "Microsoft.Dynamics.CRM.IntegerAttributeMetadata", "SchemaName": "new_Erro", "MinValue": 0, "MaxValue": 99}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.DecimalAttributeMetadata", "SchemaName": "new_Nota", "Precision": 2}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.BooleanAttributeMetadata", "SchemaName": "new_Ligado", "DefaultValue": true,
            "OptionSet": {"TrueOption": {"Value": 1, "Label": label("Aceso")}, "FalseOption": {"Value": 0, "Label": label("Apagado")}}}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", "SchemaName": "new_Cor",
            "OptionSet": {"IsGlobal": false, "OptionSetType": "Picklist", "Options": [{"Value": 1, "Label": label("Vermello")}, {"Value": 2, "Label": label("Azul")}]}}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.MultiSelectPicklistAttributeMetadata", "SchemaName": "new_Usos",
            "OptionSet": {"Options": [{"Value": 1, "Label": label("Casa")}, {"Value": 2, "Label": label("Obra")}]}}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.DateTimeAttributeMetadata", "SchemaName": "new_Mercado", "Format": "DateOnly"}),
        json!({"@odata.type": "Microsoft.Dynamics.CRM.MemoAttributeMetadata", "SchemaName": "new_Notas", "MaxLength": 500}),
    ] {
        let made = organisation.post(attributes, column).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        assert!(made.header("odata-entityid").contains("/Attributes("));
    }
    let row = organisation
        .post("new_dispositivos", json!({"new_nome": "Caldeira", "new_erro": 12, "new_nota": 7.256, "new_cor": 2, "new_usos": "2,1", "new_mercado": "2026-02-01"}))
        .await;
    assert_eq!(row.status, StatusCode::NO_CONTENT, "{}", row.text);
    let read = Answer::of(
        organisation
            .request(Method::GET, &format!("new_dispositivos({})", row.key()))
            .header("Prefer", "odata.include-annotations=\"*\""),
    )
    .await
    .json();
    assert_eq!(read["new_nota"], 7.26);
    assert_eq!(read["new_ligado"], true);
    assert_eq!(read["new_usos"], "1,2");
    assert_eq!(
        read["new_usos@OData.Community.Display.V1.FormattedValue"],
        "Casa; Obra"
    );
    assert_eq!(
        read["new_cor@OData.Community.Display.V1.FormattedValue"],
        "Azul"
    );
    assert_eq!(read["statecode"], 0);
    organisation
        .post(
            "new_dispositivos",
            json!({"new_nome": "X", "new_erro": 100}),
        )
        .await
        .is_refused(400, "0x8004432f");
    organisation
        .post(
            "new_dispositivos",
            json!({"new_nome": "X", "new_usos": "3"}),
        )
        .await
        .is_refused(400, "0x8004431a");
    let note = organisation
        .post("annotations", json!({"subject": "Nota", "objectid_new_dispositivo@odata.bind": format!("/new_dispositivos({})", row.key())}))
        .await;
    assert_eq!(note.status, StatusCode::NO_CONTENT, "{}", note.text);
    let task = organisation
        .post("tasks", json!({"subject": "Reparar", "regardingobjectid_new_dispositivo_task@odata.bind": format!("/new_dispositivos({})", row.key())}))
        .await;
    assert_eq!(task.status, StatusCode::NO_CONTENT, "{}", task.text);
    let column = format!("{attributes}(LogicalName='new_erro')");
    let gone = Answer::of(organisation.request(Method::DELETE, &column)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    let read = organisation
        .get(&format!("new_dispositivos({})", row.key()))
        .await
        .json();
    assert!(read.get("new_erro").is_none());
    assert_eq!(
        (&read["new_nota"], &read["new_cor"]),
        (&json!(7.26), &json!(2))
    );
    let table = "EntityDefinitions(LogicalName='new_dispositivo')";
    let gone = Answer::of(organisation.request(Method::DELETE, table)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        organisation.get("new_dispositivos").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Source: Microsoft Learn, "Custom activities".
#[tokio::test]
async fn a_new_activity_has_parties_regards_rows_and_is_seen_among_all_activities() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post("EntityDefinitions", json!({
            "SchemaName": "cxl_Resposta", "DisplayName": label("Resposta"), "DisplayCollectionName": label("Respostas"), "OwnershipType": "UserOwned",
            "IsActivity": true, "HasNotes": true, "HasActivities": false, "ActivityTypeMask": 1,
            "Attributes": [text_column("Subject", true), {"@odata.type": "Microsoft.Dynamics.CRM.IntegerAttributeMetadata", "SchemaName": "cxl_NPS"}],
        }))
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let case = organisation.open_case("Non volverei").await;
    let row = organisation
        .post("cxl_respostas", json!({
            "subject": "Enquisa da tenda", "cxl_nps": 2,
            "regardingobjectid_incident_cxl_resposta@odata.bind": format!("/incidents({case})"),
            "cxl_resposta_activity_parties": [{"partyid_contact@odata.bind": format!("/contacts({IRIA})"), "participationtypemask": 11}],
        }))
        .await;
    assert_eq!(row.status, StatusCode::NO_CONTENT, "{}", row.text);
    let found = organisation
        .get(&format!(
            "incidents({case})/Incident_ActivityPointers?$select=subject,activitytypecode"
        ))
        .await
        .json();
    assert_eq!(found["value"][0]["activitytypecode"], "cxl_resposta");
    let parties = organisation
        .get(&format!(
            "cxl_respostas({})/cxl_resposta_activity_parties",
            row.key()
        ))
        .await
        .json();
    assert_eq!(parties["value"][0]["_partyid_value"], IRIA);
    let back = organisation
        .get(&format!(
            "incidents({case})/incident_cxl_respostas?$select=cxl_nps"
        ))
        .await
        .json();
    assert_eq!(back["value"][0]["cxl_nps"], 2);
}

/// Source: Microsoft Learn, "Create and update table relationships using the Web API"; a custom lookup is bound by its schema
/// name. Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
#[tokio::test]
async fn a_new_lookup_is_bound_by_its_schema_name_and_read_by_its_logical_name() {
    let organisation = Organisation::start().await;
    let made = organisation
        .post("RelationshipDefinitions", json!({
            "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata", "SchemaName": "new_account_incident",
            "ReferencedEntity": "account", "ReferencingEntity": "incident", "ReferencedAttribute": "accountid",
            "CascadeConfiguration": {"Delete": "Restrict"},
            "Lookup": {"@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata", "SchemaName": "new_Tenda", "DisplayName": label("Tenda")},
        }))
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let case = organisation.open_case("Avaría").await;
    let bind = async |name: &str| {
        organisation
            .patch(
                &format!("incidents({case})"),
                json!({format!("{name}@odata.bind"): format!("/accounts({ACCOUNT})")}),
            )
            .await
    };
    bind("new_tenda").await.is_refused(400, "0x80048d19");
    let bound = bind("new_Tenda").await;
    assert_eq!(bound.status, StatusCode::NO_CONTENT, "{}", bound.text);
    let read = organisation
        .get(&format!(
            "incidents({case})?$select=_new_tenda_value&$expand=new_Tenda($select=name)"
        ))
        .await
        .json();
    assert_eq!(read["_new_tenda_value"], ACCOUNT);
    assert_eq!(read["new_Tenda"]["name"], "Ultramarinos A Camelia");
    let back = organisation
        .get(&format!(
            "accounts({ACCOUNT})/new_account_incident?$select=title"
        ))
        .await
        .json();
    assert_eq!(back["value"][0]["title"], "Avaría");
    Answer::of(organisation.request(Method::DELETE, &format!("accounts({ACCOUNT})")))
        .await
        .is_refused(405, "0x80040227");
    let gone = Answer::of(organisation.request(
        Method::DELETE,
        "RelationshipDefinitions(SchemaName='new_account_incident')",
    ))
    .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    let read = organisation.get(&format!("incidents({case})")).await.json();
    assert!(read.get("_new_tenda_value").is_none());
    assert_eq!(read["title"], "Avaría");
}

/// Source: Microsoft Learn, "Create and update table relationships using the Web API" (customer lookups).
#[tokio::test]
async fn a_customer_lookup_leads_to_accounts_and_contacts() {
    let organisation = Organisation::start().await;
    let relationship = |parent: &str| json!({"SchemaName": format!("new_task_{parent}"), "ReferencedEntity": parent, "ReferencingEntity": "task", "RelationshipType": "OneToManyRelationship"});
    let made = organisation
        .post("CreateCustomerRelationships", json!({
            "OneToManyRelationships": [relationship("account"), relationship("contact")],
            "Lookup": {"@odata.type": "Microsoft.Dynamics.CRM.ComplexLookupAttributeMetadata", "AttributeType": "Lookup", "SchemaName": "new_Cliente"},
        }))
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.json()["RelationshipIds"].as_array().unwrap().len(), 2);
    for (navigation, target) in [
        ("new_Cliente_contact", format!("/contacts({IRIA})")),
        ("new_Cliente_account", format!("/accounts({ACCOUNT})")),
    ] {
        let task = organisation
            .post(
                "tasks",
                json!({"subject": "Chamar", format!("{navigation}@odata.bind"): target}),
            )
            .await;
        assert_eq!(
            task.status,
            StatusCode::NO_CONTENT,
            "{navigation} {}",
            task.text
        );
    }
}

/// Source: Microsoft Learn, "Create and update table definitions using the Web API" and "Create and update column definitions
/// using the Web API".
#[tokio::test]
async fn definitions_are_replaced_with_put_and_never_patched_and_those_of_the_product_stay() {
    let organisation = Organisation::start().await;
    let column = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='telephone2')";
    let replaced = Answer::of(
        organisation
            .request(Method::PUT, column)
            .header("MSCRM.MergeLabels", "true")
            .json(&json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "LogicalName": "telephone2", "SchemaName": "Telephone2", "DisplayName": label("Teléfono da tenda"), "MaxLength": 30})),
    )
    .await;
    assert_eq!(replaced.status, StatusCode::NO_CONTENT, "{}", replaced.text);
    let read = organisation.get(column).await.json();
    assert_eq!(
        read["DisplayName"]["UserLocalizedLabel"]["Label"],
        "Teléfono da tenda"
    );
    let patched = organisation.patch(column, json!({"MaxLength": 40})).await;
    assert_eq!(patched.status, StatusCode::METHOD_NOT_ALLOWED);
    for path in [column, "EntityDefinitions(LogicalName='account')"] {
        let gone = Answer::of(organisation.request(Method::DELETE, path)).await;
        assert_eq!(gone.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let again = organisation
        .post("EntityDefinitions(LogicalName='account')/Attributes", json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "Name"}))
        .await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    let published = organisation.post("PublishAllXml", json!({})).await;
    assert_eq!(published.status, StatusCode::NO_CONTENT);
    let published = organisation
        .post("PublishXml", json!({"ParameterXml": "<importexportxml><entities><entity>account</entity></entities></importexportxml>"}))
        .await;
    assert_eq!(published.status, StatusCode::NO_CONTENT);
}

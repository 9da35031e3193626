//! Tables, columns, keys and relationships as they are sent.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Organisation, body, header};
use crate::{
    Query, Request,
    metadata::{
        self, Column, KeyDefinition, KeyState, Label, Lookup, ManyToMany, Required, TableDefinition,
    },
};

fn galician(text: &str) -> Label {
    Label::new(text, 1_110)
}

fn response_table() -> TableDefinition {
    let subject = Column::text("Subject", galician("Asunto"), 200);
    TableDefinition::new(
        "cxl_Response",
        galician("Resposta"),
        galician("Respostas"),
        subject,
    )
}

async fn sent(requests: &[Request]) -> Vec<wiremock::Request> {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;
    for request in requests {
        organisation.client.send(request).await.unwrap();
    }
    organisation.requests().await
}

fn text_of(label: &Value) -> &Value {
    assert_eq!(label["@odata.type"], "Microsoft.Dynamics.CRM.Label");
    assert_eq!(label["LocalizedLabels"][0]["LanguageCode"], 1_110);
    &label["LocalizedLabels"][0]["Label"]
}

#[tokio::test]
async fn an_activity_table_is_made_with_its_name_column() {
    let table = response_table().as_activity().with_change_tracking();
    let request = metadata::create_table(&table).in_solution("cxloop");
    let sent = &sent(&[request]).await[0];

    assert_eq!(sent.url.path(), "/api/data/v9.2/EntityDefinitions");
    assert_eq!(sent.url.query(), None, "a tag is for rows only");
    assert_eq!(header(sent, "mscrm.solutionuniquename"), "cxloop");
    let body = body(sent);
    assert_eq!(text_of(&body["DisplayName"]), "Resposta");
    assert_eq!(text_of(&body["DisplayCollectionName"]), "Respostas");
    for (name, value) in [
        ("SchemaName", json!("cxl_Response")),
        ("OwnershipType", json!("UserOwned")),
        ("IsActivity", json!(true)),
        ("HasNotes", json!(true)),
        ("HasActivities", json!(false)),
        ("IsAvailableOffline", json!(true)),
        ("ActivityTypeMask", json!(1)),
        ("ChangeTrackingEnabled", json!(true)),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    let name = &body["Attributes"][0];
    assert_eq!(name["IsPrimaryName"], true);
    assert_eq!(name["SchemaName"], "Subject");
    assert_eq!(name["MaxLength"], 200);
}

#[tokio::test]
async fn a_plain_table_says_nothing_of_activities() {
    let table = response_table().with_notes().owned_by_organization();
    let sent = sent(&[metadata::create_table(&table)]).await;
    let body = body(&sent[0]);
    assert_eq!(body["OwnershipType"], "OrganizationOwned");
    assert_eq!(
        (&body["IsActivity"], &body["HasNotes"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(body["ActivityTypeMask"], Value::Null);
}

#[tokio::test]
async fn columns_of_every_type_are_added() {
    let (yes, no) = (galician("Si"), galician("Non"));
    let choices = [(1, galician("Promotor")), (2, galician("Detractor"))];
    let name = || galician("Columna");
    let columns = [
        (Column::text("cxl_Text", name(), 100), "String"),
        (Column::lines("cxl_Lines", name(), 2_000), "Memo"),
        (Column::whole("cxl_Whole", name(), 0, 10), "Integer"),
        (Column::decimal("cxl_Decimal", name(), 2, -1, 1), "Decimal"),
        (Column::moment("cxl_Moment", name()), "DateTime"),
        (Column::yes_no("cxl_YesNo", name(), &yes, &no), "Boolean"),
        (Column::choice("cxl_Choice", name(), &choices), "Picklist"),
    ];
    let requests: Vec<Request> = columns
        .iter()
        .map(|(column, _)| metadata::create_column("cxl_response", column))
        .collect();
    for (sent, (_, kind)) in sent(&requests).await.iter().zip(&columns) {
        assert_eq!(
            sent.url.path(),
            "/api/data/v9.2/EntityDefinitions(LogicalName='cxl_response')/Attributes"
        );
        let body = body(sent);
        assert_eq!(
            body["@odata.type"],
            format!("Microsoft.Dynamics.CRM.{kind}AttributeMetadata")
        );
        assert_eq!(text_of(&body["DisplayName"]), "Columna");
        assert_eq!(body["RequiredLevel"]["Value"], "None");
    }
}

#[tokio::test]
async fn a_column_is_replaced_and_not_patched() {
    let column = Column::text("cxl_Text", galician("Texto"), 300)
        .described(galician("Para que"))
        .required(Required::Recommended);
    let sent = &sent(&[metadata::replace_column("cxl_response", &column)]).await[0];
    assert_eq!(sent.method.as_str(), "PUT");
    assert!(
        sent.url
            .path()
            .ends_with("/Attributes(LogicalName='cxl_text')")
    );
    assert_eq!(header(sent, "mscrm.mergelabels"), "true");
    assert_eq!(text_of(&body(sent)["Description"]), "Para que");
    assert_eq!(body(sent)["RequiredLevel"]["Value"], "Recommended");
}

#[tokio::test]
async fn relationships_and_keys_are_made_and_taken_away() {
    let lookup = Lookup {
        schema_name: "cxl_incident_cxl_Response".to_owned(),
        to: "incident".to_owned(),
        from: "cxl_response".to_owned(),
        column: "cxl_Case".to_owned(),
        name: galician("Caso"),
        deletes_along: true,
    };
    let many = ManyToMany {
        schema_name: "cxl_list_cxl_Response".to_owned(),
        one: "list".to_owned(),
        other: "cxl_response".to_owned(),
        between: "cxl_list_response".to_owned(),
    };
    let key = KeyDefinition::new(
        "cxl_ByResponse",
        galician("Por resposta"),
        ["cxl_responseid"],
    );
    let sent = sent(&[
        metadata::create_lookup(&lookup),
        metadata::create_many_to_many(&many),
        metadata::create_key("cxl_response", &key),
        metadata::publish(["incident", "cxl_response"]),
        metadata::delete_key("cxl_response", "cxl_byresponse"),
        metadata::delete_relationship("cxl_incident_cxl_Response"),
        metadata::delete_column("cxl_response", "cxl_text"),
        metadata::delete_table("d'Antas"),
    ])
    .await;

    assert_eq!(body(&sent[0])["Lookup"]["SchemaName"], "cxl_Case");
    assert_eq!(body(&sent[0])["CascadeConfiguration"]["Delete"], "Cascade");
    assert_eq!(body(&sent[1])["IntersectEntityName"], "cxl_list_response");
    assert_eq!(body(&sent[2])["KeyAttributes"], json!(["cxl_responseid"]));
    assert_eq!(
        body(&sent[3])["ParameterXml"],
        "<importexportxml><entities><entity>incident</entity><entity>cxl_response</entity></entities></importexportxml>"
    );
    let paths: Vec<&str> = sent[4..].iter().map(|request| request.url.path()).collect();
    let root = "/api/data/v9.2/EntityDefinitions(LogicalName='cxl_response')";
    assert_eq!(
        paths,
        [
            &format!("{root}/Keys(LogicalName='cxl_byresponse')"),
            "/api/data/v9.2/RelationshipDefinitions(SchemaName='cxl_incident_cxl_Response')",
            &format!("{root}/Attributes(LogicalName='cxl_text')"),
            "/api/data/v9.2/EntityDefinitions(LogicalName='d%27%27Antas')",
        ]
    );
    assert!(
        sent[4..]
            .iter()
            .all(|request| request.method.as_str() == "DELETE")
    );
}

#[tokio::test]
async fn definitions_are_read_as_they_stand() {
    let query = Query::new().select(["LogicalName", "EntitySetName"]);
    let sent = sent(&[
        metadata::table("incident", &query),
        metadata::columns("incident", &query),
        metadata::choices("incident"),
    ])
    .await;
    assert!(
        sent.iter()
            .all(|request| header(request, "consistency") == "Strong")
    );
    assert!(
        sent[2]
            .url
            .path()
            .ends_with("/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata")
    );
}

#[tokio::test]
async fn the_state_of_a_key_is_one_look() {
    for (text, state) in [
        ("Pending", Some(KeyState::Pending)),
        ("InProgress", Some(KeyState::InProgress)),
        ("Active", Some(KeyState::Active)),
        ("Failed", Some(KeyState::Failed)),
        ("Outro", None),
    ] {
        let organisation = Organisation::start().await;
        let answer =
            ResponseTemplate::new(200).set_body_json(json!({"EntityKeyIndexStatus": text}));
        organisation.answers(answer).await;
        let found = organisation.client.key_state("account", "cxl_key").await;
        assert_eq!(found.ok(), state, "{text}");
    }
}

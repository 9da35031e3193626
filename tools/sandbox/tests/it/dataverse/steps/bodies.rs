//! The bodies that webhooks are sent: their keys, and how each kind of value is written.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events" and "RemoteExecutionContext class".

use serde_json::{Value, json};

use super::super::organisation::{ACCOUNT, AGENT, Answer, IRIA};
use super::receiver::{keys, pair, target};
use super::registered::Registered;
use reqwest::Method;

const CONTRACTS: &str = "http://schemas.microsoft.com/xrm/2011/Contracts";

/// Every key of a context, in the order in which the serializer writes them.
const KEYS: &[&str] = &[
    "BusinessUnitId",
    "CorrelationId",
    "Depth",
    "InitiatingUserAgent",
    "InitiatingUserAzureActiveDirectoryObjectId",
    "InitiatingUserId",
    "InputParameters",
    "IsExecutingOffline",
    "IsInTransaction",
    "IsOfflinePlayback",
    "IsolationMode",
    "MessageName",
    "Mode",
    "OperationCreatedOn",
    "OperationId",
    "OrganizationId",
    "OrganizationName",
    "OutputParameters",
    "OwningExtension",
    "ParentContext",
    "PostEntityImages",
    "PreEntityImages",
    "PrimaryEntityId",
    "PrimaryEntityName",
    "RequestId",
    "SecondaryEntityName",
    "SharedVariables",
    "Stage",
    "UserAzureActiveDirectoryObjectId",
    "UserId",
];
/// The keys of a row.
const ROW: &[&str] = &[
    "Attributes",
    "EntityState",
    "FormattedValues",
    "Id",
    "KeyAttributes",
    "LogicalName",
    "RelatedEntities",
    "RowVersion",
];
/// The keys of a reference to a row.
const REFERENCE: &[&str] = &["Id", "KeyAttributes", "LogicalName", "Name", "RowVersion"];

fn names(object: &Value) -> Vec<&str> {
    let object = object
        .as_object()
        .unwrap_or_else(|| panic!("no object: {object}"));
    let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn typed(kind: &str) -> Value {
    json!(format!("{kind}:{CONTRACTS}"))
}

#[tokio::test]
async fn a_new_row_is_told_with_all_that_was_set_and_defaulted() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    let id = registered
        .organisation
        .open_case("Avaría \"grave\" n.º 1/2 na Coruña")
        .await;
    let body = &registered.told().await[0];
    assert_eq!(names(body), KEYS);
    let parent = &body["ParentContext"];
    assert_eq!(names(parent), KEYS);
    for (context, stage) in [(body, 40), (parent, 30)] {
        assert_eq!(context["Stage"], json!(stage));
        assert_eq!(context["MessageName"], json!("Create"));
        assert_eq!(context["Mode"], json!(1));
        assert_eq!(context["Depth"], json!(1));
        assert_eq!(context["IsInTransaction"], json!(false));
        assert_eq!(context["PrimaryEntityName"], json!("incident"));
        assert_eq!(context["PrimaryEntityId"], json!(id));
        assert_eq!(context["SecondaryEntityName"], json!("none"));
        assert_eq!(context["OwningExtension"]["Id"], json!(step));
        assert_eq!(context["OwningExtension"]["Name"], json!(null));
        assert_eq!(names(&context["OwningExtension"]), REFERENCE);
        assert_eq!(
            context["OperationCreatedOn"],
            json!("/Date(1780000000000+0000)/")
        );
    }
    assert_eq!(parent["ParentContext"], json!(null));
    assert_eq!(parent["OutputParameters"], json!([]));
    assert_eq!(
        body["OutputParameters"],
        json!([{"key": "id", "value": id}])
    );
    assert_ne!(
        body["OperationId"], body["RequestId"],
        "an asynchronous operation is its job"
    );
    assert_eq!(keys(&body["InputParameters"]), ["Target"]);
    assert_eq!(
        keys(&parent["InputParameters"]),
        ["Target", "SuppressDuplicateDetection"]
    );
    let row = pair(&body["InputParameters"], "Target");
    assert_eq!(row["__type"], typed("Entity"));
    assert_eq!(names(row), [ROW, &["__type"]].concat());
    assert_eq!(target(body, "title"), "Avaría \"grave\" n.º 1/2 na Coruña");
    assert_eq!(*target(body, "incidentid"), json!(id));
    assert_eq!(*target(body, "createdon"), json!("/Date(1780000000000)/"));
    assert_eq!(
        *target(body, "prioritycode"),
        json!({"__type": typed("OptionSetValue"), "Value": 2})
    );
    assert_eq!(*target(body, "isescalated"), json!(false));
    assert_eq!(*target(body, "modifiedonbehalfby"), json!(null));
    let customer = target(body, "customerid");
    assert_eq!(names(customer), [REFERENCE, &["__type"]].concat());
    assert_eq!(customer["__type"], typed("EntityReference"));
    assert_eq!(
        (&customer["LogicalName"], &customer["Name"]),
        (&json!("contact"), &json!(null))
    );
    let texts = &row["FormattedValues"];
    assert_eq!(pair(texts, "prioritycode"), "Normal");
    assert_eq!(pair(texts, "statecode"), "Active");
    assert_eq!(pair(texts, "isescalated"), "No");
    assert_eq!(pair(texts, "createdon"), "2026-05-28T20:26:40-00:00");
    assert_eq!(
        *pair(texts, "customerid"),
        json!(null),
        "lookups have no text in a request"
    );
}

#[tokio::test]
async fn types_stand_first_and_slashes_are_escaped() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    registered.organisation.open_case("1/2").await;
    registered.told().await;
    let text = registered.receiver.only().text;
    assert!(text.contains(r#"{"__type":"OptionSetValue:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Value":1}"#), "{text}");
    assert!(
        text.contains(r#""value":{"__type":"Entity:http:\/\/schemas.microsoft.com"#),
        "{text}"
    );
    assert!(
        text.contains(r#""\/Date(1780000000000)\/""#) && text.contains(r#""1\/2""#),
        "{text}"
    );
}

#[tokio::test]
async fn the_headers_name_the_environment_the_table_and_the_message() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    registered.organisation.open_case("Avaría").await;
    let body = &registered.told().await[0];
    let call = registered.receiver.only();
    assert_eq!(
        call.path, "/hooks/caso?code=segredo",
        "a WebhookKey travels as code"
    );
    assert_eq!(call.header("content-type"), Some("application/json"));
    assert_eq!(call.header("x-ms-dynamics-organization"), Some("127.0.0.1"));
    assert_eq!(call.header("x-ms-dynamics-entity-name"), Some("incident"));
    assert_eq!(call.header("x-ms-dynamics-request-name"), Some("Create"));
    assert_eq!(
        call.header("x-ms-correlation-request-id"),
        body["CorrelationId"].as_str()
    );
    assert_eq!(call.header("x-ms-dynamics-msg-size-exceeded"), None);
}

#[tokio::test]
async fn an_update_tells_what_the_request_named_and_who_changed_it() {
    let registered = Registered::start().await;
    registered.step("Update", "contact", json!({})).await;
    let organisation = &registered.organisation;
    organisation
        .patch(
            &format!("contacts({IRIA})"),
            json!({"firstname": "Íria", "jobtitle": null}),
        )
        .await;
    let body = &registered.told().await[0];
    let row = pair(&body["InputParameters"], "Target");
    let named = [
        "firstname",
        "jobtitle",
        "fullname",
        "contactid",
        "modifiedon",
        "modifiedby",
        "modifiedonbehalfby",
    ];
    assert_eq!(keys(&row["Attributes"]), named);
    assert_eq!(row["FormattedValues"], json!([]));
    assert_eq!(*target(body, "jobtitle"), json!(null));
    assert_eq!(target(body, "fullname"), "Íria Fernández Núñez");
    let parent = pair(&body["ParentContext"]["InputParameters"], "Target");
    assert_eq!(
        keys(&parent["Attributes"]),
        ["firstname", "jobtitle", "contactid"]
    );
    assert_eq!(body["OutputParameters"], json!([]));
    let changed = pair(
        &body["ParentContext"]["SharedVariables"],
        "ChangedEntityTypes",
    );
    let expected = json!([{"__type": "KeyValuePairOfstringstring:#System.Collections.Generic", "key": "contact", "value": "Update"}]);
    assert_eq!(*changed, expected);
}

#[tokio::test]
async fn money_is_told_in_its_own_type_and_days_as_midnight() {
    let registered = Registered::start().await;
    registered.step("Create", "opportunity", json!({})).await;
    let body = json!({"name": "Forno novo", "customerid_account@odata.bind": format!("/accounts({ACCOUNT})"), "estimatedvalue": 2154.32, "estimatedclosedate": "2026-06-30"});
    registered.organisation.post("opportunities", body).await;
    let body = &registered.told().await[0];
    assert_eq!(
        *target(body, "estimatedvalue"),
        json!({"__type": typed("Money"), "Value": 2154.32})
    );
    assert_eq!(
        *target(body, "estimatedclosedate"),
        json!("/Date(1782777600000)/")
    );
}

#[tokio::test]
async fn the_parties_of_an_activity_are_a_collection() {
    let registered = Registered::start().await;
    registered.step("Create", "email", json!({})).await;
    let body = json!({"subject": "Desculpas", "email_activity_parties": [
        {"partyid_systemuser@odata.bind": format!("/systemusers({AGENT})"), "participationtypemask": 1},
        {"partyid_contact@odata.bind": format!("/contacts({IRIA})"), "participationtypemask": 2},
    ]});
    let answer = registered.organisation.post("emails", body).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let body = &registered.told().await[0];
    let to = target(body, "to");
    assert_eq!(to["__type"], typed("EntityCollection"));
    assert_eq!(
        (&to["EntityName"], &to["MoreRecords"]),
        (&json!("activityparty"), &json!(false))
    );
    let party = &to["Entities"][0];
    assert_eq!(names(party), ROW, "rows inside a collection carry no type");
    assert_eq!(
        pair(&party["Attributes"], "partyid")["Name"],
        json!("Iria Fernández Núñez")
    );
    let from = &target(body, "from")["Entities"][0];
    assert_eq!(
        pair(&from["Attributes"], "partyid")["LogicalName"],
        json!("systemuser")
    );
}

/// Source: Microsoft Learn, "Use optional parameters" (add a shared variable).
#[tokio::test]
async fn the_tag_of_a_request_is_a_shared_variable() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    let case =
        json!({"title": "Avaría", "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
    let organisation = &registered.organisation;
    organisation
        .post("incidents?tag=cxloop%3Arsp-1", case)
        .await;
    let body = &registered.told().await[0];
    for context in [body, &body["ParentContext"]] {
        assert_eq!(pair(&context["SharedVariables"], "tag"), "cxloop:rsp-1");
        assert_eq!(
            *pair(&context["SharedVariables"], "IsAutoTransact"),
            json!(true)
        );
    }
}

#[tokio::test]
async fn the_programs_user_and_name_are_told() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    let organisation = &registered.organisation;
    let who = organisation.get("WhoAmI").await.json();
    let case =
        json!({"title": "Avaría", "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
    let request = organisation.request(Method::POST, "incidents").json(&case);
    Answer::of(
        request
            .header("user-agent", "proba/1.0")
            .header("accept-language", "gl-ES"),
    )
    .await;
    let body = &registered.told().await[0];
    assert_eq!(body["InitiatingUserAgent"], json!("proba/1.0"));
    assert_eq!(pair(&body["SharedVariables"], "AcceptLang"), "gl-ES");
    for key in ["UserId", "InitiatingUserId"] {
        assert_eq!(body[key], who["UserId"]);
    }
    assert_eq!(body["OrganizationId"], who["OrganizationId"]);
    assert_eq!(body["BusinessUnitId"], who["BusinessUnitId"]);
}

/// Source: Microsoft Learn, "Use webhooks to create external handlers for server events" (payload of more than 256 KB).
#[tokio::test]
async fn a_body_over_256_kilobytes_loses_its_parameters_its_images_and_its_parent() {
    let registered = Registered::start().await;
    registered.step("Create", "annotation", json!({})).await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let note = |length: usize| json!({"subject": "Longa", "notetext": "a".repeat(length), "objectid_incident@odata.bind": format!("/incidents({case})")});
    organisation.post("annotations", note(50_000)).await;
    let large = json!({"subject": "Anexo", "documentbody": "YWJj".repeat(40_000), "filename": "avaría.txt", "objectid_incident@odata.bind": format!("/incidents({case})")});
    let large = organisation.post("annotations", large).await.key();
    registered.told().await;
    let calls = registered.receiver.calls();
    assert_eq!(calls[0].header("x-ms-dynamics-msg-size-exceeded"), None);
    assert_eq!(
        calls[1].header("x-ms-dynamics-msg-size-exceeded"),
        Some("true")
    );
    let body = calls[1].json();
    let kept: Vec<&str> = KEYS
        .iter()
        .copied()
        .filter(|key| {
            ![
                "ParentContext",
                "InputParameters",
                "PreEntityImages",
                "PostEntityImages",
            ]
            .contains(key)
        })
        .collect();
    assert_eq!(names(&body), kept);
    assert_eq!(
        (&body["PrimaryEntityName"], &body["PrimaryEntityId"]),
        (&json!("annotation"), &json!(large))
    );
}

//! Who is calling, for whom, and what they may not do.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{AGENT, Answer, IRIA, NOWHERE, Organisation};

const APPLICATION: &str = "5a4db0c5-0001-4000-8000-000000000001";

impl Organisation {
    async fn acting(&self, header: &str, value: &str, method: Method, path: &str) -> Answer {
        let request = self.request(method, path).header(header, value);
        Answer::of(request.json(&json!({"lastname": "x"}))).await
    }

    async fn user(&self) -> uuid::Uuid {
        self.get("WhoAmI").await.json()["UserId"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }
}

/// Source: Microsoft Learn, "Impersonate another user using the Web API".
#[tokio::test]
async fn a_row_made_for_somebody_names_both_users() {
    let organisation = Organisation::start().await;
    let made = organisation
        .acting("MSCRMCallerID", AGENT, Method::POST, "contacts")
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let row = organisation
        .get(&format!("contacts({})", made.key()))
        .await
        .json();
    assert_eq!(
        [
            &row["_createdby_value"],
            &row["_createdonbehalfby_value"],
            &row["_ownerid_value"],
            &row["_modifiedonbehalfby_value"]
        ],
        [AGENT, APPLICATION, AGENT, APPLICATION]
    );
    let path = format!("contacts({})", made.key());
    organisation.patch(&path, json!({"firstname": "y"})).await;
    let row = organisation.get(&path).await.json();
    assert_eq!(
        (&row["_modifiedby_value"], &row["_modifiedonbehalfby_value"]),
        (&json!(APPLICATION), &Value::Null)
    );
}

/// Source: Microsoft Learn, "Impersonate another user using the Web API".
#[tokio::test]
async fn a_user_is_found_by_its_object_id_in_the_directory_too() {
    let organisation = Organisation::start().await;
    let agent = organisation
        .get(&format!("systemusers({AGENT})"))
        .await
        .json();
    let object = agent["azureactivedirectoryobjectid"].as_str().unwrap();
    assert_ne!(object, AGENT);
    let asked = organisation
        .acting("CallerObjectId", object, Method::GET, "WhoAmI")
        .await;
    assert_eq!(asked.json()["UserId"], AGENT, "{}", asked.text);
    for (header, value) in [
        ("CallerObjectId", NOWHERE),
        ("MSCRMCallerID", NOWHERE),
        ("MSCRMCallerID", "somebody"),
    ] {
        organisation
            .acting(header, value, Method::GET, "WhoAmI")
            .await
            .is_refused(403, "0x80072560");
    }
}

/// Source: Microsoft Learn, "Impersonate another user using the Web API" (prvActOnBehalfOfAnotherUser).
#[tokio::test]
async fn acting_for_others_is_a_privilege_and_gives_no_more_than_both_have() {
    let organisation = Organisation::start().await;
    let application = organisation.user().await;
    let agent = AGENT.parse().unwrap();
    organisation.dataverse.deny(agent, "prvCreateContact");
    organisation
        .acting("MSCRMCallerID", AGENT, Method::POST, "contacts")
        .await
        .is_refused(403, "0x80040220");
    organisation.dataverse.allow(agent, "prvCreateContact");
    organisation
        .dataverse
        .deny(application, "prvActOnBehalfOfAnotherUser");
    let refused = organisation
        .acting("MSCRMCallerID", AGENT, Method::POST, "contacts")
        .await;
    refused.is_refused(403, "0x80040220");
    assert!(
        refused
            .text
            .contains("is missing prvActOnBehalfOfAnotherUser privilege"),
        "{}",
        refused.text
    );
    let own = organisation
        .acting("MSCRMCallerID", APPLICATION, Method::POST, "contacts")
        .await;
    assert_eq!(own.status, StatusCode::NO_CONTENT, "nobody else is named");
}

/// Source: Microsoft Learn, "Use single-tenant server-to-server authentication" and "OAuth 2.0 client credentials flow".
#[tokio::test]
async fn another_program_is_another_user_and_a_disabled_one_is_refused() {
    let organisation = Organisation::start().await;
    let user = organisation.dataverse.add_application("other", "segredo");
    let token = organisation.token("other", "segredo").await;
    let asked = || {
        let request = organisation
            .http
            .get(format!("{}/api/data/v9.2/WhoAmI", organisation.root));
        Answer::of(request.bearer_auth(&token))
    };
    assert_eq!(asked().await.json()["UserId"], user.to_string());
    organisation
        .patch(&format!("systemusers({user})"), json!({"isdisabled": true}))
        .await;
    asked().await.is_refused(403, "0x80040225");
}

/// Source: Microsoft Learn, "Security roles and privileges" and "Compose HTTP requests and handle errors" (403).
#[tokio::test]
async fn what_a_user_lacks_the_privilege_for_is_refused() {
    let organisation = Organisation::start().await;
    let application = organisation.user().await;
    let case = organisation.open_case("x").await;
    let path = format!("incidents({case})");
    for privilege in [
        "prvReadContact",
        "prvWriteIncident",
        "prvDeleteIncident",
        "prvCreateNote",
        "prvCreateActivity",
        "prvAssignQueue",
    ] {
        organisation.dataverse.deny(application, privilege);
    }
    let delete = Answer::of(organisation.request(Method::DELETE, &path)).await;
    delete.is_refused(403, "0x80040220");
    assert!(delete.text.contains("on OTC=112 for entity 'incident'"));
    for answer in [
        organisation.patch(&path, json!({"title": "y"})).await,
        organisation.get("contacts").await,
        organisation.get(&format!("contacts({IRIA})")).await,
        organisation
            .post("annotations", json!({"subject": "x"}))
            .await,
        organisation.post("tasks", json!({"subject": "x"})).await,
        organisation
            .patch(
                "queues(5a4db0c5-0003-4000-8000-000000000001)",
                json!({"ownerid@odata.bind": format!("/systemusers({AGENT})")}),
            )
            .await,
    ] {
        answer.is_refused(403, "0x80040220");
    }
    let read = organisation.get(&path).await;
    assert_eq!(read.status, StatusCode::OK);
    organisation
        .dataverse
        .allow(application, "prvWriteIncident");
    let written = organisation.patch(&path, json!({"title": "y"})).await;
    assert_eq!(written.status, StatusCode::NO_CONTENT);
}

/// Source: Microsoft Learn, "Bypass custom Dataverse logic".
#[tokio::test]
async fn skipping_custom_logic_is_a_privilege_and_has_a_form() {
    let organisation = Organisation::start().await;
    let logic = "MSCRM.BypassBusinessLogicExecution";
    let steps = "MSCRM.BypassBusinessLogicExecutionStepIds";
    let ask = async |header: &str, value: &str| {
        organisation
            .acting(header, value, Method::POST, "contacts")
            .await
    };
    for (header, value) in [
        (logic, "CustomSync,CustomAsync"),
        (steps, NOWHERE),
        ("MSCRM.BypassCustomPluginExecution", "true"),
        ("MSCRM.SuppressCallbackRegistrationExpanderJob", "true"),
    ] {
        assert_eq!(ask(header, value).await.status, StatusCode::NO_CONTENT);
    }
    ask(logic, "Everything").await.is_refused(400, "0x80040203");
    ask(steps, &[NOWHERE; 4].join(","))
        .await
        .is_refused(400, "0x80040203");
    let application = organisation.user().await;
    organisation
        .dataverse
        .deny(application, "prvBypassCustomBusinessLogic");
    organisation
        .dataverse
        .deny(application, "prvBypassCustomPlugins");
    ask(logic, "CustomSync").await.is_refused(403, "0x80040220");
    ask(steps, NOWHERE).await.is_refused(403, "0x80040220");
    ask("MSCRM.BypassCustomPluginExecution", "true")
        .await
        .is_refused(403, "0x80040220");
}

/// Source: Microsoft Learn, "Compose HTTP requests and handle errors" (include more details with errors).
#[tokio::test]
async fn a_refusal_has_more_details_for_whoever_prefers_them() {
    let organisation = Organisation::start().await;
    let path = format!("contacts({NOWHERE})");
    let plain = organisation.get(&path).await.json();
    assert_eq!(plain["error"].as_object().unwrap().len(), 2, "{plain}");
    let request = organisation
        .request(Method::GET, &path)
        .header("Prefer", "odata.include-annotations=\"*\"");
    let full = Answer::of(request).await.json();
    let error = &full["error"];
    assert_eq!(
        error["@Microsoft.PowerApps.CDS.InnerError.Message"],
        error["message"]
    );
    assert!(
        error["@Microsoft.PowerApps.CDS.HelpLink"]
            .as_str()
            .unwrap()
            .contains("80040217"),
        "{full}"
    );
    let request = organisation.request(Method::GET, &path).header(
        "Prefer",
        "odata.include-annotations=\"Microsoft.PowerApps.CDS.HelpLink\"",
    );
    let one = Answer::of(request).await.json();
    assert_eq!(one["error"].as_object().unwrap().len(), 3, "{one}");
}

/// Source: Microsoft Learn, "Security roles and privileges".
#[tokio::test]
async fn actions_definitions_and_joined_reads_ask_for_privileges_too() {
    let organisation = Organisation::start().await;
    let application = organisation.user().await;
    let case = organisation.open_case("Avaría").await;
    let other = organisation.open_case("A mesma avaría").await;
    for privilege in ["prvWriteIncident", "prvCreateAttribute", "prvReadContact"] {
        organisation.dataverse.deny(application, privilege);
    }
    let row =
        |id: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id});
    let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "new_Nota"});
    for answer in [
        organisation.close_case(&case).await,
        organisation
            .post("Merge", json!({"Target": row(&case), "Subordinate": row(&other), "PerformParentingChecks": false}))
            .await,
        organisation
            .post("EntityDefinitions(LogicalName='contact')/Attributes", column)
            .await,
        organisation
            .get(&format!("incidents({case})?$expand=customerid_contact"))
            .await,
        organisation
            .get(&format!("incidents({case})/customerid_contact"))
            .await,
    ] {
        answer.is_refused(403, "0x80040220");
    }
}

#[tokio::test]
#[should_panic(expected = "prvReadContcat")]
async fn a_privilege_that_nothing_asks_for_cannot_be_taken_away() {
    let organisation = Organisation::start().await;
    let application = organisation.user().await;
    organisation.dataverse.deny(application, "prvReadContcat");
}

//! Functions and the forms in which they are called. Source: Microsoft Learn, "Use Web API functions", "Use Web API actions"
//! and "Create a table row using the Web API" (create a new row from another row).

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::organisation::{ACCOUNT, Answer, Organisation};

#[tokio::test]
async fn the_organisation_tells_its_version_and_itself() {
    let organisation = Organisation::start().await;
    for form in ["RetrieveVersion", "RetrieveVersion()"] {
        let version = organisation.get(form).await.json();
        assert!(version["Version"].as_str().unwrap().starts_with("9.2."));
    }
    let own = organisation
        .get("RetrieveCurrentOrganization(AccessType=@p)?@p=Microsoft.Dynamics.CRM.EndpointAccessType'Default'")
        .await;
    let detail = &own.json()["Detail"];
    assert_eq!(detail["State"], "Enabled", "{}", own.text);
    assert_eq!(
        detail["Endpoints"]["Values"][1],
        format!("{}/api/data/v9.2/", organisation.root)
    );
}

#[tokio::test]
async fn functions_are_got_and_actions_are_posted() {
    let organisation = Organisation::start().await;
    for name in ["Merge", "CloseIncident", "WinOpportunity", "GrantAccess"] {
        let answer = organisation.get(name).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    for name in ["WhoAmI", "RetrieveVersion"] {
        let answer = organisation.post(name, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    let bound = organisation
        .get(&format!(
            "accounts({ACCOUNT})/Microsoft.Dynamics.CRM.QualifyLead"
        ))
        .await;
    assert_eq!(bound.status, StatusCode::NOT_FOUND);
    let without_its_full_name = organisation.post("leads/QualifyLead", json!({})).await;
    assert_eq!(without_its_full_name.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_row_begins_with_what_another_tells_and_can_be_posted_as_it_is() {
    let organisation = Organisation::start().await;
    let path = format!(
        "InitializeFrom(EntityMoniker=@p1,TargetEntityName=@p2,TargetFieldType=@p3)?@p1={{'@odata.id':'accounts({ACCOUNT})'}}&@p2='account'&@p3=Microsoft.Dynamics.CRM.TargetFieldType'ValidForCreate'"
    );
    let begun = organisation.get(&path).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let mut row = begun.json();
    assert_eq!(row["address1_city"], "Vigo");
    row["name"] = json!("Filial");
    let made = organisation.post("accounts", row).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let made = organisation
        .get(&format!("accounts({})", made.key()))
        .await
        .json();
    assert_eq!(
        (&made["_parentaccountid_value"], &made["address1_city"]),
        (&json!(ACCOUNT), &json!("Vigo"))
    );
    let unmapped = path.replace("'account'", "'queue'");
    organisation
        .get(&unmapped)
        .await
        .is_refused(400, "0x80040e01");
}

#[tokio::test]
async fn every_answer_says_which_request_it_is_for() {
    let organisation = Organisation::start().await;
    let request = organisation.request(Method::GET, "WhoAmI").header(
        "x-ms-client-request-id",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    );
    let first = Answer::of(request).await;
    let second = organisation.get("WhoAmI").await;
    for answer in [&first, &second] {
        assert_eq!(answer.header("x-ms-service-request-id").len(), 36);
    }
    assert_ne!(
        first.header("x-ms-service-request-id"),
        second.header("x-ms-service-request-id")
    );
}

/// Source: Microsoft Learn, "RetrieveUserPrivileges function".
#[tokio::test]
async fn a_user_is_told_the_privileges_that_were_not_taken_away() {
    let organisation = Organisation::start().await;
    let user = organisation.get("WhoAmI").await.json()["UserId"]
        .as_str()
        .unwrap()
        .to_owned();
    let names = async || {
        let path = format!("systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges");
        let answer = organisation.get(&path).await.json();
        let rows = answer["RolePrivileges"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["PrivilegeName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let has = |names: &[String], name: &str| names.iter().any(|one| one == name);
    let before = names().await;
    assert!(has(&before, "prvCreateIncident") && has(&before, "prvAppendToContact"));
    organisation
        .dataverse
        .deny(user.parse().unwrap(), "prvCreateIncident");
    assert!(!has(&names().await, "prvCreateIncident"));
}

//! Which messages tell of what.
//! Sources: Microsoft Learn, "Incident (case) entity" (messages), "CloseIncident action", "Merge table rows", "Use bulk operation
//! messages" and "Update and delete table rows using the Web API".

use serde_json::{Value, json};

use super::super::organisation::{ACCOUNT, AGENT, IRIA};
use super::receiver::{keys, pair, target};
use super::registered::{Registered, made};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

async fn watching(messages: &[&str], table: &str) -> Registered {
    let registered = Registered::start().await;
    for message in messages {
        registered.step(message, table, json!({})).await;
    }
    registered
}

fn of<'b>(bodies: &'b [Value], message: &str) -> &'b Value {
    let found = bodies.iter().find(|body| body["MessageName"] == message);
    found.unwrap_or_else(|| panic!("no {message} in {bodies:#?}"))
}

#[tokio::test]
async fn a_closed_case_is_told_twice_and_the_close_has_no_target() {
    let registered = watching(&["Close", "CloseIncident", "Update"], "incident").await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    assert_eq!(organisation.close_case(&case).await.status, 204);
    let bodies = registered.told().await;
    let mut messages = registered.receiver.messages();
    messages.sort_unstable();
    assert_eq!(messages, ["Close", "Update"]);
    let close = of(&bodies, "Close");
    assert_eq!(
        keys(&close["InputParameters"]),
        ["IncidentResolution", "Status"]
    );
    assert_eq!(close["PrimaryEntityId"], json!(NOBODY));
    assert_eq!(close["PrimaryEntityName"], json!("incident"));
    assert_eq!(close["ParentContext"], json!(null));
    assert_eq!(close["PostEntityImages"], json!([]));
    let resolution = pair(&close["InputParameters"], "IncidentResolution");
    assert_eq!(
        (&resolution["LogicalName"], &resolution["Id"]),
        (&json!("incidentresolution"), &json!(NOBODY))
    );
    assert_eq!(
        pair(&resolution["Attributes"], "subject"),
        "Avaría reparada"
    );
    let about = pair(&resolution["Attributes"], "incidentid");
    assert_eq!(
        (&about["LogicalName"], &about["Id"]),
        (&json!("incident"), &json!(case))
    );
    assert_eq!(pair(&close["InputParameters"], "Status")["Value"], json!(5));
    let update = of(&bodies, "Update");
    assert_eq!(target(update, "statecode")["Value"], json!(1));
    assert_eq!(target(update, "statuscode")["Value"], json!(5));
    assert_eq!(update["PrimaryEntityId"], json!(case));
    assert_eq!(update["Depth"], json!(2), "it happens inside the other");
    assert_eq!(close["Depth"], json!(1));
    assert_eq!(update["CorrelationId"], close["CorrelationId"]);
}

#[tokio::test]
async fn a_state_that_is_written_is_an_update() {
    let registered = watching(&["Update", "SetState", "SetStateDynamicEntity"], "incident").await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    organisation
        .patch(&format!("incidents({case})"), json!({"statecode": 2}))
        .await;
    let bodies = registered.told().await;
    assert_eq!(registered.receiver.messages(), ["Update"]);
    assert_eq!(
        target(&bodies[0], "statuscode")["Value"],
        json!(6),
        "a state brings its reason"
    );
}

#[tokio::test]
async fn an_older_environment_tells_of_states_by_their_own_messages() {
    let registered = watching(&["Update", "SetState", "SetStateDynamicEntity"], "incident").await;
    let organisation = &registered.organisation;
    organisation.dataverse.tell_states_by_older_messages(true);
    let case = organisation.open_case("Avaría").await;
    organisation
        .patch(
            &format!("incidents({case})"),
            json!({"statecode": 2, "statuscode": 6}),
        )
        .await;
    let bodies = registered.told().await;
    assert_eq!(
        registered.receiver.messages(),
        ["SetState", "SetStateDynamicEntity"]
    );
    for body in &bodies {
        assert_eq!(
            keys(&body["InputParameters"]),
            ["EntityMoniker", "State", "Status"]
        );
        assert_eq!(
            pair(&body["InputParameters"], "EntityMoniker")["Id"],
            json!(case)
        );
        assert_eq!(pair(&body["InputParameters"], "State")["Value"], json!(2));
    }
}

#[tokio::test]
async fn a_merge_tells_of_both_cases_and_of_the_one_that_goes_out() {
    let registered = watching(&["Merge", "Update"], "incident").await;
    let organisation = &registered.organisation;
    let (kept, gone) = (
        organisation.open_case("Unha").await,
        organisation.open_case("Outra").await,
    );
    let row =
        |id: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id});
    let body =
        json!({"Target": row(&kept), "Subordinate": row(&gone), "PerformParentingChecks": false});
    assert_eq!(organisation.post("Merge", body).await.status, 204);
    let bodies = registered.told().await;
    let merge = of(&bodies, "Merge");
    assert_eq!(merge["PrimaryEntityId"], json!(kept));
    assert_eq!(pair(&merge["InputParameters"], "Target")["Id"], json!(kept));
    assert_eq!(
        *pair(&merge["InputParameters"], "SubordinateId"),
        json!(gone)
    );
    let update = of(&bodies, "Update");
    assert_eq!(update["PrimaryEntityId"], json!(gone));
    assert_eq!(target(update, "statuscode")["Value"], json!(2000));
    assert_eq!(target(update, "masterid")["Id"], json!(kept));
}

#[tokio::test]
async fn another_owner_is_told_by_assign_too() {
    let registered = watching(&["Assign", "Update"], "incident").await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let path = format!("incidents({case})");
    organisation
        .patch(
            &path,
            json!({"ownerid@odata.bind": format!("/systemusers({AGENT})")}),
        )
        .await;
    organisation
        .patch(&path, json!({"title": "Avaría grave"}))
        .await;
    let bodies = registered.told().await;
    assert_eq!(
        registered.receiver.messages(),
        ["Update", "Assign", "Update"]
    );
    let assign = of(&bodies, "Assign");
    assert_eq!(
        pair(&assign["InputParameters"], "Target")["Id"],
        json!(case)
    );
    assert_eq!(
        pair(&assign["InputParameters"], "Assignee")["Id"],
        json!(AGENT)
    );
}

#[tokio::test]
async fn notes_calls_and_mails_about_a_case_are_told() {
    let registered = Registered::start().await;
    for table in ["annotation", "phonecall", "email", "task"] {
        registered.step("Create", table, json!({})).await;
    }
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let about = |binding: &str| json!({"subject": "Chamada á clienta", binding: format!("/incidents({case})")});
    made(
        organisation,
        "annotations",
        about("objectid_incident@odata.bind"),
    )
    .await;
    for (set, table) in [
        ("phonecalls", "phonecall"),
        ("emails", "email"),
        ("tasks", "task"),
    ] {
        made(
            organisation,
            set,
            about(&format!("regardingobjectid_incident_{table}@odata.bind")),
        )
        .await;
    }
    let bodies = registered.told().await;
    assert_eq!(bodies.len(), 4);
    assert_eq!(target(&bodies[0], "objectid")["Id"], json!(case));
    for body in &bodies[1..] {
        assert_eq!(
            target(body, "regardingobjectid")["LogicalName"],
            json!("incident")
        );
    }
}

#[tokio::test]
async fn sales_are_told_with_what_becomes_of_them() {
    let registered = Registered::start().await;
    for (message, table) in [
        ("QualifyLead", "lead"),
        ("Update", "lead"),
        ("Create", "opportunity"),
        ("Win", "opportunity"),
        ("Update", "opportunity"),
        ("Update", "contact"),
    ] {
        registered.step(message, table, json!({})).await;
    }
    let organisation = &registered.organisation;
    let lead = made(
        organisation,
        "leads",
        json!({"subject": "Forno", "lastname": "Outeiro"}),
    )
    .await;
    let body = json!({"CreateAccount": false, "CreateContact": false, "CreateOpportunity": false, "Status": 3});
    let answer = organisation
        .post(
            &format!("leads({lead})/Microsoft.Dynamics.CRM.QualifyLead"),
            body,
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let customer = format!("/accounts({ACCOUNT})");
    let opportunity = made(
        organisation,
        "opportunities",
        json!({"name": "Forno", "customerid_account@odata.bind": customer}),
    )
    .await;
    let close = json!({"subject": "Gañada", "opportunityid@odata.bind": format!("/opportunities({opportunity})")});
    let answer = organisation
        .post(
            "WinOpportunity",
            json!({"Status": 3, "OpportunityClose": close}),
        )
        .await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    organisation
        .patch(&format!("contacts({IRIA})"), json!({"statecode": 1}))
        .await;
    let bodies = registered.told().await;
    let told: Vec<(&str, &str)> = bodies
        .iter()
        .map(|body| {
            (
                body["MessageName"].as_str().unwrap(),
                body["PrimaryEntityName"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("Update", "lead"),
        ("QualifyLead", "lead"),
        ("Create", "opportunity"),
        ("Update", "opportunity"),
        ("Win", "opportunity"),
        ("Update", "contact"),
    ];
    assert_eq!(told, expected);
    assert_eq!(target(&bodies[3], "statuscode")["Value"], json!(3));
    assert_eq!(
        pair(&bodies[4]["InputParameters"], "OpportunityClose")["LogicalName"],
        json!("opportunityclose")
    );
}

/// Source: Microsoft Learn, "Use bulk operation messages" (events of single rows).
#[tokio::test]
async fn each_row_of_a_bulk_message_is_told_by_itself() {
    let registered = watching(&["Create", "Update"], "task").await;
    let organisation = &registered.organisation;
    let target =
        |subject: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.task", "subject": subject});
    let path = "tasks/Microsoft.Dynamics.CRM.CreateMultiple?tag=cxloop";
    let body = json!({"Targets": [target("Un"), target("Dous"), target("Tres")]});
    let made = organisation.post(path, body).await.json();
    let change = |id: &Value| json!({"@odata.type": "Microsoft.Dynamics.CRM.task", "activityid": id, "subject": "Feito"});
    let targets: Vec<Value> = made["Ids"].as_array().unwrap().iter().map(change).collect();
    organisation
        .post(
            "tasks/Microsoft.Dynamics.CRM.UpdateMultiple",
            json!({"Targets": targets}),
        )
        .await;
    let bodies = registered.told().await;
    assert_eq!(
        registered.receiver.messages(),
        ["Create", "Create", "Create", "Update", "Update", "Update"]
    );
    assert_eq!(pair(&bodies[2]["SharedVariables"], "tag"), "cxloop");
    assert_eq!(bodies[0]["CorrelationId"], bodies[1]["CorrelationId"]);
}

#[tokio::test]
async fn only_requests_with_a_filtering_column_are_told_whether_or_not_it_changes() {
    let registered = Registered::start().await;
    let more = json!({"filteringattributes": "statecode, PriorityCode"});
    registered.step("Update", "incident", more).await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let path = format!("incidents({case})");
    organisation
        .patch(&path, json!({"title": "Avaría grave"}))
        .await;
    organisation.patch(&path, json!({"prioritycode": 2})).await;
    let bodies = registered.told().await;
    assert_eq!(bodies.len(), 1, "the priority was 2 before");
    assert_eq!(target(&bodies[0], "prioritycode")["Value"], json!(2));
}

#[tokio::test]
async fn a_table_that_was_made_over_the_web_api_is_told_like_any_other() {
    let registered = Registered::start().await;
    let organisation = &registered.organisation;
    let label = |text: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.Label", "LocalizedLabels": [{"@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel", "Label": text, "LanguageCode": 1033}]});
    let name = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "AttributeType": "String", "AttributeTypeName": {"Value": "StringType"}, "SchemaName": "new_Name", "IsPrimaryName": true, "MaxLength": 100, "FormatName": {"Value": "Text"}, "RequiredLevel": {"Value": "None"}, "DisplayName": label("Nome")});
    let table = json!({"@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata", "SchemaName": "new_Aparello", "DisplayName": label("Aparello"), "DisplayCollectionName": label("Aparellos"), "OwnershipType": "UserOwned", "HasActivities": false, "HasNotes": false, "IsActivity": false, "Attributes": [name]});
    let answer = organisation.post("EntityDefinitions", table).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    registered.step("Create", "new_aparello", json!({})).await;
    let set = organisation
        .get("EntityDefinitions(LogicalName='new_aparello')?$select=EntitySetName")
        .await
        .json();
    made(
        organisation,
        set["EntitySetName"].as_str().unwrap(),
        json!({"new_name": "Forno"}),
    )
    .await;
    let bodies = registered.told().await;
    assert_eq!(target(&bodies[0], "new_name"), "Forno");
    assert_eq!(bodies[0]["PrimaryEntityName"], json!("new_aparello"));
}

#[tokio::test]
async fn a_disabled_step_is_not_told_and_an_impersonated_user_changes_nothing() {
    let registered = Registered::start().await;
    let more = json!({"impersonatinguserid@odata.bind": format!("/systemusers({AGENT})")});
    let step = registered.step("Create", "incident", more).await;
    let organisation = &registered.organisation;
    organisation.open_case("Primeira").await;
    let path = format!("sdkmessageprocessingsteps({step})");
    let off = organisation
        .patch(&path, json!({"statecode": 1, "statuscode": 2}))
        .await;
    assert_eq!(off.status, 204, "{}", off.text);
    organisation.open_case("Segunda").await;
    organisation
        .patch(&path, json!({"statecode": 0, "statuscode": 1}))
        .await;
    organisation.open_case("Terceira").await;
    let bodies = registered.told().await;
    let titles: Vec<&Value> = bodies.iter().map(|body| target(body, "title")).collect();
    assert_eq!(titles, ["Primeira", "Terceira"]);
    assert_ne!(bodies[0]["UserId"], json!(AGENT));
}

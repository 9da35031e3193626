//! Merging rows. Source: Microsoft Learn, "Merge table rows using the Web API", "Merge cases" and "Web service error codes".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, Organisation, XOAN};

fn entity(table: &str, id: &str) -> Value {
    json!({"@odata.type": format!("Microsoft.Dynamics.CRM.{table}"), format!("{table}id"): id})
}

impl Organisation {
    async fn merge(&self, table: &str, target: &str, subordinate: &str) -> Answer {
        let body = json!({"Target": entity(table, target), "Subordinate": entity(table, subordinate), "PerformParentingChecks": false});
        self.post("Merge", body).await
    }

    async fn child_of(&self, parent: &str) -> String {
        let body = json!({
            "title": "Fillo", "customerid_contact@odata.bind": format!("/contacts({IRIA})"),
            "parentcaseid@odata.bind": format!("/incidents({parent})"),
        });
        self.post("incidents", body).await.key()
    }

    async fn counted(&self, path: &str) -> String {
        let text = self.get(&format!("{path}/$count")).await.text;
        text.trim_start_matches('\u{feff}').to_owned()
    }
}

#[tokio::test]
async fn notes_and_activities_of_a_merged_case_follow_it() {
    let organisation = Organisation::start().await;
    let (kept, gone) = (
        organisation.open_case("a").await,
        organisation.open_case("b").await,
    );
    let note = json!({"notetext": "Anotado", "objectid_incident@odata.bind": format!("/incidents({gone})")});
    organisation.post("annotations", note).await;
    let task = json!({"subject": "Chamar", "regardingobjectid_incident_task@odata.bind": format!("/incidents({gone})")});
    let task = organisation.post("tasks", task).await;
    assert_eq!(task.status, StatusCode::NO_CONTENT, "{}", task.text);
    let child = organisation.child_of(&gone).await;
    let merged = organisation.merge("incident", &kept, &gone).await;
    assert_eq!(merged.status, StatusCode::NO_CONTENT, "{}", merged.text);
    for collection in [
        "Incident_Annotation",
        "Incident_Tasks",
        "incident_parent_incident",
    ] {
        for (case, count) in [(&kept, "1"), (&gone, "0")] {
            let path = format!("incidents({case})/{collection}");
            assert_eq!(organisation.counted(&path).await, count, "{path}");
        }
    }
    let shown = organisation
        .get(&format!("activitypointers({})", task.key()))
        .await
        .json();
    assert_eq!(shown["_regardingobjectid_value"], kept.as_str());
    let child = organisation
        .get(&format!("incidents({child})"))
        .await
        .json();
    assert_eq!(child["_parentcaseid_value"], kept.as_str());
}

#[tokio::test]
async fn child_cases_are_merged_only_within_their_family() {
    let organisation = Organisation::start().await;
    let (one, other) = (
        organisation.open_case("a").await,
        organisation.open_case("b").await,
    );
    let (a, b, c) = (
        organisation.child_of(&one).await,
        organisation.child_of(&one).await,
        organisation.child_of(&other).await,
    );
    organisation
        .merge("incident", &a, &c)
        .await
        .is_refused(400, "0x8003f450");
    organisation
        .merge("incident", &a, &other)
        .await
        .is_refused(400, "0x8003f453");
    assert_eq!(
        organisation.merge("incident", &a, &b).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn identical_inactive_and_foreign_rows_are_not_merged() {
    let organisation = Organisation::start().await;
    let (a, b) = (
        organisation.open_case("a").await,
        organisation.open_case("b").await,
    );
    organisation
        .merge("incident", &a, &a)
        .await
        .is_refused(400, "0x80045305");
    organisation.close_case(&b).await;
    organisation
        .merge("incident", &a, &b)
        .await
        .is_refused(400, "0x80045304");
    let mixed = json!({"Target": entity("contact", IRIA), "Subordinate": entity("account", ACCOUNT), "PerformParentingChecks": false});
    organisation
        .post("Merge", mixed)
        .await
        .is_refused(400, "0x80040203");
    let queue = "5a4db0c5-0003-4000-8000-000000000001";
    organisation
        .merge("queue", queue, queue)
        .await
        .is_refused(405, "0x80040315");
}

#[tokio::test]
async fn what_points_to_a_merged_contact_points_to_the_other_and_content_is_taken_over() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("de Iria").await;
    let body = json!({
        "Target": entity("contact", XOAN), "Subordinate": entity("contact", IRIA), "PerformParentingChecks": false,
        "UpdateContent": {"@odata.type": "Microsoft.Dynamics.CRM.contact", "jobtitle": "Panadeiro"},
    });
    let merged = organisation.post("Merge", body).await;
    assert_eq!(merged.status, StatusCode::NO_CONTENT, "{}", merged.text);
    let case = organisation.get(&format!("incidents({case})")).await.json();
    assert_eq!(
        (&case["_customerid_value"], &case["_contactid_value"]),
        (&json!(XOAN), &json!(XOAN))
    );
    let kept = organisation.get(&format!("contacts({XOAN})")).await.json();
    assert_eq!(kept["jobtitle"], "Panadeiro");
    let gone = organisation.get(&format!("contacts({IRIA})")).await.json();
    assert_eq!(
        [
            &gone["statecode"],
            &gone["statuscode"],
            &gone["merged"],
            &gone["_masterid_value"]
        ],
        [&json!(1), &json!(2), &json!(true), &json!(XOAN)]
    );
}

#[tokio::test]
async fn parents_are_checked_on_demand_and_never_become_their_own() {
    let organisation = Organisation::start().await;
    let account = |name: &str, parent: Option<&str>| {
        let mut row = json!({ "name": name });
        if let Some(parent) = parent {
            row["parentaccountid@odata.bind"] = json!(format!("/accounts({parent})"));
        }
        organisation.post("accounts", row)
    };
    let top = account("Grupo", None).await.key();
    let (below, beside) = (
        account("Filial", Some(&top)).await.key(),
        account("Outra", Some(ACCOUNT)).await.key(),
    );
    let single = account("Soa", None).await.key();
    organisation
        .merge("account", &below, &top)
        .await
        .is_refused(400, "0x80045300");
    let checked = |target: &str, subordinate: &str| {
        let body = json!({"Target": entity("account", target), "Subordinate": entity("account", subordinate), "PerformParentingChecks": true});
        organisation.post("Merge", body)
    };
    checked(&below, &beside).await.is_refused(400, "0x80045316");
    checked(&single, &beside)
        .await
        .is_refused(400, "0x80045317");
    let merged = organisation.merge("account", &single, &beside).await;
    assert_eq!(merged.status, StatusCode::NO_CONTENT, "{}", merged.text);
}

//! States of cases and activities, and what asks about them. Source: Microsoft Learn, "Incident (case) table", "Web service
//! error codes" and "IsValidStateTransition function".

use reqwest::StatusCode;
use serde_json::json;

use super::organisation::{NOWHERE, Organisation};

const CRM: &str = "Microsoft.Dynamics.CRM";

impl Organisation {
    async fn task_on(&self, case: &str) -> String {
        let row = json!({"subject": "Chamar", "regardingobjectid_incident_task@odata.bind": format!("/incidents({case})")});
        let made = self.post("tasks", row).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        made.key()
    }
}

#[tokio::test]
async fn open_activities_keep_a_case_from_being_closed() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let task = organisation.task_on(&case).await;
    organisation
        .close_case(&case)
        .await
        .is_refused(400, "0x8004440a");
    organisation
        .patch(&format!("incidents({case})"), json!({"statecode": 2}))
        .await
        .is_refused(400, "0x8004440e");
    organisation
        .patch(
            &format!("tasks({task})"),
            json!({"statecode": 1, "statuscode": 5}),
        )
        .await;
    assert_eq!(
        organisation.close_case(&case).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_closed_case_ends_otherwise_only_when_it_was_opened_again() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let path = format!("incidents({case})");
    organisation.close_case(&case).await;
    organisation
        .patch(&path, json!({"statecode": 2, "statuscode": 6}))
        .await
        .is_refused(400, "0x80044411");
    organisation.patch(&path, json!({"statecode": 0})).await;
    let cancelled = organisation
        .patch(&path, json!({"statecode": 2, "statuscode": 6}))
        .await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    organisation
        .close_case(&case)
        .await
        .is_refused(400, "0x80044411");
}

#[tokio::test]
async fn a_completed_activity_is_read_only_and_a_scheduled_appointment_is_not() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let task = format!("tasks({})", organisation.task_on(&case).await);
    organisation
        .patch(&task, json!({"statecode": 1, "statuscode": 5}))
        .await;
    organisation
        .patch(&task, json!({"subject": "Outra"}))
        .await
        .is_refused(400, "0x80040203");
    let row = json!({"subject": "Visita", "scheduledstart": "2026-06-01T09:00:00Z", "scheduledend": "2026-06-01T10:00:00Z"});
    let path = format!(
        "appointments({})",
        organisation.post("appointments", row).await.key()
    );
    organisation
        .patch(&path, json!({"statecode": 3, "statuscode": 5}))
        .await;
    let moved = organisation
        .patch(&path, json!({"scheduledend": "2026-06-01T11:00:00Z"}))
        .await;
    assert_eq!(moved.status, StatusCode::NO_CONTENT, "{}", moved.text);
}

#[tokio::test]
async fn a_transition_can_be_asked_about() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let valid = async |case: &str, state: &str, status: i64| {
        let path = format!(
            "IsValidStateTransition(Entity=@p1,NewState='{state}',NewStatus={status})?@p1={{'@odata.id':'incidents({case})'}}"
        );
        let answer = organisation.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["IsValid"].as_bool().unwrap()
    };
    assert!(valid(&case, "Resolved", 5).await);
    assert!(!valid(&case, "Resolved", 6).await);
    assert!(!valid(&case, "Forgotten", 5).await);
    organisation.close_case(&case).await;
    assert!(!valid(&case, "Cancelled", 6).await);
    assert!(valid(&case, "Active", 1).await);
    organisation
        .get(&format!("IsValidStateTransition(Entity=@p1,NewState='Active',NewStatus=1)?@p1={{'@odata.id':'incidents({NOWHERE})'}}"))
        .await
        .is_refused(404, "0x80040217");
    organisation
        .get("IsValidStateTransition(NewState='Active',NewStatus=1)")
        .await
        .is_refused(400, "0x80060888");
}

#[tokio::test]
async fn the_time_of_a_case_is_that_of_its_completed_activities() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    for (minutes, state) in [(25, 1), (10, 1), (99, 0)] {
        let path = format!("tasks({})", organisation.task_on(&case).await);
        organisation
            .patch(&path, json!({ "actualdurationminutes": minutes }))
            .await;
        organisation
            .patch(&path, json!({ "statecode": state }))
            .await;
    }
    let path = format!("incidents({case})/{CRM}.CalculateTotalTimeIncident()");
    assert_eq!(organisation.get(&path).await.json()["TotalTime"], 35);
}

#[tokio::test]
async fn without_an_active_rule_nothing_is_routed() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let body = json!({"Target": {"@odata.type": format!("{CRM}.incident"), "incidentid": case}});
    organisation
        .post("ApplyRoutingRule", body)
        .await
        .is_refused(400, "0x8004f874");
}

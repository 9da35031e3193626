//! Cases from their opening to their end.
//! Source: Microsoft Learn, "Incident (case) entity" and "CloseIncident action".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{NOWHERE, Organisation, RECOVERY};

async fn state(organisation: &Organisation, id: &str) -> (i64, i64) {
    let row = organisation
        .get(&format!("incidents({id})?$select=statecode,statuscode"))
        .await
        .json();
    (
        row["statecode"].as_i64().unwrap(),
        row["statuscode"].as_i64().unwrap(),
    )
}

async fn resolutions(organisation: &Organisation, id: &str) -> Vec<Value> {
    let row = organisation
        .get(&format!(
            "incidents({id})?$expand=Incident_IncidentResolutions($orderby=createdon asc)"
        ))
        .await
        .json();
    row["Incident_IncidentResolutions"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn closing_a_case_makes_a_completed_resolution_and_takes_it_out_of_its_queue() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("Non funciona").await;
    let item = json!({"queueid@odata.bind": format!("/queues({RECOVERY})"), "objectid_incident@odata.bind": format!("/incidents({id})")});
    let item = organisation.post("queueitems", item).await.key();
    assert_eq!(
        organisation.close_case(&id).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&organisation, &id).await, (1, 5));
    let made = resolutions(&organisation, &id).await;
    assert_eq!(made.len(), 1);
    assert_eq!(
        (
            &made[0]["statecode"],
            &made[0]["statuscode"],
            &made[0]["subject"]
        ),
        (&json!(1), &json!(2), &json!("Avaría reparada"))
    );
    assert_eq!(
        (&made[0]["createdon"], &made[0]["actualend"]),
        (
            &json!("2026-05-28T20:26:40Z"),
            &json!("2026-05-28T20:26:40Z")
        )
    );
    let item = organisation
        .get(&format!("queueitems({item})"))
        .await
        .json();
    assert_eq!(
        (&item["statecode"], &item["statuscode"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn both_forms_of_close_incident_are_accepted() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    let plain = json!({"IncidentResolution": {"subject": "Feito", "timespent": 15, "incidentid": {"incidentid": id, "@odata.type": "Microsoft.Dynamics.CRM.incident"}}, "Status": 1000});
    assert_eq!(
        organisation.post("CloseIncident", plain).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&organisation, &id).await, (1, 1000));
}

#[tokio::test]
async fn close_incident_refuses_closed_cases_wrong_reasons_and_missing_parameters() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    let close = |status: i64, case: &str| json!({"IncidentResolution": {"subject": "x", "incidentid@odata.bind": format!("/incidents({case})")}, "Status": status});
    organisation
        .post("CloseIncident", close(1, &id))
        .await
        .is_refused(400, "0x80048408");
    organisation
        .post("CloseIncident", close(5, NOWHERE))
        .await
        .is_refused(404, "0x80040217");
    organisation
        .post("CloseIncident", json!({"Status": 5}))
        .await
        .is_refused(400, "0x80048d19");
    assert_eq!(
        resolutions(&organisation, &id).await.len(),
        0,
        "a refused closure leaves nothing behind"
    );
    let by_text = json!({"IncidentResolution": {"subject": "x", "incidentid": id}, "Status": 5});
    organisation
        .post("CloseIncident", by_text)
        .await
        .is_refused(400, "0x80048d19");
    let mut before_it_began = close(5, &id);
    before_it_began["IncidentResolution"]["timespent"] = json!(-1);
    organisation
        .post("CloseIncident", before_it_began)
        .await
        .is_refused(400, "0x8004432f");
    organisation.close_case(&id).await;
    let closed = organisation.close_case(&id).await;
    closed.is_refused(400, "0x80044411");
    assert!(
        closed.text.contains("This case has already been resolved."),
        "{}",
        closed.text
    );
}

#[tokio::test]
async fn a_resolved_case_is_read_only_but_for_its_state() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    organisation.close_case(&id).await;
    let path = format!("incidents({id})");
    organisation
        .patch(&path, json!({"title": "y"}))
        .await
        .is_refused(400, "0x80044411");
    organisation
        .patch(
            &path,
            json!({"statecode": 0, "statuscode": 1, "title": "y"}),
        )
        .await
        .is_refused(400, "0x80044411");
    let note = json!({"notetext": "Segue mal", "objectid_incident@odata.bind": format!("/incidents({id})")});
    assert_eq!(
        organisation.post("annotations", note).await.status,
        StatusCode::NO_CONTENT,
        "notes stay possible"
    );
    assert_eq!(
        organisation
            .patch(&path, json!({"statecode": 0, "statuscode": 1}))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        organisation
            .patch(&path, json!({"title": "y"}))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn opening_a_case_again_withdraws_its_resolution_and_closing_it_again_makes_another() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    organisation.close_case(&id).await;
    organisation
        .patch(&format!("incidents({id})"), json!({"statecode": 0}))
        .await;
    assert_eq!(state(&organisation, &id).await, (0, 1));
    let withdrawn = resolutions(&organisation, &id).await;
    assert_eq!(
        (
            withdrawn.len(),
            &withdrawn[0]["statecode"],
            &withdrawn[0]["statuscode"]
        ),
        (1, &json!(2), &json!(3))
    );
    organisation.pass(60);
    organisation.close_case(&id).await;
    let both = resolutions(&organisation, &id).await;
    assert_eq!(
        (both.len(), &both[0]["statecode"], &both[1]["statecode"]),
        (2, &json!(2), &json!(1))
    );
}

#[tokio::test]
async fn a_state_alone_gets_its_default_reason_and_a_foreign_reason_is_refused() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    let path = format!("incidents({id})");
    organisation
        .patch(&path, json!({"statuscode": 5}))
        .await
        .is_refused(400, "0x80048408");
    organisation
        .patch(&path, json!({"statecode": 1, "statuscode": 6}))
        .await
        .is_refused(400, "0x80048408");
    assert_eq!(
        organisation
            .patch(&path, json!({"statuscode": 3}))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&organisation, &id).await, (0, 3));
    assert_eq!(
        organisation
            .patch(&path, json!({"statecode": 2}))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&organisation, &id).await, (2, 6));
    assert_eq!(
        resolutions(&organisation, &id).await.len(),
        0,
        "cancelling makes no resolution"
    );
}

#[tokio::test]
async fn a_merged_case_is_cancelled_and_names_the_case_that_goes_on() {
    let organisation = Organisation::start().await;
    let (target, subordinate) = (
        organisation.open_case("a").await,
        organisation.open_case("b").await,
    );
    let entity =
        |id: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id});
    let body = json!({"Target": entity(&target), "Subordinate": entity(&subordinate), "PerformParentingChecks": false});
    assert_eq!(
        organisation.post("Merge", body.clone()).await.status,
        StatusCode::NO_CONTENT
    );
    let row = organisation
        .get(&format!("incidents({subordinate})"))
        .await
        .json();
    assert_eq!(
        (
            &row["statecode"],
            &row["statuscode"],
            &row["merged"],
            &row["_masterid_value"]
        ),
        (&json!(2), &json!(2000), &json!(true), &json!(target))
    );
    organisation
        .post("Merge", body)
        .await
        .is_refused(400, "0x80045304");
    organisation
        .post(
            "Merge",
            json!({"Target": {"incidentid": target}, "Subordinate": entity(&subordinate)}),
        )
        .await
        .is_refused(400, "0x80048d19");
}

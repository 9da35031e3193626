//! Activities: the view over all of them and their parties.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::organisation::{AGENT, Answer, IRIA, Organisation, XOAN};

/// Source: Microsoft Learn, "Activity tables".
#[tokio::test]
async fn every_activity_is_seen_in_the_view_over_all_of_them_and_nobody_writes_to_the_view() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("Non volverei").await;
    let task = organisation
        .post("tasks", json!({"subject": "Chamar á clienta", "regardingobjectid_incident_task@odata.bind": format!("/incidents({case})")}))
        .await
        .key();
    let email = organisation
        .post("emails", json!({"subject": "Desculpas"}))
        .await
        .key();
    let found = organisation
        .get("activitypointers?$select=subject,activitytypecode,_regardingobjectid_value&$orderby=subject")
        .await
        .json();
    assert_eq!(found["value"][0]["subject"], "Chamar á clienta");
    assert_eq!(found["value"][0]["activityid"], task.as_str());
    assert_eq!(found["value"][0]["activitytypecode"], "task");
    assert_eq!(found["value"][0]["_regardingobjectid_value"], case.as_str());
    assert_eq!(found["value"][1]["activityid"], email.as_str());
    let of_case = organisation
        .get(&format!("incidents({case})/Incident_ActivityPointers"))
        .await
        .json();
    assert_eq!(of_case["value"].as_array().unwrap().len(), 1);

    organisation
        .post("activitypointers", json!({"subject": "Directa"}))
        .await
        .is_refused(400, "0x80040800");
    organisation
        .patch(
            &format!("activitypointers({task})"),
            json!({"subject": "Outra"}),
        )
        .await
        .is_refused(400, "0x80040800");
    let gone = Answer::of(organisation.request(Method::DELETE, &format!("tasks({task})"))).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let left = organisation.get(&format!("activitypointers({task})")).await;
    assert_eq!(left.status, StatusCode::NOT_FOUND);
}

/// Source: Microsoft Learn, "ActivityParty table" and "Associate and disassociate table rows using the Web API".
#[tokio::test]
async fn the_parties_of_an_activity_are_made_and_replaced_with_it() {
    let organisation = Organisation::start().await;
    let email = organisation
        .post(
            "emails",
            json!({"subject": "Sentímolo", "email_activity_parties": [
                {"partyid_systemuser@odata.bind": format!("/systemusers({AGENT})"), "participationtypemask": 1},
                {"partyid_contact@odata.bind": format!("/contacts({IRIA})"), "participationtypemask": 2},
            ]}),
        )
        .await;
    assert_eq!(email.status, StatusCode::NO_CONTENT, "{}", email.text);
    let parties = format!("emails({})/email_activity_parties", email.key());
    let read = async || {
        let mut found: Vec<(i64, String)> = organisation.get(&parties).await.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|party| {
                (
                    party["participationtypemask"].as_i64().unwrap(),
                    party["_partyid_value"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(read().await, [(1, AGENT.to_owned()), (2, IRIA.to_owned())]);
    let replaced = Answer::of(organisation.request(Method::PUT, &parties).json(&json!({"value": [
        {"partyid_contact@odata.bind": format!("/contacts({XOAN})"), "participationtypemask": 2},
    ]})))
    .await;
    assert_eq!(replaced.status, StatusCode::NO_CONTENT, "{}", replaced.text);
    assert_eq!(read().await, [(2, XOAN.to_owned())]);
}

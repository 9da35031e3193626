//! Forms of batches that callers send. Source: Microsoft Learn, "Execute batch operations using the Web API".

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::batch::{change_set, part, send, single};
use super::organisation::{Answer, IRIA, Organisation};

#[tokio::test]
async fn an_action_in_a_change_set_is_taken_back_with_the_rest() {
    let organisation = Organisation::start().await;
    let case = organisation.open_case("x").await;
    let resolution = json!({"IncidentResolution": {"subject": "Feito", "incidentid@odata.bind": format!("/incidents({case})")}, "Status": 5});
    let close = part(1, "POST CloseIncident", "", &resolution.to_string());
    let wrong = part(
        2,
        "POST tasks",
        "",
        &json!({"subject": "x".repeat(201)}).to_string(),
    );
    let state = async || {
        let row = organisation.get(&format!("incidents({case})")).await.json();
        row["statecode"].as_i64()
    };
    let failed = send(&organisation, &[change_set(&[close.clone(), wrong])], "").await;
    assert_eq!(failed.status, StatusCode::BAD_REQUEST, "{}", failed.text);
    assert_eq!(state().await, Some(0));
    let done = send(&organisation, &[change_set(&[close])], "").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(state().await, Some(1));
}

#[tokio::test]
async fn bulk_messages_and_functions_are_parts_like_others() {
    let organisation = Organisation::start().await;
    let targets = json!({"Targets": [{"@odata.type": "Microsoft.Dynamics.CRM.task", "subject": "a"}, {"@odata.type": "Microsoft.Dynamics.CRM.task", "subject": "b"}]});
    let answer = send(
        &organisation,
        &[
            single(
                "POST tasks/Microsoft.Dynamics.CRM.CreateMultiple",
                &targets.to_string(),
            ),
            single("GET WhoAmI()", ""),
        ],
        "",
    )
    .await;
    assert_eq!(answer.text.matches("HTTP/1.1 200 OK").count(), 2);
    assert!(answer.text.contains("\"Ids\":["), "{}", answer.text);
}

#[tokio::test]
async fn an_address_with_spaces_reaches_to_the_version_of_http() {
    let organisation = Organisation::start().await;
    let line = "GET contacts?$select=fullname&$filter=lastname eq 'Fernández Núñez'";
    let answer = send(&organisation, &[single(line, "")], "").await;
    assert!(answer.text.contains(IRIA), "{}", answer.text);
}

#[tokio::test]
async fn parts_before_the_one_that_fails_have_taken_effect_and_are_answered() {
    let organisation = Organisation::start().await;
    let create = |subject: String| single("POST tasks", &json!({ "subject": subject }).to_string());
    let items = [
        create("antes".into()),
        create("x".repeat(201)),
        create("despois".into()),
    ];
    let answer = send(&organisation, &items, "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.text.matches("HTTP/1.1 204 No Content").count(), 1);
    assert_eq!(answer.text.matches("HTTP/1.1 400 Bad Request").count(), 1);
    let left = organisation.get("tasks?$select=subject").await.json();
    let subjects: Vec<&str> = left["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, ["antes"]);
}

#[tokio::test]
async fn a_refused_part_has_the_details_that_it_prefers() {
    let organisation = Organisation::start().await;
    let body = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET contacts(00000000-0000-4000-8000-00000000dead) HTTP/1.1\r\nPrefer: odata.include-annotations=\"*\"\r\n\r\n--b--\r\n";
    let request = organisation
        .request(Method::POST, "$batch")
        .header("content-type", "multipart/mixed; boundary=b")
        .body(body);
    let answer = Answer::of(request).await;
    assert!(
        answer
            .text
            .contains("@Microsoft.PowerApps.CDS.InnerError.Message"),
        "{}",
        answer.text
    );
}

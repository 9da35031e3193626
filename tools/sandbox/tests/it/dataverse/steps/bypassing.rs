//! Requests that leave steps out, and requests that are taken back.
//! Source: Microsoft Learn, "Bypass custom Dataverse logic" and "Execute batch operations using the Web API".

use reqwest::Method;
use serde_json::{Value, json};

use super::super::organisation::{Answer, IRIA};
use super::receiver::{pair, target};
use super::registered::Registered;

fn case(title: &str) -> Value {
    json!({"title": title, "customerid_contact@odata.bind": format!("/contacts({IRIA})")})
}

#[tokio::test]
async fn a_request_leaves_out_the_steps_that_it_names() {
    let registered = Registered::start().await;
    let left_out = registered.step("Create", "incident", json!({})).await;
    let other = registered
        .step("Create", "incident", json!({"rank": 2}))
        .await;
    let organisation = &registered.organisation;
    let request = organisation
        .request(Method::POST, "incidents")
        .json(&case("Avaría"));
    let answer =
        Answer::of(request.header("MSCRM.BypassBusinessLogicExecutionStepIds", &left_out)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let bodies = registered.told().await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["OwningExtension"]["Id"], json!(other));
}

#[tokio::test]
async fn a_request_leaves_out_all_steps_of_a_mode() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    registered
        .step("Create", "incident", json!({"mode": 0}))
        .await;
    let organisation = &registered.organisation;
    for (header, value, modes) in [
        ("MSCRM.BypassBusinessLogicExecution", "CustomAsync", vec![0]),
        ("MSCRM.BypassBusinessLogicExecution", "CustomSync", vec![1]),
        (
            "MSCRM.BypassBusinessLogicExecution",
            "CustomSync,CustomAsync",
            vec![],
        ),
        ("MSCRM.BypassCustomPluginExecution", "true", vec![1]),
    ] {
        let before = registered.told().await.len();
        let request = organisation
            .request(Method::POST, "incidents")
            .json(&case("Avaría"));
        let answer = Answer::of(request.header(header, value)).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
        let told: Vec<Value> = registered.told().await.split_off(before);
        let told: Vec<i64> = told
            .iter()
            .map(|body| body["Mode"].as_i64().unwrap())
            .collect();
        assert_eq!(told, modes, "{header}: {value}");
    }
}

fn change_set(requests: &[(&str, &str, Value)]) -> String {
    let mut text = String::from("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n");
    for (at, (method, path, body)) in requests.iter().enumerate() {
        text.push_str(&format!(
            "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {}\r\n\r\n{method} /api/data/v9.2/{path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n",
            at + 1
        ));
    }
    text.push_str("--c--\r\n--b--\r\n");
    text
}

async fn batch(registered: &Registered, body: String) -> Answer {
    let request = registered
        .organisation
        .request(Method::POST, "$batch")
        .header("content-type", "multipart/mixed; boundary=b")
        .body(body);
    Answer::of(request).await
}

#[tokio::test]
async fn nothing_is_told_of_a_change_set_that_was_taken_back() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    let bad = json!({"title": "Sen cliente"});
    let answer = batch(
        &registered,
        change_set(&[
            ("POST", "incidents", case("Avaría")),
            ("POST", "incidents", bad),
        ]),
    )
    .await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    registered.organisation.open_case("Outra").await;
    let bodies = registered.told().await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(target(&bodies[0], "title"), "Outra");
}

#[tokio::test]
async fn a_change_set_is_one_transaction_and_says_how_large_it_is() {
    let registered = Registered::start().await;
    registered.step("Create", "incident", json!({})).await;
    registered.step("Create", "annotation", json!({})).await;
    let note = json!({"subject": "Nota", "objectid_incident@odata.bind": "$1"});
    let answer = batch(
        &registered,
        change_set(&[
            ("POST", "incidents?tag=cxloop", case("Avaría")),
            ("POST", "annotations", note),
        ]),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let bodies = registered.told().await;
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["CorrelationId"], bodies[1]["CorrelationId"]);
    for body in &bodies {
        assert_eq!(
            *pair(&body["SharedVariables"], "IsODataTransaction"),
            json!(true)
        );
        assert_eq!(
            *pair(&body["SharedVariables"], "ODataChangesetRequestCount"),
            json!(2)
        );
    }
    assert_eq!(pair(&bodies[0]["SharedVariables"], "tag"), "cxloop");
    assert_eq!(
        *pair(&bodies[1]["SharedVariables"], "tag"),
        json!(null),
        "a tag is of its own request"
    );
}

//! What a person does at the agent page is told as what a person does.

use serde_json::{Value, json};

use super::super::organisation::{AGENT, Answer};
use super::receiver::{keys, pair, target};
use super::registered::Registered;

async fn submit(registered: &Registered, path: &str, fields: &[(&str, &str)]) {
    let address = format!("{}{path}", registered.organisation.root);
    let answer = Answer::of(registered.organisation.http.post(address).form(fields)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

/// The form of the product opens a case again by a message made for it.
#[tokio::test]
async fn opening_a_case_again_is_told_by_the_older_message() {
    let registered = Registered::start().await;
    for message in ["Close", "Update", "SetStateDynamicEntity"] {
        registered.step(message, "incident", json!({})).await;
    }
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let path = format!("/agent/cases/{case}");
    submit(
        &registered,
        &format!("{path}/resolve"),
        &[("subject", "Reparada")],
    )
    .await;
    submit(&registered, &format!("{path}/reactivate"), &[]).await;
    let bodies: Vec<Value> = registered.told().await;
    assert_eq!(
        registered.receiver.messages(),
        ["Update", "Close", "SetStateDynamicEntity"]
    );
    let again = &bodies[2];
    assert_eq!(
        keys(&again["InputParameters"]),
        ["EntityMoniker", "State", "Status"]
    );
    assert_eq!(pair(&again["InputParameters"], "State")["Value"], json!(0));
    for body in &bodies {
        assert_eq!(body["InitiatingUserId"], json!(AGENT));
        assert_eq!(
            pair(&body["SharedVariables"], "x-ms-app-name"),
            "msdyn_CustomerServiceHub"
        );
        assert!(
            body["InitiatingUserAgent"]
                .as_str()
                .unwrap()
                .starts_with("Mozilla/")
        );
    }
}

#[tokio::test]
async fn comments_status_and_cause_of_an_agent_are_told() {
    let registered = Registered::start().await;
    registered.step("Create", "annotation", json!({})).await;
    registered.step("Update", "incident", json!({})).await;
    registered.step("Create", "incident", json!({})).await;
    let fields = [
        ("title", "O forno non quenta"),
        ("customer", super::super::organisation::IRIA),
        ("description", "Desde onte"),
    ];
    submit(&registered, "/agent/cases", &fields).await;
    let case = registered.told().await[0]["PrimaryEntityId"].clone();
    let path = format!("/agent/cases/{}", case.as_str().unwrap());
    let public = [
        ("subject", "Peza"),
        ("text", "Chega mañá"),
        ("visibility", "public"),
    ];
    submit(&registered, &format!("{path}/note"), &public).await;
    let internal = [
        ("subject", "Prezo"),
        ("text", "Sen custo"),
        ("visibility", "internal"),
    ];
    submit(&registered, &format!("{path}/note"), &internal).await;
    submit(&registered, &format!("{path}/status"), &[("value", "2")]).await;
    submit(
        &registered,
        &format!("{path}/cause"),
        &[("text", "Resistencia rota")],
    )
    .await;
    let bodies = registered.told().await;
    let subjects: Vec<&Value> = bodies[1..]
        .iter()
        .filter(|body| body["PrimaryEntityName"] == "annotation")
        .map(|body| target(body, "subject"))
        .collect();
    assert_eq!(subjects, ["[public] Peza", "Prezo", "Root cause"]);
    assert_eq!(target(&bodies[3], "statuscode")["Value"], json!(2));
}

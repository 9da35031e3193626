//! Registrations are rows with rules of their own.
//! Source: Microsoft Learn, "Register a webhook" and "Register a plug-in".

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::organisation::{Answer, Organisation};
use super::registered::{Registered, made};

/// Source: Microsoft Learn, "Register a webhook" (supported ports).
#[tokio::test]
async fn only_the_two_ports_of_the_web_are_allowed_unless_loopback_is() {
    let organisation = Organisation::start().await;
    let endpoint = |url: &str| json!({"name": "Escoita", "url": url, "contract": 8, "authtype": 4, "authvalue": "a"});
    for url in [
        "https://hooks.example.com/caso",
        "https://hooks.example.com:443/caso",
        "http://hooks.example.com:80/caso",
    ] {
        let answer = organisation.post("serviceendpoints", endpoint(url)).await;
        assert_eq!(
            answer.status,
            StatusCode::NO_CONTENT,
            "{url}: {}",
            answer.text
        );
    }
    let wrong = [
        "https://hooks.example.com:8443/caso",
        "http://127.0.0.1:8080/caso",
        "ftp://hooks.example.com",
        "caso",
    ];
    for url in wrong {
        let answer = organisation.post("serviceendpoints", endpoint(url)).await;
        answer.is_refused(400, "0x80040203");
    }
    organisation.dataverse.allow_loopback_webhooks();
    let here = organisation
        .post("serviceendpoints", endpoint(wrong[1]))
        .await;
    assert_eq!(here.status, StatusCode::NO_CONTENT, "{}", here.text);
    let elsewhere = organisation
        .post("serviceendpoints", endpoint(wrong[0]))
        .await;
    elsewhere.is_refused(400, "0x80040203");
}

/// Source: Microsoft Learn, "Register a webhook" (query webhook registrations: the value of the authentication is not shown).
#[tokio::test]
async fn the_secret_of_a_webhook_is_never_given_back() {
    let Registered {
        organisation,
        endpoint,
        ..
    } = Registered::start().await;
    let row = organisation
        .get(&format!("serviceendpoints({endpoint})"))
        .await;
    assert!(!row.text.contains("segredo"), "{}", row.text);
    assert_eq!(row.json()["isauthvalueset"], json!(true));
    assert_eq!(row.json()["authvalue"], json!(null));
    let property = organisation
        .get(&format!("serviceendpoints({endpoint})/authvalue"))
        .await;
    assert!(!property.text.contains("segredo"), "{}", property.text);
    let found = organisation
        .get("serviceendpoints?$filter=authvalue eq 'segredo'")
        .await;
    assert_eq!(found.json()["value"], json!([]));
    let bare = json!({"name": "Sen segredo", "url": "https://hooks.example.com", "contract": 8, "authtype": 4});
    let bare = made(&organisation, "serviceendpoints", bare).await;
    let row = organisation
        .get(&format!("serviceendpoints({bare})?$select=isauthvalueset"))
        .await;
    assert_eq!(row.json()["isauthvalueset"], json!(false));
}

#[tokio::test]
async fn a_webhook_needs_one_of_its_three_authentications() {
    let organisation = Organisation::start().await;
    for kind in [4, 5, 6] {
        let body = json!({"name": "Escoita", "url": "https://hooks.example.com", "contract": 8, "authtype": kind, "authvalue": "<settings></settings>"});
        made(&organisation, "serviceendpoints", body).await;
    }
    let body = json!({"name": "Escoita", "url": "https://hooks.example.com", "contract": 8, "authtype": 2, "authvalue": "a"});
    let refused = organisation.post("serviceendpoints", body).await;
    refused.is_refused(400, "0x80040203");
}

/// Source: Microsoft Learn, "Troubleshoot Dataverse Web API client errors" (navigation properties are case-sensitive).
#[tokio::test]
async fn navigation_properties_of_steps_are_in_lower_case() {
    let registered = Registered::start().await;
    let (message, filter) = registered.ids("Update", "incident").await;
    let body = json!({
        "name": "x", "stage": 40, "mode": 1, "rank": 1,
        "eventhandler_serviceendpoint@odata.bind": format!("/serviceendpoints({})", registered.endpoint),
        "SdkMessageId@odata.bind": format!("/sdkmessages({message})"),
        "sdkmessagefilterid@odata.bind": format!("/sdkmessagefilters({filter})"),
    });
    let refused = registered
        .organisation
        .post("sdkmessageprocessingsteps", body)
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
}

/// Source: Microsoft Learn, "Register a plug-in" (event pipeline stage of execution, execution mode).
#[tokio::test]
async fn asynchronous_steps_stand_after_the_operation_and_others_in_three_stages() {
    let registered = Registered::start().await;
    for (stage, mode, allowed) in [
        (10, 0, true),
        (20, 0, true),
        (40, 0, true),
        (40, 1, true),
        (10, 1, false),
        (20, 1, false),
        (30, 0, false),
        (50, 0, false),
    ] {
        let more = json!({"stage": stage, "mode": mode});
        let answer = registered.try_step("Update", "incident", more).await;
        assert_eq!(
            answer.status == StatusCode::NO_CONTENT,
            allowed,
            "{stage} {mode}: {}",
            answer.text
        );
    }
    let (_, filter) = registered.ids("Create", "incident").await;
    let more = json!({"sdkmessagefilterid@odata.bind": format!("/sdkmessagefilters({filter})")});
    let mixed = registered.try_step("Update", "incident", more).await;
    mixed.is_refused(400, "0x80040203");
}

/// Source: Microsoft Learn, "Register a plug-in" (define entity images).
#[tokio::test]
async fn images_are_of_what_a_message_has_before_and_after_it() {
    let registered = Registered::start().await;
    for (message, property, kind, allowed) in [
        ("Update", "Target", 2, true),
        ("Update", "id", 1, false),
        ("Create", "id", 1, true),
        ("Create", "id", 0, false),
        ("Create", "Target", 1, false),
        ("Delete", "Target", 0, true),
        ("Delete", "Target", 1, false),
        ("SetStateDynamicEntity", "EntityMoniker", 2, true),
        ("Close", "IncidentResolution", 1, false),
    ] {
        let step = registered.step(message, "incident", json!({})).await;
        let more = json!({"imagetype": kind, "messagepropertyname": property});
        let answer = registered.image(&step, more).await;
        assert_eq!(
            answer.status == StatusCode::NO_CONTENT,
            allowed,
            "{message} {property} {kind}: {}",
            answer.text
        );
    }
}

/// Source: Microsoft Learn, "Register a webhook" (query webhook registrations).
#[tokio::test]
async fn steps_are_found_again_by_the_address_of_their_webhook() {
    let registered = Registered::start().await;
    let step = registered
        .step(
            "Update",
            "incident",
            json!({"filteringattributes": "statecode,statuscode"}),
        )
        .await;
    let query = format!(
        "sdkmessageprocessingsteps?$select=name,filteringattributes&$expand=eventhandler_serviceendpoint($select=name,url),sdkmessageid($select=name),sdkmessagefilterid($select=primaryobjecttypecode)&$filter=eventhandler_serviceendpoint/url eq '{}'",
        registered.receiver.url
    );
    let found = registered.organisation.get(&query).await.json();
    let row = &found["value"][0];
    assert_eq!(row["sdkmessageprocessingstepid"], json!(step));
    assert_eq!(row["sdkmessageid"]["name"], json!("Update"));
    assert_eq!(
        row["sdkmessagefilterid"]["primaryobjecttypecode"],
        json!("incident")
    );
    assert_eq!(
        row["eventhandler_serviceendpoint"]["name"],
        json!("Escoita")
    );
}

/// Source: Microsoft Learn, "Compose HTTP requests and handle errors" (405, CannotDeleteDueToAssociation).
#[tokio::test]
async fn a_webhook_goes_only_after_its_steps() {
    let registered = Registered::start().await;
    let step = registered.step("Update", "incident", json!({})).await;
    let organisation = &registered.organisation;
    let endpoint = format!("serviceendpoints({})", registered.endpoint);
    let early = Answer::of(organisation.request(Method::DELETE, &endpoint)).await;
    assert_eq!(
        early.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "{}",
        early.text
    );
    let steps = format!("sdkmessageprocessingsteps({step})");
    for path in [steps, endpoint] {
        let gone = Answer::of(organisation.request(Method::DELETE, &path)).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    }
}

/// Source: Microsoft Learn, "Asynchronous service in Dataverse" (columns of system jobs that can be changed).
#[tokio::test]
async fn of_a_system_job_only_its_state_and_its_time_can_be_changed() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    registered.organisation.open_case("Avaría").await;
    let jobs = registered.jobs(&step).await;
    let path = format!(
        "asyncoperations({})",
        jobs[0]["asyncoperationid"].as_str().unwrap()
    );
    let refused = registered
        .organisation
        .patch(&path, json!({"name": "x"}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
}

//! Messages to people, whichever service took them.
//! Source: AWS End User Messaging SMS API reference, "SendTextMessage".

use cxloop_sandbox::stand_in::{Calls, FaultRule, Faults, Wire, serve_on, wall_clock};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::sandbox_front::SandboxFront;

/// Serves the text messages of a front on a port of its own, and returns its address.
async fn served(front: &SandboxFront, faults: Faults) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let wire = Wire::new("sms", faults, Calls::new(), wall_clock());
    let router = front.texts.router();
    (url, tokio::spawn(serve_on(listener, router, wire)))
}

async fn send(
    front: &SandboxFront,
    url: &str,
    operation: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = front
        .http
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("PinpointSMSVoiceV2.{operation}"))
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (
        status,
        serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
    )
}

#[tokio::test]
async fn a_text_message_and_an_e_mail_are_shown_with_their_links() {
    let front = SandboxFront::start().await;
    let (url, serving) = served(&front, Faults::new()).await;
    front.pass_seconds(60);
    let text = "A súa avaría <b>está</b> resolta: http://127.0.0.1:8688/s/t-1";
    let body = json!({"DestinationPhoneNumber": "+34600000201", "OriginationIdentity": "CXLOOP", "MessageBody": text,
        "Context": {"cxloop-invitation": "i-1"}, "ConfigurationSetName": "cxloop"});
    let (status, answer) = send(&front, &url, "SendTextMessage", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let page = front.http.get(front.at("/outbox")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    for shown in [
        "<a class=\"link\" href=\"http://127.0.0.1:8688/s/t-1\">",
        "<a class=\"link\" href=\"http://127.0.0.1:8688/s/after-case\">",
        "+34600000201, from CXLOOP, by End User Messaging",
        "Como foi a reparación?",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    assert!(
        !page.contains("<b>está"),
        "words of people are never markup"
    );
    assert!(
        page.find("+34600000201") < page.find("Como foi"),
        "the newest comes first"
    );
    let list = front
        .http
        .get(front.at("/_sandbox/outbox"))
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list[0]["id"], answer["MessageId"]);
    assert_eq!(list[1]["to"], json!(["iria.fernandez@example.com"]));
    let taken = front.texts.taken();
    assert_eq!(taken[0].context["cxloop-invitation"], "i-1");
    assert_eq!(taken[0].configuration_set, "cxloop");
    serving.abort();
}

#[tokio::test]
async fn an_invitation_of_the_survey_platform_is_shown_with_the_address_of_its_survey() {
    let front = SandboxFront::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let wire = Wire::new("wxm", Faults::new(), Calls::new(), wall_clock());
    let serving = tokio::spawn(serve_on(listener, front.survey.router(), wire));
    let body = json!({
        "customerEmail": "iria.fernandez@example.com", "subject": "Como foi a avaría?",
        "template": "https://templates.example/avaria.html", "tokenDetails": {"location": "after-case", "validUses": 1}
    });
    let request = front.http.post(format!("{url}/api/RequestInvitation"));
    let request = request.basic_auth("sandbox", Some("sandbox"));
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!(true));
    serving.abort();
    let list = front.http.get(front.at("/_sandbox/outbox")).send();
    let list: Value = list.await.unwrap().json().await.unwrap();
    let all = list.as_array().unwrap();
    let sent = all
        .iter()
        .find(|sent| sent["service"] == "Webex Experience Management");
    let sent = sent.unwrap();
    assert_eq!(sent["to"], json!(["iria.fernandez@example.com"]));
    assert_eq!(sent["subject"], "Como foi a avaría?");
    let link = format!("/s/{}", sent["id"].as_str().unwrap());
    assert!(sent["text"].as_str().unwrap().contains(&link), "{sent}");
}

#[tokio::test]
async fn what_the_service_would_not_send_is_refused_as_it_refuses() {
    let front = SandboxFront::start().await;
    let faults = Faults::new();
    let (url, serving) = served(&front, faults.clone()).await;
    let message =
        |number: &str, text: &str| json!({"DestinationPhoneNumber": number, "MessageBody": text});
    for wrong in [
        message("600", ""),
        message("teléfono", "Ola"),
        message("+34600000201", &"a".repeat(1601)),
        json!({}),
    ] {
        let (status, answer) = send(&front, &url, "SendTextMessage", wrong).await;
        assert_eq!(
            (status, &answer["__type"]),
            (StatusCode::BAD_REQUEST, &json!("ValidationException"))
        );
    }
    let (status, answer) = send(&front, &url, "SendVoiceMessage", json!({})).await;
    assert_eq!(
        (status, &answer["__type"]),
        (StatusCode::BAD_REQUEST, &json!("UnknownOperationException"))
    );
    let rule: FaultRule = serde_json::from_value(json!({"target": "sms", "status": 429})).unwrap();
    faults.add(rule).unwrap();
    let (status, answer) = send(
        &front,
        &url,
        "SendTextMessage",
        message("+34600000201", "Ola"),
    )
    .await;
    assert_eq!(
        (status, &answer["__type"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("ThrottlingException"))
    );
    assert!(front.texts.taken().is_empty());
    serving.abort();
}

use std::collections::BTreeSet;
use std::path::Path;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsEvent;
use cxloop_domain::configuration;
use cxloop_domain::events::{Event, Outgoing, ResponseHinted, ResponseReceived};
use cxloop_domain::identity;
use cxloop_domain::names::{ConnectionName, InboxId};
use cxloop_domain::response::{Kind, Response};
use cxloop_domain::response_to_case::{CaseRules, judge};
use cxloop_domain::webhooks::inbox_id;
use cxloop_ports::{Hint, SurveyPlatform};
use cxloop_surveys::standard::StandardPlatform;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::program::events;

fn text(name: &str) -> String {
    std::fs::read_to_string(events().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn files() -> BTreeSet<String> {
    let folder = events();
    let folders = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let names = folders.flat_map(|path| {
        std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    });
    names
        .map(|path| {
            path.strip_prefix(&folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

fn request(name: &str) -> lambda_http::Request {
    lambda_http::request::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn body(name: &str) -> String {
    match request(name).into_body() {
        lambda_http::Body::Text(body) => body,
        other => panic!("{name}: {other:?}"),
    }
}

fn bodies(name: &str) -> Vec<String> {
    let batch: SqsEvent = serde_json::from_str(&text(name)).unwrap();
    batch
        .records
        .into_iter()
        .map(|record| record.body.unwrap())
        .collect()
}

fn detail<E: DeserializeOwned + Event>(body: &str) -> E {
    let envelope: EventBridgeEvent<Value> = serde_json::from_str(body).unwrap();
    assert_eq!(envelope.detail_type, E::NAME);
    let event: E = serde_json::from_value(envelope.detail.clone()).unwrap();
    let sent: Value = serde_json::from_str(&Outgoing::of(&event).detail).unwrap();
    assert_eq!(
        sent, envelope.detail,
        "the detail is what our own functions publish"
    );
    event
}

fn signed(name: &str) -> (Hint, Response, InboxId) {
    let connection: ConnectionName = "generic".parse().unwrap();
    let request = request(name);
    let delivery = request.headers()["webhook-id"].to_str().unwrap().to_owned();
    let body = body(name);
    let hint = StandardPlatform::new(connection.clone())
        .parse(body.as_bytes())
        .unwrap();
    let response = *hint.signed.clone().unwrap();
    (
        hint,
        response,
        inbox_id(&connection, Some(&delivery), body.as_bytes()),
    )
}

#[test]
fn the_table_of_effects_names_every_file_and_no_other() {
    let readme = std::fs::read_to_string(events().join("README.md")).unwrap();
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), files());
}

#[test]
fn every_request_reaches_its_function_as_it_stands_in_the_file() {
    for name in files()
        .iter()
        .filter(|name| name.starts_with("webhooks/") || name.starts_with("console/"))
    {
        let envelope: Value = serde_json::from_str(&text(name)).unwrap();
        let request = request(name);
        assert_eq!(
            request.method().as_str(),
            envelope["requestContext"]["http"]["method"],
            "{name}"
        );
        assert_eq!(request.uri().path(), envelope["rawPath"], "{name}");
        assert_eq!(
            request.uri().query().unwrap_or_default(),
            envelope["rawQueryString"],
            "{name}"
        );
    }
}

#[test]
fn a_signed_body_leads_to_its_inbox_item_and_response_and_case() {
    let (_, response, kept) = signed("webhooks/standard-new.json");
    let hinted: ResponseHinted = detail(&bodies("response-intake/hinted-new.json")[0]);
    assert_eq!(
        (hinted.connection.as_str(), &hinted.inbox_id),
        ("generic", &kept)
    );
    let received: ResponseReceived = detail(&bodies("response-to-case/new.json")[0]);
    assert_eq!(
        (&received.response, received.kind, &received.inbox_id),
        (&response.key, Kind::New, &kept)
    );

    let (_, about, kept) = signed("webhooks/standard-about-case.json");
    let case = identity::case(&response.key, &"detractor".parse().unwrap());
    assert_eq!(about.about_case, Some(case));
    let hinted: ResponseHinted = detail(&bodies("response-intake/hinted-about-case.json")[0]);
    assert_eq!(hinted.inbox_id, kept);
    let received: ResponseReceived = detail(&bodies("case-reopen/about-case.json")[0]);
    assert_eq!(
        (&received.response, received.kind, &received.inbox_id),
        (&about.key, Kind::AboutCase, &kept)
    );

    let readme = std::fs::read_to_string(events().join("README.md")).unwrap();
    assert!(
        readme.contains(&case.to_string()) && readme.contains(kept.as_str()),
        "{case} {kept}"
    );
}

/// The table of effects speaks of the sandbox's configuration.
#[test]
fn in_the_sandbox_the_response_meets_the_rule_that_the_table_of_effects_names() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/cxloop.yaml");
    let configuration = configuration::read(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (_, response, _) = signed("webhooks/standard-new.json");
    let decision = judge(&CaseRules::parse(&configuration), &response, "", 1, None);
    let chosen: Vec<&str> = decision.chosen.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(chosen, ["detractor"]);
}

#[test]
fn the_console_is_asked_for_the_loop_of_that_response() {
    let (_, response, _) = signed("webhooks/standard-new.json");
    let loop_page = request("console/loop.json");
    assert_eq!(
        loop_page.uri().path(),
        format!("/loops/{}", response.key.loop_id())
    );
    let query = format!("response={}", response.key.response);
    assert_eq!(
        request("console/api-loops-of-response.json").uri().query(),
        Some(query.as_str())
    );
}

fn wxm_hint(name: &str) -> Result<Hint, cxloop_ports::Unparsable> {
    struct NoSecrets;
    #[async_trait::async_trait]
    impl cxloop_ports::Secrets for NoSecrets {
        async fn field(
            &self,
            _: &str,
            _: &str,
        ) -> Result<secrecy::SecretString, cxloop_ports::Failure> {
            panic!("reading a body needs no secret")
        }
        async fn forget(&self, _: &str) {}
    }
    let configuration = cxloop_testkit::samples::configuration();
    let name_of_connection: ConnectionName = "wxm".parse().unwrap();
    let applied = cxloop_domain::configuration::Applied {
        version: 1,
        configuration,
    };
    let platforms = cxloop_surveys::Platforms::new(
        reqwest::Client::new(),
        std::sync::Arc::new(NoSecrets),
        std::sync::Arc::new(cxloop_lambda_kit::aws::WallClock),
    );
    use cxloop_ports::SurveyPlatforms;
    platforms
        .platform(&applied, &name_of_connection)
        .unwrap()
        .parse(body(name).as_bytes())
}

#[test]
fn an_unsigned_body_names_its_answer_in_either_case_of_its_keys() {
    let camel = wxm_hint("webhooks/wxm-camel-case.json").unwrap();
    let pascal = wxm_hint("webhooks/wxm-pascal-case.json").unwrap();
    assert_eq!(camel.response, pascal.response);
    assert_eq!(
        (camel.notification.as_str(), pascal.notification.as_str()),
        ("Detractors", "Everything")
    );
    assert!(
        wxm_hint("webhooks/wxm-unparsable.json")
            .unwrap_err()
            .reason
            .contains("answer.id")
    );
    let hinted: ResponseHinted = detail(&bodies("response-intake/hinted-wxm.json")[0]);
    let kept = inbox_id(
        &hinted.connection,
        None,
        body("webhooks/wxm-camel-case.json").as_bytes(),
    );
    assert_eq!(hinted.inbox_id, kept);
}

#[test]
fn a_mixed_batch_has_one_message_that_can_be_read() {
    for name in [
        "response-intake/mixed-batch.json",
        "response-to-case/mixed-batch.json",
    ] {
        let bodies = bodies(name);
        let readable = bodies
            .iter()
            .filter(|body| serde_json::from_str::<EventBridgeEvent<Value>>(body).is_ok());
        assert_eq!((bodies.len(), readable.count()), (3, 1), "{name}");
    }
}

#[test]
fn the_schedule_is_an_event_too() {
    let event: EventBridgeEvent<Value> =
        serde_json::from_str(&text("sweep/every-minute.json")).unwrap();
    assert_eq!(event.source, "aws.scheduler");
}

#[test]
fn every_function_has_its_events() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    for entry in std::fs::read_dir(functions).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            files()
                .iter()
                .any(|file| file.starts_with(&format!("{name}/"))),
            "{name}"
        );
    }
}

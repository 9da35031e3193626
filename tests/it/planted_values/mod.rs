//! Values planted in every input are found in no log line, metric, message, dead letter or answer.
//!
//! What may hold a person's data, and does here: the kept body, the stored response, the plan and its case in the CRM,
//! and the page of a loop that shows a person what the CRM said. Everything else is looked at, in every scene.

mod detector;
mod inputs;
mod of_the_crm;
mod writing_back;

use std::collections::BTreeSet;

use cxloop_domain::names::ResponseKey;
use cxloop_domain::webhooks::inbox_id;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_lambda_kit::metrics::EmbeddedMetrics;
use cxloop_ports::{Failure, Inbox, Responses, Signals};
use cxloop_testkit::fakes::FakeStore;
use lambda_http::Body;
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{any, method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::world::{Delivered, World, Written};
use detector::{Detector, holds};

/// One scene: its log is taken from the beginning.
struct Scene {
    world: World,
    log: Written,
    detector: Detector,
    _logging: tracing::subscriber::DefaultGuard,
}

impl Scene {
    async fn new(rules: &str) -> Self {
        let log = Written::default();
        let logging = log.log();
        Self {
            world: World::with_rules(rules).await,
            log,
            detector: Detector::default(),
            _logging: logging,
        }
    }

    /// Sends a request and delivers all that follows from it.
    async fn send(&mut self, request: lambda_http::Request) -> u16 {
        let first = self.world.bus.published().len();
        let answer = webhooks::handle(&self.world.webhooks(), request).await;
        self.detector.look_at_answer(&answer);
        let delivered = self.world.deliver_from(first).await;
        self.detector.look_at_delivered(&delivered);
        answer.status().as_u16()
    }

    async fn notify(&mut self, key: &ResponseKey) {
        let body = inputs::notification(&self.world, key);
        assert_eq!(self.send(inputs::to_wxm(body)).await, 200);
    }

    /// No planted value anywhere, and no line that the document does not describe.
    fn end(mut self) -> Vec<Value> {
        self.detector.look_at_world(&self.world, &self.log);
        let leaks = self.detector.leaks();
        assert!(leaks.is_empty(), "{leaks:#?}");
        let lines = self.log.lines();
        let known: BTreeSet<&str> = fields::ALL.iter().copied().collect();
        for line in &lines {
            for key in line.as_object().unwrap().keys() {
                assert!(known.contains(key.as_str()), "{key}: {line}");
            }
            if let Some(outcome) = line.get(fields::OUTCOME) {
                let outcome = outcome.as_str().unwrap();
                assert!(outcomes::ALL.contains(&outcome), "{line}");
            }
        }
        lines
    }
}

fn outcomes_of(lines: &[Value]) -> BTreeSet<&str> {
    lines
        .iter()
        .filter_map(|line| line[fields::OUTCOME].as_str())
        .collect()
}

/// An outside system that answers everything with this status and quotes the whole request, as only careless ones do.
async fn echoing(status: u16, form: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let echo = move |request: &Request| {
        let sent = String::from_utf8_lossy(&request.body);
        let said = format!("qvzecho qvzecho@example.com of {} and {sent}", request.url);
        let answer = ResponseTemplate::new(status)
            .insert_header("x-ms-service-request-id", "qvzecho")
            .insert_header("REQ_ID", "qvzecho")
            .insert_header("Location", "https://example.com/qvzecho");
        let answer = match status {
            429 | 503 => answer.insert_header("Retry-After", "7"),
            _ => answer,
        };
        match form {
            "dynamics" => answer.set_body_json(
                json!({ "error": { "code": "0x80040203", "message": said }, "qvzecho": said }),
            ),
            "wxm" => answer
                .set_body_json(json!({ "message": said, "error": said, "exceptionMessage": said })),
            _ => answer.set_body_raw(format!("<html>{said}</html>"), "text/html"),
        }
    };
    let token = json!({ "access_token": "t", "expires_in": 3599, "token_type": "Bearer" });
    Mock::given(method("POST"))
        .and(path_regex("(/oauth2/v2.0/token|/api/LoginToken)$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(echo).mount(&server).await;
    server
}

/// The statuses that mean different things to us.
const STATUSES: [u16; 11] = [200, 302, 400, 401, 403, 404, 409, 412, 429, 500, 503];

/// Those that gateways and proxies answer with pages of their own.
const STATUSES_OF_PAGES: [u16; 4] = [200, 400, 403, 502];

fn statuses(form: &str) -> &'static [u16] {
    if form == "page" {
        &STATUSES_OF_PAGES
    } else {
        &STATUSES
    }
}

/// The case that the response of a rule is in.
fn case_of(key: &ResponseKey) -> Uuid {
    cxloop_domain::identity::case(key, &"detractor".parse().unwrap())
}

#[tokio::test]
async fn a_leak_that_is_planted_in_each_place_is_found() {
    let mut scene = Scene::new(inputs::RULES).await;
    tracing::info!({ fields::REASON } = "of QVZname", "a careless line");
    let careless = Failure::retry(
        "",
        "asked for contacts?$filter=emailaddress1 eq '%71vzmail'",
    );
    tracing::error!({ fields::DETAIL } = careless.detail, "a careless error");
    tracing::warn!(
        { fields::CAUSE } = "called +34 699-884.411",
        "a careless number"
    );
    let clock = scene.world.clock.clone();
    let metrics = EmbeddedMetrics::new("qvzfunction", clock, scene.world.metrics.clone());
    let connection = "wxm".parse().unwrap();
    metrics.count(cxloop_domain::signals::Signal::Accepted {
        connection: &connection,
    });
    let key: ResponseKey = "wxm/qvzid".parse().unwrap();
    let event = cxloop_domain::events::ResponseHinted {
        connection: key.connection,
        inbox_id: "qvzinbox".parse().unwrap(),
    };
    let event = cxloop_domain::events::Outgoing::of(&event);
    scene.detector.look_at_event(&event);
    let delivered = Delivered {
        bodies: vec![r#"{"a":"\u0071vzbody"}"#.to_owned()],
        sent_again: vec!["qvzagain".to_owned()],
        failed: vec!["qvzfailed".to_owned()],
    };
    scene.detector.look_at_delivered(&delivered);
    let answer = lambda_http::Response::new(Body::Text("<p>qvzanswer</p>".to_owned()));
    scene.detector.look_at_answer(&answer);
    scene.detector.look_at_world(&scene.world, &scene.log);
    let leaks = scene.detector.leaks();
    for place in [
        "log: ",
        "metrics: ",
        "bus: ",
        "queue: ",
        "message sent again: ",
        "dead letters: ",
        "HTTP answer: ",
    ] {
        let found = leaks.iter().filter(|leak| leak.starts_with(place)).count();
        let planted = if place == "log: " { 3 } else { 1 };
        assert_eq!(found, planted, "{place}{leaks:#?}");
    }
    assert!(!holds("quiz vz 699 88"), "and nothing else is");
}

#[tokio::test]
async fn no_planted_value_of_a_response_and_its_rating_leaves_where_it_belongs() {
    let mut scene = Scene::new(inputs::RULES).await;
    let key = scene.world.answer(&inputs::visit());
    scene.notify(&key).await;
    let case = case_of(&key);
    scene.world.resolve(case).await;
    let rating = scene.world.answer(&inputs::rating(case));
    scene.notify(&rating).await;

    // Where the values belong, they are: the scene is no empty one.
    let stored = Responses::load(scene.world.store.as_ref(), &key).await;
    assert!(holds(&format!("{:?}", stored.unwrap().unwrap().response)));
    let made = scene.world.cases().await;
    assert_eq!(made.len(), 1);
    assert!(holds(&made[0].to_string()), "{made:?}");
    assert_eq!(made[0]["statecode"], 0, "and reopened");

    // Two of the response, two of its rating, and the change that the reopening is.
    assert_eq!(scene.detector.seen("queue"), 5);
    let lines = scene.end();
    let told = outcomes_of(&lines);
    for outcome in [
        outcomes::ACCEPTED,
        outcomes::TAKEN_IN,
        outcomes::DECIDED,
        outcomes::CASE_STANDS,
        outcomes::ACTED_ON,
    ] {
        assert!(told.contains(outcome), "{outcome}: {told:?}");
    }
}

#[tokio::test]
async fn no_planted_value_of_a_signed_a_malformed_or_a_refused_webhook_is_found() {
    let mut scene = Scene::new(inputs::RULES).await;
    let whole = inputs::response("r-1", None).to_string();
    let request = inputs::signed(&scene.world, &whole);
    assert_eq!(scene.send(request).await, 200);
    let key: ResponseKey = "generic/r-1".parse().unwrap();
    scene.world.resolve(case_of(&key)).await;
    let about = inputs::response("r-2", Some(case_of(&key))).to_string();
    let request = inputs::signed(&scene.world, &about);
    assert_eq!(scene.send(request).await, 200);

    for body in inputs::malformed() {
        let request = inputs::signed(&scene.world, &body);
        assert_eq!(scene.send(request).await, 200, "{body}");
        assert_eq!(
            scene.send(inputs::to_wxm(body.clone())).await,
            200,
            "{body}"
        );
        let kept = inbox_id(&"wxm".parse().unwrap(), None, body.as_bytes());
        let kept = Inbox::load(scene.world.store.as_ref(), &kept).await;
        assert!(kept.unwrap().is_some(), "{body}");
    }
    for request in inputs::refused(&scene.world) {
        let path = request.uri().to_string();
        assert_eq!(scene.send(request).await, 401, "{path}");
    }
    let parked = scene.world.store.parked(100).await.unwrap();
    assert!(parked.len() > 30, "{}", parked.len());
    let reasons: Vec<_> = parked.iter().filter(|body| holds(&body.reason)).collect();
    assert!(reasons.is_empty(), "{reasons:#?}");
    let told = scene.end();
    let told = outcomes_of(&told);
    assert!(told.contains(outcomes::REFUSED) && told.contains(outcomes::PARKED));
}

#[tokio::test]
async fn no_planted_value_comes_back_from_a_crm_or_a_platform_that_quotes_what_it_is_sent() {
    let mut scene = Scene::new(inputs::RULES).await;
    let (dynamics, surveys) = (
        scene.world.dynamics_url.clone(),
        scene.world.surveys_url.clone(),
    );
    let solved = scene.world.answer(&inputs::visit());
    scene.notify(&solved).await;
    for form in ["dynamics", "page"] {
        for status in statuses(form) {
            let server = echoing(*status, form).await;
            scene.world.dynamics_url = server.uri();
            scene.world.apply(inputs::RULES).await;
            let key = scene.world.answer(&inputs::visit());
            scene.notify(&key).await;
            let rating = inputs::rating(case_of(&solved));
            let rating = scene.world.answer(&rating);
            scene.notify(&rating).await;
            scene.world.clock.advance(3_600);
        }
    }
    for form in ["wxm", "page"] {
        for status in statuses(form) {
            let server = echoing(*status, form).await;
            let key = scene.world.answer(&inputs::visit());
            let body = inputs::notification(&scene.world, &key);
            scene.world.dynamics_url.clone_from(&dynamics);
            scene.world.surveys_url = server.uri();
            scene.world.apply(inputs::RULES).await;
            // Fetched from a platform that only quotes, and noted on it once the case stands.
            assert_eq!(scene.send(inputs::to_wxm(body)).await, 200);
            scene.world.surveys_url.clone_from(&surveys);
            scene.world.apply(inputs::RULES).await;
            let event = scene.world.taken_in(&key, "").await;
            scene.world.surveys_url = server.uri();
            scene.world.apply(inputs::RULES).await;
            let event = cxloop_domain::events::Outgoing::of(&event);
            let delivered = scene.world.deliver(&event).await;
            scene.detector.look_at_delivered(&delivered);
            scene.world.surveys_url.clone_from(&surveys);
            scene.world.clock.advance(3_600);
        }
    }
    let lines = scene.end();
    let told = outcomes_of(&lines);
    for outcome in [
        outcomes::PARKED,
        outcomes::SENT_AGAIN,
        outcomes::NOT_NOTED,
        outcomes::WAITS_UNTIL_MENDED,
    ] {
        assert!(told.contains(outcome), "{outcome}: {told:?}");
    }
}

#[tokio::test]
async fn no_planted_value_of_what_cannot_be_read_filled_in_or_shown_is_found() {
    let mut scene = Scene::new(inputs::BROKEN_TEXT).await;
    let key = scene.world.answer(&inputs::visit());
    scene.notify(&key).await;

    // A message that somebody else put into a queue is theirs; what we say of it is ours.
    for function in ["response-intake", "response-to-case", "case-reopen"] {
        for message in [
            "qvzmessage",
            r#"{"id":"1","detail-type":"qvzname","source":"qvzsource","detail":{}}"#,
            r#"{"id":"1","detail-type":"ResponseHinted","source":"cxloop","detail":{"connection":"QVZ","trace":"qvztrace"}}"#,
        ] {
            let delivered = scene.world.deliver_message(function, message.into()).await;
            assert_eq!(delivered.failed.len(), 1);
        }
    }
    // A stored plan that is none.
    let plan = cxloop_domain::response_to_case::decision_key(&key, "Low");
    let plans = scene.world.store.clone();
    let kept = cxloop_ports::Plans::load(plans.as_ref(), &plan).await;
    let version = kept.unwrap().unwrap().version;
    cxloop_ports::Plans::replace(
        plans.as_ref(),
        &plan,
        version,
        &json!({ "qvzplan": "qvzplan" }),
    )
    .await
    .unwrap();
    scene.notify(&key).await;

    // Pages that say that something is not there, or not available.
    let down = FakeStore::default();
    down.faults().go_down();
    let down = std::sync::Arc::new(down);
    for path in [
        "/loops/qvzloop",
        "/qvzpath",
        "/api/loops/qvzloop",
        "/api/loops?response=qvzresponse",
        "/invitations?state=qvzstate&before=qvzbefore",
        "/invitations/qvzinvitation",
        "/api/invitations/qvzinvitation",
        "/loops",
    ] {
        for is_down in [false, true] {
            let mut deps = scene.world.console();
            if is_down {
                deps.loops = down.clone();
            }
            let request = lambda_http::http::Request::builder()
                .uri(format!("https://api.example.com{path}"))
                .header("X-Amzn-Trace-Id", "Root=qvztrace")
                .body(Body::Empty)
                .unwrap();
            let answer = console::handle(&deps, request).await;
            if path != "/loops" || is_down {
                scene.detector.look_at_answer(&answer);
            }
        }
    }
    let lines = scene.end();
    let told = outcomes_of(&lines);
    for outcome in [
        outcomes::PARKED,
        outcomes::UNREADABLE,
        outcomes::NOT_ANSWERED,
    ] {
        assert!(told.contains(outcome), "{outcome}: {told:?}");
    }
}

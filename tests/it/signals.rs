//! What operators see: one trace from the webhook to the CRM and back, counts, and a document that tells the truth.

use std::collections::BTreeSet;
use std::path::Path;

use cxloop_domain::events::TRACE;
use cxloop_domain::loops::StepKind;
use cxloop_domain::signals::{Healed, RefusalKind, Signal, Verdict};
use cxloop_domain::trace::TraceId;
use cxloop_domain::webhooks::inbox_id;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{Clock, Failure, Inbox};
use lambda_http::http::Method;
use lambda_http::{Body, Request};
use serde_json::{Value, json};
use uuid::{Uuid, uuid};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::{Answered, RULES, WEBHOOK_TOKEN, World, Written};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const GUID: &str = "5759e988-bd86-2e3f-e1be-46a994272793";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(file: &str) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A notification as API Gateway hands it over, with the trace that it began.
fn webhook(body: Vec<u8>) -> Request {
    lambda_http::http::Request::builder()
        .method(Method::POST)
        .uri(format!(
            "https://api.example.com/webhooks/wxm/{WEBHOOK_TOKEN}"
        ))
        .header("X-Amzn-Trace-Id", format!("Root={ROOT};Sampled=0"))
        .body(Body::Binary(body))
        .unwrap()
}

/// The metrics' lines: name, and the values of the dimensions.
fn counted(world: &World) -> Vec<Value> {
    let told = |line: &Value| {
        let metric = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"];
        let [function, connection] = ["function", "connection"].map(|name| line[name].clone());
        let own = line.get("verdict").or_else(|| line.get("reason"));
        json!([metric, function, connection, own])
    };
    world.metrics.lines().iter().map(told).collect()
}

#[tokio::test]
async fn one_trace_goes_from_the_webhook_to_the_crm_and_back() {
    let log = Written::default();
    let _logging = log.log();
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world.clock.advance(90);
    let body = world.notification_body(&key, "Detractors");
    let answer = webhooks::handle(&world.webhooks(), webhook(body.clone())).await;
    assert_eq!(answer.status(), 200);
    world.deliver_from(0).await;
    assert_eq!(world.cases().await.len(), 1);

    let trace: TraceId = ROOT.parse().unwrap();
    let id = inbox_id(&key.connection, None, &body);
    let kept = Inbox::load(world.store.as_ref(), &id).await.unwrap();
    assert_eq!(kept.unwrap().trace, Some(trace));
    for event in world.bus.published() {
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(detail[TRACE], ROOT, "{}", event.name);
    }
    let mut functions = BTreeSet::new();
    for line in log.lines() {
        assert_eq!(line[fields::TRACE], ROOT, "{line}");
        functions.insert(line[fields::FUNCTION].as_str().unwrap().to_owned());
    }
    let chain = ["response-intake", "response-to-case", "webhooks"];
    assert!(functions.iter().eq(chain), "{functions:?}");
    for step in world.history(&key).await.steps {
        assert_eq!(step.references.trace, Some(trace), "{step:?}");
    }
    for header in ["x-ms-correlation-id", "x-request-id"] {
        // The looks of this test itself come without an id.
        let mut ids: Vec<String> = world
            .correlations
            .of(header)
            .into_iter()
            .flatten()
            .collect();
        assert!(ids.len() > 2, "{header}: {ids:?}");
        ids.dedup();
        assert_eq!(ids, [GUID], "{header}");
    }
    let expected = [
        json!(["Accepted", "webhooks", "wxm", null]),
        json!(["Decided", "response-to-case", "wxm", "case"]),
        json!(["SecondsToCase", "response-to-case", "wxm", null]),
    ];
    assert_eq!(counted(&world), expected);
    let seconds = world.metrics.lines().pop().unwrap();
    assert_eq!(seconds["SecondsToCase"], 90.0);
    assert_eq!(seconds["trace"], ROOT);
}

#[tokio::test]
async fn each_decision_has_one_line_however_often_its_message_comes() {
    let log = Written::default();
    let _logging = log.log();
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    world.resolve(case).await;
    let first = world.bus.published().len();
    let key = world.answer(&Answered::about(case, 1));
    let hinted = world.hinted(&key, "").await;
    let event = cxloop_domain::events::Outgoing::of(&hinted);
    for _ in 0..3 {
        world.deliver(&event).await;
        world.deliver_from(first).await;
    }
    let verdicts: Vec<Value> = log
        .lines()
        .into_iter()
        .filter(|line| line.get(fields::VERDICT).is_some())
        .map(|line| json!([line[fields::OUTCOME], line[fields::VERDICT]]))
        .collect();
    let expected = [json!(["decided", "case"]), json!(["acted on", "reopen"])];
    assert_eq!(verdicts, expected);
    let decided: Vec<Value> = counted(&world)
        .into_iter()
        .filter(|line| line[0] == "Decided" || line[0] == "SecondsToCase")
        .map(|line| json!([line[0], line[1]]))
        .collect();
    let expected = [
        json!(["Decided", "response-to-case"]),
        json!(["SecondsToCase", "response-to-case"]),
        json!(["Decided", "case-reopen"]),
        json!(["SecondsToCase", "case-reopen"]),
    ];
    assert_eq!(decided, expected);
}

#[tokio::test]
async fn what_the_crm_refuses_is_shown_and_logged_under_its_own_request_id() {
    const REQUEST: Uuid = uuid!("8b1f0c52-6d0e-4a55-9c1d-2f7a3b4c5d6e");
    let server = MockServer::start().await;
    let token = json!({ "access_token": "t", "expires_in": 3599, "token_type": "Bearer" });
    Mock::given(method("POST"))
        .and(path("/sandbox/oauth2/v2.0/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let error = json!({ "error": { "code": "0x80040203", "message": "A columna non existe" } });
    let refusal = ResponseTemplate::new(400)
        .insert_header("x-ms-service-request-id", REQUEST.to_string())
        .set_body_json(error);
    Mock::given(wiremock::matchers::any())
        .respond_with(refusal)
        .mount(&server)
        .await;
    let log = Written::default();
    let _logging = log.log();
    let mut world = World::new().await;
    world.dynamics_url = server.uri();
    world.apply(RULES).await;
    let key = world.answer(&Answered::visit(3));
    let body = world.notification_body(&key, "");
    webhooks::handle(&world.webhooks(), webhook(body)).await;
    world.deliver_from(0).await;

    let history = world.history(&key).await;
    let failed = history.steps.iter().find(|s| s.what == StepKind::Failed);
    let references = failed.unwrap().references;
    assert_eq!(references.service_request_id, Some(REQUEST));
    assert_eq!(references.trace, Some(ROOT.parse().unwrap()));
    let lines = log.lines();
    let parked = lines
        .iter()
        .find(|l| l[fields::OUTCOME] == outcomes::PARKED);
    let told = &parked.unwrap()[fields::SERVICE_REQUEST_ID];
    assert_eq!(told, &REQUEST.to_string());
    let asked = server.received_requests().await.unwrap();
    let ours = asked.iter().filter(|r| r.url.path().starts_with("/api/"));
    for request in ours {
        for name in ["x-ms-client-request-id", "x-ms-correlation-id"] {
            assert_eq!(request.headers.get(name).unwrap(), GUID, "{name}");
        }
    }

    let page = lambda_http::http::Request::builder()
        .uri(format!("https://api.example.com/loops/{}", key.loop_id()))
        .body(Body::Empty)
        .unwrap();
    let page = console::handle(&world.console(), page).await;
    let Body::Text(html) = page.body() else {
        panic!("a page is text");
    };
    for told in [ROOT, &REQUEST.to_string()] {
        assert!(html.contains(told), "{told}: {html}");
    }
}

#[tokio::test]
async fn a_body_left_to_the_sweep_and_a_replay_go_on_under_the_first_trace() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let away = Failure::retry("the bus is away", "");
    world.bus.faults().next(away);
    let body = world.notification_body(&key, "");
    webhooks::handle(&world.webhooks(), webhook(body)).await;
    assert!(world.bus.published().is_empty());
    world.clock.advance(61);
    sweep::handle(&world.sweep()).await.unwrap();
    let swept: Value = serde_json::from_str(&world.bus.published()[0].detail).unwrap();
    assert_eq!(swept[TRACE], ROOT);
    // A hint of before there were traces goes on under that of its body.
    let untraced = serde_json::from_value(swept).unwrap();
    response_intake::handle(&world.response_intake(), untraced)
        .await
        .unwrap();
    let taken_in = world.bus.published().pop().unwrap();
    let taken_in: Value = serde_json::from_str(&taken_in.detail).unwrap();
    assert_eq!(taken_in[TRACE], ROOT);

    world
        .apply(&RULES.replace("queue: Recovery", "queue: Nowhere"))
        .await;
    world.deliver_from(0).await;
    let address = format!("https://api.example.com/loops/{}/replay", key.loop_id());
    let replay = lambda_http::http::Request::builder()
        .method(Method::POST)
        .uri(address)
        .body(Body::Empty)
        .unwrap();
    let answer = console::handle(&world.console(), replay).await;
    assert_eq!(answer.status(), 303);
    let replayed = world.bus.published().pop().unwrap();
    let replayed: Value = serde_json::from_str(&replayed.detail).unwrap();
    assert_eq!(
        (&replayed["replay"], &replayed[TRACE]),
        (&json!(true), &json!(ROOT))
    );
}

#[tokio::test]
async fn what_a_far_side_asks_to_wait_for_is_counted_under_its_connection() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let until = world.clock.now() + jiff::SignedDuration::from_secs(30);
    let dynamics = "dynamics".parse().unwrap();
    cxloop_ports::Gates::close(world.store.as_ref(), &dynamics, until)
        .await
        .unwrap();
    let body = world.notification_body(&key, "");
    webhooks::handle(&world.webhooks(), webhook(body)).await;
    world.deliver_from(0).await;
    let throttled = json!(["Throttled", "response-to-case", "dynamics", null]);
    assert_eq!(counted(&world).pop().unwrap(), throttled);
}

/// The words in the first column of the table under a heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let document = read("docs/signals.md");
    let (_, after) = document
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("docs/signals.md has no heading {heading}"));
    let section = after.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_document_names_exactly_what_the_code_writes() {
    let set = |words: &[&str]| -> BTreeSet<String> {
        let all: BTreeSet<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            all.len(),
            words.len(),
            "a word stands for one thing: {words:?}"
        );
        all
    };
    let verdicts: Vec<_> = Verdict::ALL.iter().map(|v| v.as_str()).collect();
    let healed: Vec<_> = Healed::ALL.iter().map(|what| what.as_str()).collect();
    let refusals: Vec<_> = RefusalKind::ALL.iter().map(|k| k.as_str()).collect();
    for (heading, words) in [
        ("Log fields", fields::ALL),
        ("Outcomes", outcomes::ALL),
        ("Metrics", &Signal::NAMES),
        ("Verdicts", &verdicts),
        ("Refusals", &refusals),
        ("Healed", &healed),
    ] {
        assert_eq!(documented(heading), set(words), "{heading}");
    }
}

/// The arguments of a macro call whose opening parenthesis was just read.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut one) = (Vec::new(), String::new());
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '{' | '[' => depth += 1,
            ')' if depth == 0 => break,
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                all.push(one.trim().to_owned());
                one.clear();
                continue;
            }
            _ => {}
        }
        one.push(c);
    }
    all.push(one.trim().to_owned());
    all
}

#[test]
fn every_line_takes_its_fields_from_the_list_and_says_what_came_of_it() {
    let mut lines = 0;
    for folder in ["functions", "shared/lambda-kit"] {
        for file in rust_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for level in ["error", "warn", "info"] {
                for (at, call) in text.match_indices(&format!("tracing::{level}!(")) {
                    let arguments = arguments(&text[at + call.len()..]);
                    let told: Vec<_> = arguments
                        .iter()
                        .take_while(|argument| !argument.starts_with('"'))
                        .collect();
                    let at = format!("{}: {arguments:?}", file.display());
                    assert!(told.iter().all(|a| a.starts_with("{ fields::")), "{at}");
                    let outcome = told.iter().any(|a| a.starts_with("{ fields::OUTCOME }"));
                    assert!(outcome, "{at}");
                    lines += 1;
                }
            }
        }
    }
    assert!(lines > 25, "only {lines} lines were looked at");
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.components().any(|part| part.as_os_str() == "tests")
        {
            files.push(path);
        }
    }
    files
}

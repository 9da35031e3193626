//! Webhooks of the CRM: from the HTTP request to the rows that changed.

mod failing;

use std::collections::BTreeSet;
use std::sync::Arc;

use cxloop_domain::configuration::{Connection, DynamicsConnection};
use cxloop_domain::events::Outgoing;
use cxloop_domain::names::InboxId;
use cxloop_domain::record_changed::RecordChanged;
use cxloop_domain::webhooks::inbox_id;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{BodyKind, Failure, Inbox, InboxItem, InboxState};
use lambda_http::http::Method;
use lambda_http::{Body, Request};
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::request;
use crate::world::{CRM_SECRET, World, Written};

const CASE: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000a1");
const US: Uuid = uuid!("3b1f6d52-77aa-4c0e-9b61-2f0d9a1c0002");
const ORGANIZATION: Uuid = uuid!("8e2a4c60-1d3f-4b58-a7c9-5e6f70810001");

/// The raw event in a file, as API Gateway hands it over, with one of the secrets that are valid.
fn raw(name: &str) -> Request {
    let path = format!(
        "{}/../events/webhooks/dynamics-{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let secret = CRM_SECRET.split(' ').next().unwrap();
    let text = text
        .replace(
            "\"x-cxloop-secret\": \"sandbox\"",
            &format!("\"x-cxloop-secret\": \"{secret}\""),
        )
        .replace("code=sandbox", &format!("code={secret}"))
        .replace("\"code\": \"sandbox\"", &format!("\"code\": \"{secret}\""));
    lambda_http::request::from_str(&text).unwrap()
}

fn body_of(request: &Request) -> Vec<u8> {
    request.body().as_ref().to_vec()
}

/// A request with a body of one's own and the secret in the address.
fn with_body(body: impl Into<Body>) -> Request {
    let secret = CRM_SECRET.split(' ').next_back().unwrap();
    request(
        Method::POST,
        &format!("/webhooks/dynamics?code={secret}"),
        body,
    )
}

async fn send(world: &World, request: Request) -> u16 {
    webhooks::handle(&world.webhooks(), request)
        .await
        .status()
        .as_u16()
}

fn kept_as(body: &[u8]) -> InboxId {
    inbox_id(&"dynamics".parse().unwrap(), None, body)
}

async fn kept(world: &World, body: &[u8]) -> Option<InboxItem> {
    Inbox::load(world.store.as_ref(), &kept_as(body))
        .await
        .unwrap()
}

fn told(published: &[Outgoing]) -> Vec<RecordChanged> {
    let read = |event: &Outgoing| {
        assert_eq!(event.name, "RecordChanged");
        serde_json::from_str(&event.detail).unwrap()
    };
    published.iter().map(read).collect()
}

/// A world whose connection names user and organisation, as a set-up writes them.
async fn world() -> World {
    let world = World::new().await;
    named(&world).await;
    world
}

async fn named(world: &World) {
    world
        .limit("dynamics", |connection| {
            if let Connection::Dynamics(dynamics) = connection {
                dynamics.application_user = Some(US);
                dynamics.organization_id = Some(ORGANIZATION);
                dynamics.organization_domain = Some("contoso.crm4.dynamics.com".to_owned());
            }
        })
        .await;
}

#[tokio::test]
async fn every_raw_body_is_kept_and_tells_of_its_rows() {
    let world = world().await;
    for (name, rows) in [
        ("update", 1),
        ("update-2017", 1),
        ("update-byte-order-mark", 1),
        ("update-capital-keys", 1),
        ("update-garbled", 1),
        ("update-multiple", 2),
        ("update-stripped", 1),
        ("update-typed-scalars", 1),
        ("assign", 1),
        ("close", 1),
        ("reactivate", 1),
        ("merge", 1),
        ("note", 1),
        ("note-deleted", 1),
        ("phone-call", 1),
        ("lead-qualified", 1),
        ("opportunity-won", 1),
        ("close-stripped", 0),
        ("unreadable", 0),
    ] {
        let before = world.bus.published().len();
        let request = raw(name);
        let body = body_of(&request);
        assert_eq!(send(&world, request).await, 200, "{name}");
        let item = kept(&world, &body).await.unwrap();
        assert_eq!((item.kind, &item.body), (BodyKind::Change, &body), "{name}");
        let parked = matches!(item.state, InboxState::Parked { .. });
        assert_eq!(parked, name == "unreadable", "{name}: {:?}", item.state);
        assert!(parked || item.state == InboxState::Published, "{name}");
        let changes = told(&world.bus.published()[before..]);
        assert_eq!(changes.len(), rows, "{name}");
        for change in changes {
            assert_eq!(change.inbox_id.as_ref(), Some(&item.id), "{name}");
            assert_eq!(change.connection.as_str(), "dynamics");
        }
    }
    let details: Vec<String> = world
        .bus
        .published()
        .into_iter()
        .map(|e| e.detail)
        .collect();
    assert!(
        !details.concat().contains("caldeira"),
        "only ids and names of columns travel"
    );
}

#[tokio::test]
async fn the_new_secret_and_the_old_one_are_right_and_nothing_else_is() {
    let world = world().await;
    for (headers, query, expected) in [
        (&[("x-cxloop-secret", "a-new-secret")][..], "", 200),
        (&[("x-cxloop-secret", "an-old-secret")], "", 200),
        (&[], "?code=a-new-secret", 200),
        (&[], "?code=an-old-secret", 200),
        (&[], "", 401),
        (&[], "?code=", 401),
        (&[], "?code=a-new-secret%20an-old-secret", 401),
        (
            &[("x-cxloop-secret", "a-new-secret an-old-secret")],
            "",
            401,
        ),
        (&[("x-cxloop-secret", "guess")], "", 401),
        (&[("x-other", "a-new-secret")], "", 401),
    ] {
        let path = format!("/webhooks/dynamics{query}");
        let mut request = request(Method::POST, &path, body_of(&raw("update")));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        assert_eq!(send(&world, request).await, expected, "{headers:?} {query}");
    }
    let sent = request(Method::POST, "/webhooks/dynamics/a-new-secret", "{}");
    assert_eq!(send(&world, sent).await, 401, "the path is no place for it");
    assert_eq!(send(&world, raw("wrong-secret")).await, 401);
    assert_eq!(world.bus.published().len(), 4);
}

#[tokio::test]
async fn a_copy_of_the_environment_is_refused_by_its_domain_and_by_its_id() {
    let world = world().await;
    let mut copy = raw("update");
    let domain = "contoso-copia.crm4.dynamics.com".parse().unwrap();
    copy.headers_mut()
        .insert("x-ms-dynamics-organization", domain);
    assert_eq!(send(&world, copy).await, 401);
    let other = Uuid::from_u128(9).to_string();
    let body = String::from_utf8(body_of(&raw("update"))).unwrap();
    let body = body.replace(&ORGANIZATION.to_string(), &other);
    assert_eq!(send(&world, with_body(body.clone())).await, 401);
    assert!(kept(&world, body.as_bytes()).await.is_none());
    assert!(world.bus.published().is_empty());
}

/// Printable characters that no compression makes much smaller.
fn noise(bytes: usize) -> String {
    let mut seed = 11u64;
    let mut next = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'#' + u8::try_from((seed >> 33) % 57).unwrap())
    };
    (0..bytes).map(|_| next()).collect()
}

#[tokio::test]
async fn whoever_has_the_secret_gets_200_whatever_the_body_is() {
    let world = world().await;
    let row = |target: Value| {
        json!({ "MessageName": "Update", "PrimaryEntityName": "incident", "PrimaryEntityId": CASE, "InputParameters": target })
            .to_string()
    };
    let text = noise(600_000);
    let long = json!([{ "key": "Target", "value": { "LogicalName": "incident", "Id": CASE, "Attributes": [{ "key": "description", "value": text }] } }]);
    let names: Vec<Value> = (0..9_000)
        .map(|at| json!({ "key": &text[at * 60..at * 60 + 60], "value": at }))
        .collect();
    for (body, parked, rows) in [
        (String::new(), true, 0),
        ("{".to_owned(), true, 0),
        ("[]".to_owned(), true, 0),
        ("{}".to_owned(), true, 0),
        (text.clone(), true, 0),
        (row(Value::Null), false, 1),
        (row(long), false, 1),
        (row(names.into()), false, 1),
    ] {
        let before = world.bus.published().len();
        assert_eq!(send(&world, with_body(body.clone())).await, 200);
        let item = kept(&world, body.as_bytes()).await.unwrap();
        assert!(item.body.len() <= body.len().max(100) && item.body.len() < 300 * 1024);
        assert_eq!(matches!(item.state, InboxState::Parked { .. }), parked);
        assert_eq!(world.bus.published().len() - before, rows);
        if body.len() > 300 * 1024 {
            let said = format!("\"cxloop_reduced_from_bytes\":{}", body.len());
            assert!(String::from_utf8(item.body).unwrap().contains(&said));
        }
    }
}

#[tokio::test]
async fn whoever_has_the_secret_gets_503_when_the_body_cannot_be_kept() {
    let world = world().await;
    let away = || Failure::retry("away", "");
    world.secrets.faults().next(away());
    assert_eq!(send(&world, raw("update")).await, 503);
    let down = Arc::new(cxloop_testkit::fakes::FakeStore::default());
    down.faults().go_down();
    for name in ["update", "unreadable", "close-stripped"] {
        let mut deps = world.webhooks();
        deps.inbox = down.clone();
        let answer = webhooks::handle(&deps, raw(name)).await;
        assert_eq!(answer.status(), 503, "{name}");
    }
    assert!(world.bus.published().is_empty());
}

#[tokio::test]
async fn an_own_write_is_counted_and_neither_kept_nor_told() {
    let log = Written::default();
    let _logging = log.log();
    let world = world().await;
    let request = raw("create-own");
    let body = body_of(&request);
    assert_eq!(send(&world, request).await, 200);
    assert!(kept(&world, &body).await.is_none());
    assert!(world.bus.published().is_empty());
    let counted = world.metrics.lines();
    assert_eq!(
        (&counted[0]["PassedOver"], &counted[0]["reason"]),
        (&json!(1), &json!("own_write"))
    );
    assert_eq!(counted.len(), 1);
    let line = &log.lines()[0];
    assert_eq!(
        (&line[fields::OUTCOME], &line[fields::PASSED_OVER]),
        (&json!(outcomes::PASSED_OVER), &json!("own_write"))
    );
}

#[tokio::test]
async fn a_closing_whose_case_was_stripped_is_kept_counted_and_logged() {
    let log = Written::default();
    let _logging = log.log();
    let world = world().await;
    let request = raw("close-stripped");
    let body = body_of(&request);
    assert_eq!(send(&world, request).await, 200);
    let item = kept(&world, &body).await.unwrap();
    assert_eq!((item.body, item.state), (body, InboxState::Published));
    let words: Vec<Value> = world
        .metrics
        .lines()
        .iter()
        .filter_map(|line| line.get("reason").cloned())
        .collect();
    assert_eq!(words, ["no_row"]);
    let lines = log.lines();
    let line = lines
        .iter()
        .find(|line| line[fields::PASSED_OVER] == "no_row")
        .unwrap();
    assert_eq!(line[fields::INBOX_ID], item.id.as_str());
    assert_eq!(line[fields::LEVEL], "WARN");
    world.clock.advance(120);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 0);
}

#[tokio::test]
async fn a_redelivery_tells_the_same_facts_again() {
    let world = world().await;
    for _ in 0..3 {
        assert_eq!(send(&world, raw("update-multiple")).await, 200);
        world.clock.advance(30);
    }
    let ids: BTreeSet<Uuid> = world.bus.published().iter().map(|event| event.id).collect();
    assert_eq!((world.bus.published().len(), ids.len()), (6, 2));
}

#[tokio::test]
async fn what_could_not_be_published_is_read_again_and_published_by_the_sweep() {
    let world = world().await;
    world
        .bus
        .faults()
        .next(Failure::retry("the bus is away", ""));
    let request = raw("phone-call");
    let body = body_of(&request);
    assert_eq!(send(&world, request).await, 200);
    assert_eq!(
        kept(&world, &body).await.unwrap().state,
        InboxState::Unpublished
    );
    world.clock.advance(61);
    assert_eq!(sweep::handle(&world.sweep()).await.unwrap().published, 1);
    assert_eq!(
        kept(&world, &body).await.unwrap().state,
        InboxState::Published
    );
    let changes = told(&world.bus.published());
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].about.as_ref().map(|about| about.id), Some(CASE));
}

#[tokio::test]
async fn a_default_connection_takes_webhooks_too() {
    let world = World::new().await;
    let applied = cxloop_ports::Configurations::current(world.store.as_ref())
        .await
        .unwrap();
    let (_, dynamics) = applied.configuration.dynamics().unwrap();
    assert_eq!(
        dynamics.webhook_header.as_str(),
        DynamicsConnection::DEFAULT_WEBHOOK_HEADER
    );
    assert_eq!(send(&world, raw("update")).await, 200);
    assert_eq!(send(&world, raw("create-own")).await, 200);
    assert_eq!(
        told(&world.bus.published()).len(),
        1,
        "own writes are known by their tag alone"
    );
}

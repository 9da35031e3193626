//! Webhooks: verified, kept, published, answered.

mod dynamics;

use cxloop_domain::webhooks::inbox_id;
use cxloop_ports::{Clock, Failure, Inbox, InboxState};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request};
use standardwebhooks::Webhook;

use crate::world::{Answered, SIGNING_SECRET, WEBHOOK_TOKEN, World};

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request {
    lambda_http::http::Request::builder()
        .method(method)
        .uri(format!("https://api.example.com{path}"))
        .body(body.into())
        .unwrap()
}

async fn post(world: &World, path: &str, body: impl Into<Body>) -> StatusCode {
    webhooks::handle(&world.webhooks(), request(Method::POST, path, body))
        .await
        .status()
}

/// A body of the generic kind, signed as Standard Webhooks prescribes.
fn signed(world: &World, id: &str, body: &str, seconds_ago: i64) -> Request {
    let at = world.clock.now().as_second() - seconds_ago;
    let signature = Webhook::new(SIGNING_SECRET)
        .unwrap()
        .sign(id, at, body.as_bytes())
        .unwrap();
    let mut request = request(Method::POST, "/webhooks/generic", body);
    let headers = request.headers_mut();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", at.to_string().parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    request
}

const GENERIC: &str = r#"{"type":"response.submitted","timestamp":"2026-11-22T10:00:00Z","data":{"id":"r-1","survey":"loja","submitted_at":"2026-11-22T09:59:00Z","comment":"Não resolveram a avaria","customer":{"name":"Inês Simões","email":"ines.simoes@example.com"},"metrics":{"nps":2}}}"#;

#[tokio::test]
async fn a_webhook_with_its_secret_path_is_kept_and_published() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let body = world.notification_body(&key, "Detractors");
    assert_eq!(
        post(
            &world,
            &format!("/webhooks/wxm/{WEBHOOK_TOKEN}"),
            body.clone()
        )
        .await,
        200
    );

    let id = inbox_id(&key.connection, None, &body);
    let item = world.store.load(&id).await.unwrap().unwrap();
    assert_eq!((item.state, item.body), (InboxState::Published, body));
    let published = world.bus.published();
    assert_eq!(published.len(), 1);
    assert!(published[0].detail.contains(id.as_str()));
    assert!(!published[0].detail.contains("Uxía"), "only ids travel");
}

#[tokio::test]
async fn a_wrong_token_or_an_unknown_connection_is_refused_and_nothing_is_kept() {
    let world = World::new().await;
    let body = world.notification_body(&world.answer(&Answered::visit(3)), "Detractors");
    for path in [
        "/webhooks/wxm/guess",
        "/webhooks/wxm",
        "/webhooks/unknown/x",
        "/webhooks/dynamics/x",
        "/webhooks",
    ] {
        assert_eq!(post(&world, path, body.clone()).await, 401, "{path}");
    }
    assert!(
        world
            .store
            .load(&inbox_id(&"wxm".parse().unwrap(), None, &body))
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.bus.published().is_empty());
}

#[tokio::test]
async fn a_signed_body_is_taken_and_a_forged_or_stale_one_is_not() {
    let world = World::new().await;
    let deps = world.webhooks();
    assert_eq!(
        webhooks::handle(&deps, signed(&world, "msg-1", GENERIC, 0))
            .await
            .status(),
        200
    );
    assert_eq!(
        webhooks::handle(&deps, signed(&world, "msg-2", GENERIC, 299))
            .await
            .status(),
        200
    );
    assert_eq!(
        webhooks::handle(&deps, signed(&world, "msg-3", GENERIC, 301))
            .await
            .status(),
        401
    );
    assert_eq!(
        webhooks::handle(&deps, signed(&world, "msg-4", GENERIC, -301))
            .await
            .status(),
        401
    );
    let mut forged = signed(&world, "msg-5", GENERIC, 0);
    *forged.body_mut() = GENERIC.replace("\"nps\":2", "\"nps\":9").into();
    assert_eq!(webhooks::handle(&deps, forged).await.status(), 401);
    assert_eq!(world.bus.published().len(), 2);
}

#[tokio::test]
async fn a_redelivered_webhook_is_kept_once() {
    let world = World::new().await;
    let first_accepted = world.clock.now();
    let id = inbox_id(
        &"generic".parse().unwrap(),
        Some("msg-1"),
        GENERIC.as_bytes(),
    );
    for _ in 0..3 {
        let answer = webhooks::handle(&world.webhooks(), signed(&world, "msg-1", GENERIC, 0)).await;
        assert_eq!(answer.status(), 200);
        let item = world.store.load(&id).await.unwrap().unwrap();
        assert_eq!(
            (item.accepted_at, item.state),
            (first_accepted, InboxState::Published)
        );
        world.clock.advance(20);
    }
    let ids: std::collections::BTreeSet<_> =
        world.bus.published().into_iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), 1, "every delivery tells the same fact");
}

#[tokio::test]
async fn a_platform_that_asks_whether_somebody_is_here_gets_200() {
    let world = World::new().await;
    for method in [Method::GET, Method::HEAD] {
        let answer =
            webhooks::handle(&world.webhooks(), request(method, "/webhooks/wxm/any", "")).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn a_failing_publish_still_answers_200_and_leaves_the_body_to_the_sweep() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world
        .bus
        .faults()
        .next(Failure::retry("the bus is away", ""));
    let body = world.notification_body(&key, "Detractors");
    assert_eq!(
        post(
            &world,
            &format!("/webhooks/wxm/{WEBHOOK_TOKEN}"),
            body.clone()
        )
        .await,
        200
    );
    let item = world
        .store
        .load(&inbox_id(&key.connection, None, &body))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(item.state, InboxState::Unpublished);
}

#[tokio::test]
async fn a_body_that_is_too_large_even_compressed_is_answered_413() {
    let world = World::new().await;
    // Text without repetition does not shrink: a small generator of printable characters.
    let mut seed = 7u64;
    let noise: String = (0..500_000)
        .map(|_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'0' + u8::try_from((seed >> 33) % 64).unwrap())
        })
        .filter(|c| *c != '"' && *c != '\\')
        .collect();
    let body = format!(r#"{{"notification":"x","answer":{{"id":"a1","note":"{noise}"}}}}"#);
    assert_eq!(
        post(&world, &format!("/webhooks/wxm/{WEBHOOK_TOKEN}"), body).await,
        413
    );
    let repetitive = format!(
        r#"{{"notification":"x","answer":{{"id":"a1","note":"{}"}}}}"#,
        "non volverei ".repeat(60_000)
    );
    assert_eq!(
        post(
            &world,
            &format!("/webhooks/wxm/{WEBHOOK_TOKEN}"),
            repetitive
        )
        .await,
        200
    );
}

#[tokio::test]
async fn what_a_verified_sender_says_and_nobody_understands_is_kept_and_parked_with_the_reason() {
    let world = World::new().await;
    for body in [
        "no JSON at all",
        "{}",
        r#"{"notification":"x","answer":{}}"#,
    ] {
        assert_eq!(
            post(&world, &format!("/webhooks/wxm/{WEBHOOK_TOKEN}"), body).await,
            200,
            "{body}"
        );
        let item = world
            .store
            .load(&inbox_id(&"wxm".parse().unwrap(), None, body.as_bytes()))
            .await
            .unwrap()
            .unwrap();
        assert!(
            matches!(item.state, InboxState::Parked { reason } if !reason.is_empty()),
            "{body}"
        );
    }
    assert!(world.bus.published().is_empty());
    assert_eq!(world.store.parked(10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_kept_is_answered_503() {
    let world = World::new().await;
    let body = world.notification_body(&world.answer(&Answered::visit(3)), "Detractors");
    let path = format!("/webhooks/wxm/{WEBHOOK_TOKEN}");

    world
        .secrets
        .faults()
        .next(Failure::mend("the secret cxloop/wxm cannot be read", ""));
    assert_eq!(post(&world, &path, body.clone()).await, 503);

    let down = cxloop_testkit::fakes::FakeStore::default();
    down.faults().go_down();
    let mut deps = world.webhooks();
    deps.inbox = std::sync::Arc::new(down);
    let answer = webhooks::handle(&deps, request(Method::POST, &path, body)).await;
    assert_eq!(answer.status(), 503);
    assert!(world.bus.published().is_empty());
}

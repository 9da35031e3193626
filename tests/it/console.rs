//! The console: what people see of the loops.

use lambda_http::http::{Method, Request};
use lambda_http::{Body, Response};
use serde_json::Value;

use crate::world::{Answered, RULES, World};

async fn ask(world: &World, method: Method, path: &str) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://x.example.com{path}"))
        .body(Body::Empty)
        .unwrap();
    console::handle(&world.console(), request).await
}

async fn page(world: &World, path: &str) -> String {
    let answer = ask(world, Method::GET, path).await;
    assert_eq!(answer.status(), 200, "{path}");
    String::from_utf8(answer.body().to_vec()).unwrap()
}

#[tokio::test]
async fn the_list_and_the_page_show_each_step_and_name_nobody() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let ticket = world.cases().await[0]["ticketnumber"]
        .as_str()
        .unwrap()
        .to_owned();
    let list = page(&world, "/loops").await;
    assert!(list.contains(&ticket) && list.contains("NPS 3"), "{list}");
    let one = page(&world, &format!("/loops/{}", key.loop_id())).await;
    for expected in [
        "Response received",
        "Rules decided",
        "detractor matched (nps = 3)",
        "Case opened",
        "Response noted",
        &ticket,
    ] {
        assert!(one.contains(expected), "{expected} is missing in {one}");
    }
    for personal in ["Uxía", "Bóveda", "uxia.boveda", "Non volverei"] {
        assert!(
            !one.contains(personal) && !list.contains(personal),
            "{personal}"
        );
    }
}

#[tokio::test]
async fn the_loop_of_a_response_is_found_by_its_id() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world.taken_in(&key, "").await;
    for path in [
        format!("/api/loops?response={}", key.response),
        format!("/api/loops/{}", key.loop_id()),
    ] {
        let found: Value = serde_json::from_str(&page(&world, &path).await).unwrap();
        let one = if found["loops"].is_array() {
            &found["loops"][0]
        } else {
            &found
        };
        assert_eq!(one["id"], key.loop_id().as_str(), "{path}");
        assert_eq!(one["steps"][0]["what"], "response_received");
    }
    let nothing: Value =
        serde_json::from_str(&page(&world, "/api/loops?response=unknown").await).unwrap();
    assert_eq!(nothing["loops"], serde_json::json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_said_so_and_pages_allow_no_script() {
    let world = World::new().await;
    for path in ["/loops/none~such", "/api/loops/none~such", "/loops/a/b/c"] {
        assert_eq!(ask(&world, Method::GET, path).await.status(), 404, "{path}");
    }
    let answer = ask(&world, Method::GET, "/loops").await;
    assert!(
        answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert!(
        String::from_utf8(answer.body().to_vec())
            .unwrap()
            .contains("No response has come in")
    );
}

#[tokio::test]
async fn a_replay_publishes_what_failed_once_more() {
    let world = World::with_rules(&RULES.replace("queue: Recovery", "queue: Nowhere")).await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let path = format!("/loops/{}", key.loop_id());
    assert!(page(&world, &path).await.contains("id=\"replay\""));

    world.apply(RULES).await;
    let answer = ask(&world, Method::POST, &format!("{path}/replay")).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["location"].to_str().unwrap()
        ),
        (303, path.as_str())
    );
    let event = world.last_received();
    assert!(event.replay);
    response_to_case::handle(&world.response_to_case(), event)
        .await
        .unwrap();
    assert_eq!(world.cases().await.len(), 1);
    assert!(
        !page(&world, &path).await.contains("id=\"replay\""),
        "nothing is left to replay"
    );
}

#[tokio::test]
async fn a_body_that_was_put_aside_is_listed_with_its_reason() {
    let world = World::new().await;
    let request = lambda_http::http::Request::post(format!(
        "https://x.example.com/webhooks/wxm/{}",
        crate::world::WEBHOOK_TOKEN
    ))
    .body(Body::from("no JSON"))
    .unwrap();
    webhooks::handle(&world.webhooks(), request).await;
    assert!(page(&world, "/loops").await.contains("Put aside"));
}

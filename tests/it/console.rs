//! The console: what people see of the loops.

use cxloop_domain::survey_trigger::{
    Invitation, InvitationDue, InvitationState, NotSent, invitation_step,
};
use cxloop_ports::{Invitations, Loops};
use cxloop_testkit::samples;
use jiff::SignedDuration;
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

/// Invitations as stored, the latest of them last: each in the next of these states.
async fn invited(world: &World, states: Vec<InvitationState>) -> Vec<Invitation> {
    let mut all = Vec::new();
    for (n, state) in (0..).zip(states) {
        let at = samples::time("2026-11-22T08:00:00Z") + SignedDuration::from_secs(n);
        let begun = samples::invitation(&format!("caso {n}"), "2026-11-22T07:59:00Z");
        let one = begun.moved(state, "Así quedou.", at);
        Invitations::begin(world.store.as_ref(), &one)
            .await
            .unwrap();
        all.push(one);
    }
    all
}

fn not_sent() -> InvitationState {
    InvitationState::NotSent {
        reason: NotSent::OptedOut {
            purpose: "opinion".to_owned(),
        },
    }
}

#[tokio::test]
async fn the_invitations_are_listed_with_their_states_and_reasons() {
    let world = World::new().await;
    let empty = page(&world, "/invitations").await;
    assert!(empty.contains("No row has reached the state"), "{empty}");
    let response = "wxm/52c7d343".parse().unwrap();
    let all = invited(
        &world,
        vec![not_sent(), InvitationState::Answered { response }],
    )
    .await;
    let list = page(&world, "/invitations").await;
    let latest = list.find(&all[1].id.to_string()).unwrap();
    assert!(latest < list.find(&all[0].id.to_string()).unwrap());
    let row = all[0].record.id;
    for expected in [
        "The person opted out of opinion.",
        "Answered",
        "after-case",
        "<time>2026-11-22 08:00:01.000</time>",
        &format!("/main.aspx?etn=incident&#38;pagetype=entityrecord&#38;id={row}"),
    ] {
        assert!(list.contains(expected), "{expected} is missing in {list}");
    }
    let only = page(&world, "/invitations?state=not_sent").await;
    assert!(only.contains(&all[0].id.to_string()) && !only.contains(&all[1].id.to_string()));
    assert!(only.contains("?state=not_sent\" aria-current=\"page\""));
    assert!(
        page(&world, "/loops")
            .await
            .contains("href=\"/invitations\"")
    );
}

#[tokio::test]
async fn the_page_of_an_invitation_tells_its_whole_trail() {
    let world = World::new().await;
    let response = "wxm/52c7d343".parse().unwrap();
    let all = invited(&world, vec![InvitationState::Answered { response }]).await;
    let one = page(&world, &format!("/invitations/{}", all[0].id)).await;
    for moment in &all[0].trail {
        assert!(one.contains(&moment.text), "{one}");
    }
    assert!(one.contains("href=\"/loops/wxm~52c7d343\""), "{one}");
    assert!(one.contains(&all[0].record.id.to_string()));
    let found: Value =
        serde_json::from_str(&page(&world, &format!("/api/invitations/{}", all[0].id)).await)
            .unwrap();
    assert_eq!(found, serde_json::to_value(&all[0]).unwrap());
}

#[tokio::test]
async fn older_invitations_follow_on_further_pages_each_once() {
    let world = World::new().await;
    let states = (0..120).map(|n| match n % 40 {
        0 => not_sent(),
        _ => InvitationState::Sent,
    });
    let all = invited(&world, states.collect()).await;
    for (query, expected, pages) in [("", 120, 3), ("state=not_sent&", 3, 1)] {
        let (mut seen, mut asked) = (Vec::new(), 0);
        let mut path = format!("/api/invitations?{query}");
        loop {
            let found: Value = serde_json::from_str(&page(&world, &path).await).unwrap();
            asked += 1;
            for one in found["invitations"].as_array().unwrap() {
                seen.push(one["id"].as_str().unwrap().to_owned());
            }
            let Some(older) = found["older"].as_str() else {
                break;
            };
            path = format!("/api/invitations?{query}before={older}");
        }
        assert_eq!((seen.len(), asked), (expected, pages), "{query}");
        seen.dedup();
        assert_eq!(seen.len(), expected, "each once");
        assert_eq!(seen[0] == all[119].id.to_string(), query.is_empty());
    }
    let first = page(&world, "/invitations").await;
    assert!(first.contains("id=\"older\"") && !first.contains(">Latest<"));
    let older = first
        .split("id=\"older\" rel=\"next\" href=\"")
        .nth(1)
        .unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    assert!(page(&world, &older).await.contains(">Latest<"));
}

#[tokio::test]
async fn an_invitation_that_was_not_sent_is_decided_anew_by_a_person() {
    let world = World::new().await;
    let all = invited(&world, vec![not_sent(), InvitationState::Sent]).await;
    for (invitation, can_replay) in all.iter().zip([true, false]) {
        let path = format!("/invitations/{}", invitation.id);
        let shown = page(&world, &path).await;
        assert_eq!(shown.contains("id=\"replay\""), can_replay);
        let answer = ask(&world, Method::POST, &format!("{path}/replay")).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()["location"], path.as_str());
    }
    let published = world.bus.published();
    assert_eq!(published.len(), 1, "one that was sent is not sent again");
    let due: InvitationDue = serde_json::from_str(&published[0].detail).unwrap();
    assert_eq!((due.invitation, due.replay), (all[0].id, Some(0)));
}

#[tokio::test]
async fn what_is_no_invitation_is_said_so() {
    let world = World::new().await;
    let unknown = uuid::Uuid::from_u128(9);
    for path in [
        format!("/invitations/{unknown}"),
        format!("/api/invitations/{unknown}"),
        "/invitations/none".to_owned(),
        "/invitations?state=perdida".to_owned(),
        "/invitations?before=onte".to_owned(),
    ] {
        assert_eq!(
            ask(&world, Method::GET, &path).await.status(),
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_page_of_a_case_tells_of_the_surveys_that_were_asked_for() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    world.taken_in(&key, "").await;
    let sent = samples::invitation("Coruña", "2026-11-22T09:00:00Z").moved(
        InvitationState::Sent,
        "Enviouse.",
        samples::time("2026-11-22T10:00:00Z"),
    );
    let waits = InvitationState::Waiting {
        until: samples::time("2026-11-23T08:00:00Z"),
    };
    let steps: Vec<_> = [sent.clone(), sent.moved(waits, "Agarda.", sent.changed_at)]
        .iter()
        .map(invitation_step)
        .collect();
    world.store.record(&key.loop_id(), &steps).await.unwrap();
    let one = page(&world, &format!("/loops/{}", key.loop_id())).await;
    assert!(
        one.contains("<li class=\"open\">") && one.contains("Survey sent"),
        "{one}"
    );
    assert!(one.contains("<li class=\"waiting\">") && one.contains("Survey to be sent later"));
}

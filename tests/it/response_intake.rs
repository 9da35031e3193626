//! Intake: from a hint to a response in normal form.

use cxloop_domain::loops::{LoopState, StepKind};
use cxloop_domain::response::{Email, Kind, Metric};
use cxloop_domain::score::Score;
use cxloop_domain::survey_trigger::InvitationState;
use cxloop_ports::{Inbox, InboxState, Invitations, Loops, Remedy, Responses};
use cxloop_testkit::samples;
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answered, World};

#[tokio::test]
async fn the_response_is_fetched_and_kept_in_normal_form() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(0));
    let received = world.taken_in(&key, "Answered with less than 7").await;
    assert_eq!(
        (received.kind, received.response.clone()),
        (Kind::New, key.clone())
    );

    let stored = Responses::load(world.store.as_ref(), &key)
        .await
        .unwrap()
        .unwrap();
    let response = stored.response;
    assert_eq!(
        response.score(Metric::Nps),
        Some(Score::whole(0)),
        "zero is an answer"
    );
    assert_eq!(
        response.customer.email,
        Some(Email::Address("uxia.boveda@example.com".into()))
    );
    assert_eq!(
        response.comment.as_deref(),
        Some("Non volverei: a atención foi pésima")
    );
    assert_eq!(
        world.steps(&key).await,
        [StepKind::ResponseReceived, StepKind::ResponseTaken]
    );
}

#[tokio::test]
async fn a_forged_body_changes_nothing_because_the_response_is_fetched() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(9));
    let answer = world.surveys.answer(key.response.as_str()).unwrap();
    let mut forged = serde_json::to_value(answer).unwrap();
    forged["responses"][0]["numberInput"] = json!(0);
    let body = serde_json::to_vec(&json!({ "notification": "x", "answer": forged })).unwrap();
    let path = format!("/webhooks/wxm/{}", crate::world::WEBHOOK_TOKEN);
    let request = lambda_http::http::Request::post(format!("https://x.example.com{path}"))
        .body(body.into())
        .unwrap();
    webhooks::handle(&world.webhooks(), request).await;
    let hinted = serde_json::from_str(&world.bus.published()[0].detail).unwrap();
    response_intake::handle(&world.response_intake(), hinted)
        .await
        .unwrap();
    let stored = Responses::load(world.store.as_ref(), &key)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.response.score(Metric::Nps), Some(Score::whole(9)));
}

#[tokio::test]
async fn a_second_notification_adds_its_name_and_tells_again() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let first = world.taken_in(&key, "Detractors").await;
    let second = world.taken_in(&key, "Vigo").await;
    assert_ne!(first.notification, second.notification);
    let stored = Responses::load(world.store.as_ref(), &key)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.notifications.len(), 2);
    assert_eq!(
        world.steps(&key).await,
        [StepKind::ResponseReceived, StepKind::ResponseTaken],
        "it came once"
    );
}

#[tokio::test]
async fn a_response_about_a_case_says_so_and_joins_that_cases_loop() {
    let world = World::new().await;
    let first = world.answer(&Answered::visit(3));
    let received = world.taken_in(&first, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let case = cxloop_domain::identity::case(&first, &"detractor".parse().unwrap());

    let rating = world.answer(&Answered::about(case, 1));
    let received = world.taken_in(&rating, "").await;
    assert_eq!(received.kind, Kind::AboutCase);
    assert!(
        world
            .steps(&first)
            .await
            .contains(&StepKind::FollowUpAnswered)
    );
    assert_eq!(
        world.store.of_response(&rating).await.unwrap(),
        Some(first.loop_id())
    );
}

#[tokio::test]
async fn a_rating_of_a_case_that_cxloop_did_not_open_begins_a_loop_of_its_own() {
    let world = World::new().await;
    let rating = world.answer(&Answered::about(Uuid::from_u128(77), 1));
    world.taken_in(&rating, "").await;
    assert_eq!(
        world.store.of_response(&rating).await.unwrap(),
        Some(rating.loop_id())
    );
}

#[tokio::test]
async fn a_hashed_address_stays_a_hash() {
    let world = World::new().await;
    world
        .surveys
        .hash_pii_by(None, Some(cxloop_sandbox::wxm::HashAlgorithm::Sha512));
    let key = world.answer(&Answered::visit(3));
    world.taken_in(&key, "").await;
    let stored = Responses::load(world.store.as_ref(), &key)
        .await
        .unwrap()
        .unwrap();
    assert!(
        matches!(stored.response.customer.email, Some(Email::Hashed(hash)) if hash.starts_with("sha512:"))
    );
}

#[tokio::test]
async fn a_response_the_platform_does_not_know_is_asked_for_again_and_then_parked_with_a_replay() {
    let world = World::new().await;
    let known = world.answer(&Answered::visit(3));
    let body = String::from_utf8(world.notification_body(&known, "x")).unwrap();
    let body = body.replace(known.response.as_str(), "ffffffffffffffffffffffff");
    let path = format!("/webhooks/wxm/{}", crate::world::WEBHOOK_TOKEN);
    let request = lambda_http::http::Request::post(format!("https://x.example.com{path}"))
        .body(body.into())
        .unwrap();
    webhooks::handle(&world.webhooks(), request).await;
    let hinted: cxloop_domain::events::ResponseHinted =
        serde_json::from_str(&world.bus.published()[0].detail).unwrap();

    let waits = response_intake::handle(&world.response_intake(), hinted.clone())
        .await
        .unwrap_err();
    assert!(matches!(waits.remedy, Remedy::ComeBack { .. }), "{waits:?}");
    world.clock.advance(601);
    response_intake::handle(&world.response_intake(), hinted.clone())
        .await
        .unwrap();
    let item = Inbox::load(world.store.as_ref(), &hinted.inbox_id)
        .await
        .unwrap()
        .unwrap();
    assert!(
        matches!(item.state, InboxState::Parked { reason } if reason.contains("does not know the response"))
    );
    let history = world
        .history(&"wxm/ffffffffffffffffffffffff".parse().unwrap())
        .await;
    assert_eq!(history.head.state, LoopState::Failed);
    assert!(history.steps.iter().any(|step| step.replay.is_some()));
}

#[tokio::test]
async fn a_response_that_was_parked_and_is_taken_in_after_all_leaves_no_trace_of_the_failure() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    for answered in [Answered::visit(2), Answered::about(case, 2)] {
        let key = world.answer(&answered);
        let hinted = world.hinted(&key, "").await;
        let rule = json!({"target": "wxm", "match": "/api/Answer/", "status": 400});
        world
            .faults
            .add(serde_json::from_value(rule).unwrap())
            .unwrap();
        response_intake::handle(&world.response_intake(), hinted.clone())
            .await
            .unwrap();
        let failed = Loops::load(world.store.as_ref(), &key.loop_id())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(failed.head.state, LoopState::Failed);
        assert_eq!(world.store.parked(10).await.unwrap().len(), 1);

        response_intake::handle(&world.response_intake(), hinted.clone())
            .await
            .unwrap();
        let mended = Loops::load(world.store.as_ref(), &key.loop_id())
            .await
            .unwrap()
            .unwrap();
        assert_ne!(mended.head.state, LoopState::Failed, "{mended:#?}");
        assert!(
            mended.steps.iter().all(|step| step.replay.is_none()),
            "{mended:#?}"
        );
        assert!(world.store.parked(10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_platform_that_asks_to_wait_is_waited_for() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let hinted = world.hinted(&key, "").await;
    let rule = json!({"target": "wxm", "match": "/api/Answer/", "status": 429, "retry_after": 40});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    let waits = response_intake::handle(&world.response_intake(), hinted.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(waits.remedy, Remedy::WaitUntil { .. }),
        "{waits:?}"
    );
    response_intake::handle(&world.response_intake(), hinted)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_signed_body_is_the_response_itself() {
    let world = World::new().await;
    let body = json!({"type": "response.submitted", "timestamp": "2026-11-22T10:00:00Z", "data": {
        "id": "r-1", "survey": "loja", "submitted_at": "2026-11-22T09:59:00Z", "comment": "Não resolveram a avaria",
        "customer": {"name": "Inês Simões", "email": "ines.simoes@example.com"}, "metrics": {"nps": 2}
    }});
    let item = cxloop_ports::InboxItem {
        kind: cxloop_ports::BodyKind::Response,
        id: "generic-1".parse().unwrap(),
        connection: "generic".parse().unwrap(),
        accepted_at: cxloop_ports::Clock::now(world.clock.as_ref()),
        body: body.to_string().into_bytes(),
        state: InboxState::Published,
        trace: None,
    };
    Inbox::keep(world.store.as_ref(), &item).await.unwrap();
    let hinted = cxloop_domain::events::ResponseHinted {
        connection: item.connection,
        inbox_id: item.id,
    };
    response_intake::handle(&world.response_intake(), hinted)
        .await
        .unwrap();
    assert!(world.calls.of("wxm").is_empty(), "nobody is asked");
    assert_eq!(world.last_received().response.to_string(), "generic/r-1");
}

#[tokio::test]
async fn whoever_holds_the_public_link_cannot_name_a_case() {
    let world = World::new().await;
    let case = world.case_of(&Answered::visit(3)).await;
    let forged = serde_json::json!({"responses": [
        {"questionId": world.surveys.question_id("after-case", "CSAT"), "numberInput": 1},
        {"questionId": world.surveys.question_id("after-case", "CASE_ID"), "textInput": case.to_string()},
    ]});
    let url = format!("{}/api/SurveyByToken/store-visit", world.surveys_url);
    let answer = world.http.post(url).json(&forged).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let key: cxloop_domain::names::ResponseKey = format!("wxm/{}", answer["id"].as_str().unwrap())
        .parse()
        .unwrap();
    let received = world.taken_in(&key, "").await;
    assert_eq!(received.kind, Kind::New, "a forged case id is no case");
}

#[tokio::test]
async fn an_answer_is_marked_on_its_invitation_once() {
    let world = World::new().await;
    let sent = samples::invitation("Coruña", "2026-11-22T09:00:00Z");
    Invitations::begin(world.store.as_ref(), &sent)
        .await
        .unwrap();
    let answered = Answered::visit(9).with("INVITATION", &sent.id.to_string());
    let key = world.answer(&answered);
    let received = world.taken_in(&key, "Promoters").await;
    assert_eq!(received.kind, Kind::New);
    let load = async || {
        let kept = Invitations::load(world.store.as_ref(), sent.id).await;
        kept.unwrap().unwrap()
    };
    let marked = load().await;
    let response = key.clone();
    assert_eq!(
        marked.invitation.state,
        InvitationState::Answered { response }
    );
    world.clock.advance(60);
    world.taken_in(&key, "Vigo").await;
    let second = world.answer(&answered);
    world.taken_in(&second, "").await;
    assert_eq!(load().await, marked, "neither a repeat nor a second answer");
}

#[tokio::test]
async fn an_answer_to_an_invitation_that_nobody_knows_is_a_response_like_any_other() {
    let world = World::new().await;
    let unknown = Uuid::from_u128(99).to_string();
    let lead = format!("lead/{}", Uuid::from_u128(7));
    let answered = Answered::visit(3)
        .with("INVITATION", &unknown)
        .with("ABOUT", &lead);
    let key = world.answer(&answered);
    assert_eq!(world.taken_in(&key, "").await.kind, Kind::New);
    let stored = Responses::load(world.store.as_ref(), &key)
        .await
        .unwrap()
        .unwrap();
    let about = stored.response.about.map(|row| row.to_string());
    assert_eq!(about, Some(lead));
    let listed = Invitations::newest(world.store.as_ref(), 9, jiff::Timestamp::MAX).await;
    assert!(listed.unwrap().is_empty(), "none is made of it");
}

#[tokio::test]
async fn an_answer_that_meets_another_change_of_its_invitation_is_marked_all_the_same() {
    let world = World::new().await;
    let sent = samples::invitation("Coruña", "2026-11-22T09:00:00Z");
    Invitations::begin(world.store.as_ref(), &sent)
        .await
        .unwrap();
    let answered = Answered::visit(9).with("INVITATION", &sent.id.to_string());
    let keys: Vec<_> = (0..3).map(|_| world.answer(&answered)).collect();
    let mut hints = Vec::new();
    for key in &keys {
        hints.push(world.hinted(key, "").await);
    }
    let deps = world.response_intake();
    let all = hints
        .into_iter()
        .map(|hint| response_intake::handle(&deps, hint));
    for taken in futures::future::join_all(all).await {
        taken.unwrap();
    }
    let kept = Invitations::load(world.store.as_ref(), sent.id).await;
    let marked = kept.unwrap().unwrap().invitation;
    let answers = marked
        .trail
        .iter()
        .filter(|at| at.text.contains("answered"));
    assert_eq!(answers.count(), 1, "the first answer stands");
}

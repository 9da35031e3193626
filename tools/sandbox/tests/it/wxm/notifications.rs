//! Notifications: to whom, in what shape, and when they stop.

use cxloop_sandbox::wxm::NotificationStyle;
use http::StatusCode;
use serde_json::{Value, json};

use super::platform::{NPS, Platform, Receiver, platform};

fn detractors() -> Value {
    json!({"filterquestions": [{"questionId": NPS, "answerCheck": ["lt"], "number": 7}]})
}

async fn with_receiver() -> (Platform, Receiver, String) {
    let platform = platform().await;
    let (receiver, url) = Receiver::start().await;
    platform
        .wxm
        .add_notification("Detractores", &url, detractors())
        .unwrap();
    (platform, receiver, url)
}

#[tokio::test]
async fn an_answer_that_a_rule_chooses_is_told_under_its_name_and_others_are_not() {
    let (platform, receiver, _) = with_receiver().await;
    platform.visit(9, "Moi ben").await;
    let answer = platform
        .visit(3, "Non volverei: a atención foi pésima")
        .await;
    platform.settled().await;
    assert_eq!(
        receiver.taken(),
        [json!({"notification": "Detractores", "answer": answer})]
    );
}

#[tokio::test]
async fn the_documented_page_variant_has_capitals_inside_the_answer_and_no_id() {
    let (platform, receiver, _) = with_receiver().await;
    platform.wxm.set_notification_style(NotificationStyle {
        pascal_case: true,
        without_id: false,
    });
    let id = platform.visit(3, "Mau").await["id"].clone();
    platform.settled().await;
    platform.wxm.set_notification_style(NotificationStyle {
        pascal_case: true,
        without_id: true,
    });
    platform.visit(2, "Mau").await;
    platform.settled().await;
    let taken = receiver.taken();
    assert_eq!(taken[0]["answer"]["Id"], id);
    assert_eq!(taken[0]["answer"]["Responses"][0]["NumberInput"], 3);
    assert_eq!(taken[1]["notification"], "Detractores");
    assert!(taken[1]["answer"].get("Id").is_none() && taken[1]["answer"].get("id").is_none());
}

#[tokio::test]
async fn a_url_that_fails_five_times_in_a_row_hears_no_more_until_settings_are_saved() {
    let (platform, receiver, url) = with_receiver().await;
    receiver.answer_next_with(&[500, 404, 204, 302, 200, 500, 500, 500, 500, 500]);
    for score in [0, 1, 2, 3, 4, 5, 6, 0, 1, 2] {
        assert!(
            platform.wxm.stopped_urls().is_empty(),
            "a success begins the count anew"
        );
        platform.visit(score, "").await;
        platform.settled().await;
    }
    assert_eq!(platform.wxm.stopped_urls(), std::slice::from_ref(&url));
    platform.visit(3, "").await;
    platform.settled().await;
    assert_eq!(receiver.taken().len(), 10, "the eleventh was not sent");
    let status = platform.get("/api/status").await.1;
    assert_eq!(
        status["notificationTargets"][0],
        json!({"url": url, "consecutiveFailures": 5, "stopped": true})
    );
    let page = platform.public("/", None).await.1;
    let page = page.as_str().unwrap();
    assert!(
        page.contains("stopped after 5 failures") && !page.contains("wxm/sandbox"),
        "{page}"
    );

    let settings = platform.get("/api/Settings").await.1;
    assert_eq!(
        platform.post("/api/settings/update", settings).await.0,
        StatusCode::OK
    );
    platform.visit(4, "").await;
    platform.settled().await;
    assert_eq!(receiver.scores().last(), Some(&4));
    assert!(platform.wxm.stopped_urls().is_empty());
}

#[tokio::test]
async fn a_stopped_or_dropped_notification_can_still_be_found_in_the_log() {
    let (platform, receiver, _) = with_receiver().await;
    platform.wxm.stop_notifications_after(1);
    receiver.answer_next_with(&[503]);
    let mut ids = Vec::new();
    for score in [1, 2] {
        ids.push(platform.visit(score, "").await["id"].clone());
        platform.settled().await;
        platform.pass(1, 0);
    }
    assert_eq!(receiver.taken().len(), 1);
    let logged = platform.post("/api/loggednotifications", json!({})).await.1;
    assert_eq!(
        (&logged[0]["responseId"], &logged[1]["responseId"]),
        (&ids[1], &ids[0])
    );
    assert_eq!(logged[0]["subject"], "Detractores");
    let recent = json!({"afterdate": "2026-03-04T10:30:00Z"});
    assert_eq!(
        platform
            .post("/api/LoggedNotifications", recent)
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn faults_drop_double_and_reorder_notifications() {
    let (platform, receiver, _) = with_receiver().await;
    platform.fault(json!({"target": "wxm", "match": "/webhooks/wxm", "webhook": "drop"}));
    platform.visit(0, "").await;
    platform.settled().await;
    assert!(receiver.taken().is_empty());
    platform.fault(json!({"target": "wxm", "webhook": "double"}));
    platform.visit(1, "").await;
    platform.settled().await;
    assert_eq!(receiver.scores(), [1, 1]);
    platform.fault(json!({"target": "wxm", "webhook": "reorder"}));
    platform.visit(2, "").await;
    assert_eq!(
        platform.wxm.pending_notifications(),
        1,
        "held back, and so not idle"
    );
    platform.visit(3, "").await;
    platform.settled().await;
    assert_eq!(receiver.scores(), [1, 1, 3, 2]);
    assert!(platform.faults.standing().is_empty());
}

#[tokio::test]
async fn rules_of_the_settings_decide_by_place_mode_and_filter() {
    let platform = platform().await;
    let (receiver, url) = Receiver::start().await;
    let rule = |name: &str, more: Value| {
        let mut rule = json!({"name": name, "email": url, "mode": "RealTime"});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        rule
    };
    let rules = json!({"notifications": [
        rule("todas", json!({})),
        rule("outro sitio", json!({"location": ["after-case"]})),
        rule("resumo", json!({"mode": "Digest"})),
        rule("correo", json!({"email": "equipa@example.com"})),
        rule("promotores", json!({"conditionalFilter": {"filterquestions": [{"questionId": NPS, "answerCheck": ["gt"], "number": 8}]}})),
    ]});
    assert_eq!(
        platform.post("/api/settings/update", rules).await.0,
        StatusCode::OK
    );
    platform.visit(9, "").await;
    platform.settled().await;
    let mut names: Vec<String> = receiver
        .taken()
        .iter()
        .map(|body| body["notification"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["promotores", "todas"]);
}

#[tokio::test]
async fn a_rule_tells_only_on_its_days_and_refuses_what_cannot_be_honoured() {
    let platform = platform().await;
    let (receiver, url) = Receiver::start().await;
    let rules = |more: Value| {
        let mut rule = json!({"name": "mércores", "email": url, "mode": "RealTime"});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"notifications": [rule]})
    };
    // The clock stands on a Wednesday, which is 3.
    let saved = platform.post("/api/settings/update", rules(json!({"days": [3, 5]})));
    assert_eq!(saved.await.0, StatusCode::OK);
    platform.visit(1, "").await;
    platform.pass(24, 0);
    platform.visit(2, "").await;
    platform.pass(24, 0);
    platform.visit(3, "").await;
    platform.settled().await;
    let mut told = receiver.scores();
    told.sort_unstable();
    assert_eq!(told, [1, 3]);
    for refused in [json!({"days": [7]}), json!({"onlyQuestions": [NPS]})] {
        let answer = platform.post("/api/settings/update", rules(refused)).await;
        assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{}", answer.1);
    }
}

#[tokio::test]
async fn the_log_of_notifications_evaluates_a_filter_or_refuses_it() {
    let (platform, _receiver, _) = with_receiver().await;
    platform.visit(1, "").await;
    platform.settled().await;
    let path = "/api/loggednotifications";
    for (filter, found) in [
        (json!({"days": [3]}), 1),
        (json!({"days": [4]}), 0),
        (json!({"archived": true}), 0),
        (json!({"location": ["after-case"]}), 0),
        (json!({"aftertime": "2026-03-04T10:00:01Z"}), 0),
    ] {
        let (status, logged) = platform.post(path, filter.clone()).await;
        assert_eq!(status, StatusCode::OK, "{logged}");
        assert_eq!(logged.as_array().unwrap().len(), found, "{filter}");
    }
    for filter in [
        detractors(),
        json!({"withNotes": true}),
        json!({"withTickets": true}),
        json!({"surveyClient": ["WW"]}),
    ] {
        let (status, refused) = platform.post(path, filter).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    }
}

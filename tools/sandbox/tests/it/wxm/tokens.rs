//! Survey tokens and the answers given under them.

use http::StatusCode;
use serde_json::{Value, json};

use super::platform::{CASE_ID, CSAT, EMAIL, NAME, NPS, Platform, platform};

async fn token(platform: &Platform, body: Value) -> String {
    let (status, token) = platform.post("/api/SurveyToken", body).await;
    assert_eq!(status, StatusCode::OK, "{token}");
    token["id"].as_str().unwrap().to_owned()
}

fn about_case(case: &str) -> Value {
    json!({
        "location": "after-case",
        "preFill": [{"questionId": CASE_ID, "textInput": case}],
        "validTill": "2026-04-04T00:00:00.000Z",
        "validUses": 1,
        "note": "Avaría CAS-01042",
    })
}

fn rating(stars: i64) -> Value {
    json!({"responses": [{"questionId": CSAT, "numberInput": stars}]})
}

#[tokio::test]
async fn a_token_shows_its_questions_and_adds_its_prefill_to_the_one_answer_it_takes() {
    let platform = platform().await;
    let id = token(&platform, about_case("CAS-01042")).await;
    assert_eq!(id, "DM-21988");
    let shown = platform.get(&format!("/api/surveytoken/id/{id}")).await.1;
    assert_eq!(shown["note"], "Avaría CAS-01042");
    assert_eq!(shown["preFill"][0]["textInput"], "CAS-01042");
    let path = format!("/api/SurveyByToken/{id}");
    let survey = platform.public(&path, None).await.1;
    assert_eq!(
        survey["questions"].as_array().unwrap().len(),
        5,
        "hidden questions are listed too"
    );
    assert_eq!(survey["preFill"][0]["questionId"], CASE_ID);
    let (status, answer) = platform.public(&path, Some(rating(1))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["locationId"], "after-case");
    assert_eq!(answer["responses"][1]["textInput"], "CAS-01042");
    assert_eq!(
        platform
            .get(&format!("/api/Answer/{}", answer["id"].as_str().unwrap()))
            .await
            .1,
        answer
    );
    assert_eq!(
        platform.public(&path, Some(rating(5))).await.0,
        StatusCode::GONE
    );
    assert_eq!(platform.public(&path, None).await.0, StatusCode::GONE);
    assert_eq!(platform.wxm.answers().len(), 1);
}

#[tokio::test]
async fn what_a_program_filled_in_cannot_be_overwritten_by_the_respondent() {
    let platform = platform().await;
    let id = token(&platform, about_case("CAS-01042")).await;
    let forged = json!({"Responses": [
        {"QuestionId": CASE_ID, "TextInput": "CAS-99999"},
        {"QuestionId": CSAT, "NumberInput": 1},
    ]});
    let answer = platform
        .public(&format!("/api/surveybytoken/{id}"), Some(forged))
        .await
        .1;
    assert_eq!(answer["responses"][0]["textInput"], "CAS-01042");
    assert_eq!(answer["responses"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_case_that_a_respondent_names_themselves_is_dropped() {
    let platform = platform().await;
    let case = "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5";
    let unnamed = token(&platform, json!({"location": "after-case"})).await;
    for open in ["store-visit", unnamed.as_str()] {
        let forged = json!({"responses": [
            {"questionId": CASE_ID, "textInput": case},
            {"questionId": CSAT, "numberInput": 1},
        ]});
        let (status, answer) = platform
            .public(&format!("/api/SurveyByToken/{open}"), Some(forged))
            .await;
        assert_eq!(status, StatusCode::OK);
        assert!(!answer.to_string().contains(case), "{answer}");
        assert_eq!(answer["responses"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_respondent_may_correct_what_staff_filled_in() {
    let platform = platform().await;
    let prefill = json!([{"questionId": NAME, "textInput": "Uxia"}, {"questionId": EMAIL, "textInput": "u@example.com"}]);
    let id = token(
        &platform,
        json!({"location": "store-visit", "prefill": prefill, "validTill": 30, "validUses": "1"}),
    )
    .await;
    let given = json!({"responses": [{"questionId": NPS, "numberInput": 0}, {"questionId": NAME, "textInput": "Uxía"}]});
    let answer = platform
        .public(&format!("/api/SurveyByToken/{id}"), Some(given))
        .await
        .1;
    let texts: Vec<&Value> = answer["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["textInput"])
        .collect();
    assert_eq!(
        texts,
        [&Value::Null, &json!("Uxía"), &json!("u@example.com")]
    );
}

#[tokio::test]
async fn an_expired_token_takes_no_answer() {
    let platform = platform().await;
    let days = token(
        &platform,
        json!({"location": "after-case", "validTill": 30, "validUses": 5}),
    )
    .await;
    let date = token(
        &platform,
        json!({"location": "after-case", "validTill": "2026-03-05"}),
    )
    .await;
    platform.pass(24, 0);
    let path = |id: &str| format!("/api/SurveyByToken/{id}");
    assert_eq!(
        platform.public(&path(&date), Some(rating(1))).await.0,
        StatusCode::GONE
    );
    assert_eq!(
        platform.public(&path(&days), Some(rating(1))).await.0,
        StatusCode::OK
    );
    platform.pass(30 * 24, 0);
    assert_eq!(
        platform.public(&path(&days), Some(rating(1))).await.0,
        StatusCode::GONE
    );
    assert_eq!(
        platform.public(&path("DM-1"), Some(rating(1))).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn prefills_are_taken_only_for_questions_that_staff_or_a_program_fills() {
    let platform = platform().await;
    let of = |question: &str| json!({"location": "store-visit", "preFill": [{"questionId": question, "numberInput": 3}]});
    let (status, refused) = platform.post("/api/SurveyToken", of(NPS)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("takes no prefill")
    );
    let elsewhere = platform.post("/api/SurveyToken", of(CASE_ID)).await;
    assert_eq!(elsewhere.0, StatusCode::BAD_REQUEST);
    assert!(elsewhere.1.to_string().contains("does not belong"));
    let negative = json!({"location": "store-visit", "validUses": -1});
    assert_eq!(
        platform.post("/api/SurveyToken", negative).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        platform.post("/api/SurveyToken", of("none")).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        platform
            .post("/api/SurveyToken", json!({"location": "nowhere"}))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        platform
            .post("/api/SurveyToken", json!({"validUses": 1}))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn of_ten_answers_at_the_same_moment_one_gets_the_last_use() {
    let platform = platform().await;
    let id = token(&platform, about_case("CAS-01042")).await;
    let path = format!("/api/SurveyByToken/{id}");
    let all = (0..10).map(|_| platform.public(&path, Some(rating(1))));
    let taken = futures::future::join_all(all).await;
    assert_eq!(
        taken
            .iter()
            .filter(|(status, _)| *status == StatusCode::OK)
            .count(),
        1
    );
    assert_eq!(platform.wxm.answers().len(), 1);
}

fn invitation(email: &str) -> Value {
    json!({
        "customerEmail": email, "customerName": "Iria Fernández", "customerPhone": "", "isSMS": false,
        "subject": "Como foi a avaría?", "template": "https://templates.example/avaria.html",
        "tokenDetails": {
            "location": "store-visit", "validUses": "1",
            "preFill": [{"questionId": EMAIL, "textInput": email}]
        },
    })
}

#[tokio::test]
async fn an_invitation_makes_a_token_and_a_message_that_leads_to_it() {
    let platform = platform().await;
    let ask = |body| platform.post("/api/requestinvitation", body);
    let (status, answer) = ask(invitation("iria@example.com")).await;
    assert_eq!((status, answer), (StatusCode::OK, json!(true)));
    let sent = platform.wxm.invitations();
    assert_eq!(sent[0].to, "iria@example.com");
    assert_eq!(sent[0].subject, "Como foi a avaría?");
    let path = format!("/api/SurveyByToken/{}", sent[0].token);
    let survey = platform.public(&path, None).await.1;
    assert_eq!(survey["preFill"][0]["questionId"], EMAIL);

    let mut to_nobody = invitation("iria@example.com");
    to_nobody["isSMS"] = json!(true);
    assert_eq!(ask(to_nobody).await.0, StatusCode::BAD_REQUEST);
    let mut of_nothing = invitation("iria@example.com");
    of_nothing["tokenDetails"]["location"] = json!("nada");
    assert_eq!(ask(of_nothing).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(platform.wxm.invitations().len(), 1);
}

#[tokio::test]
async fn who_was_invited_lately_is_not_invited_again_where_the_request_says_so() {
    let platform = platform().await;
    let ask = |email: &str, days: i64| {
        let mut body = invitation(email);
        body["nonRepeatByUniquieQuestionTag"] = json!("Email");
        body["nonRepeatWithinLastDays"] = json!(days);
        platform.post("/api/RequestInvitation", body)
    };
    for (email, days, taken) in [
        ("iria@example.com", 1, true),
        ("iria@example.com", 1, false),
        ("xoan@example.com", 1, true),
        ("iria@example.com", 0, true),
    ] {
        let (status, answer) = ask(email, days).await;
        assert_eq!(
            (status, answer),
            (StatusCode::OK, json!(taken)),
            "{email} {days}"
        );
    }
    platform.pass(25, 0);
    assert_eq!(ask("iria@example.com", 1).await.1, json!(true));
    assert_eq!(platform.wxm.invitations().len(), 4);
}

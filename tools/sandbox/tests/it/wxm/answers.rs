//! Reading answers, writing back, and questions.

use cxloop_sandbox::wxm::HashAlgorithm;
use http::StatusCode;
use serde_json::{Value, json};

use super::platform::{CASE_ID, COMMENTS, EMAIL, NPS, platform};

#[tokio::test]
async fn an_answer_comes_back_with_its_words_unharmed_in_any_case_of_path() {
    let platform = platform().await;
    let words = "Non volverei: a atención foi pésima. Não resolveram a avaria";
    let stored = platform.visit(3, words).await;
    let id = stored["id"].as_str().unwrap();
    assert_eq!(id.len(), 24);
    assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (status, answer) = platform.get(&format!("/API/ANSWER/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["responses"][1]["textInput"], words);
    assert_eq!(answer["responses"][0]["numberInput"], 3);
    assert_eq!(answer["responses"][0]["textInput"], Value::Null);
    assert_eq!(answer["responses"][1]["numberInput"], 0);
    assert_eq!(
        answer["responses"][1]["questionText"],
        "What is the main reason for your score?"
    );
    assert_eq!(answer["responseDateTime"], "2026-03-04T10:00:00.250Z");
    assert_eq!(answer["locationId"], "store-visit");
    assert_eq!(answer["notes"], Value::Null);
    assert_eq!(
        platform.get("/api/Answer/000000000000000000000000").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_score_that_was_not_given_is_no_zero() {
    let platform = platform().await;
    let body =
        json!({"locationId": "store-visit", "responses": [{"questionId": NPS, "textInput": "?"}]});
    let answer = platform.post("/api/answers/add", body).await.1;
    assert_eq!(answer["responses"][0]["numberInput"], Value::Null);
    let below = |check: &str| json!({"filterquestions": [{"questionId": NPS, "answerCheck": [check], "number": 0}]});
    for check in ["eq", "lt", "gt"] {
        let found = platform.post("/api/answers/count", below(check)).await.1;
        assert_eq!(found, 0, "{check}");
    }
}

#[tokio::test]
async fn lists_pages_and_counts_choose_by_filter() {
    let platform = platform().await;
    for score in 0..5 {
        platform.visit(score, "").await;
        platform.pass(1, 0);
    }
    let below = |limit: i64| json!({"filterquestions": [{"questionId": NPS, "answerCheck": ["lt"], "number": limit}]});
    let scores = |answers: &Value| -> Vec<i64> {
        let answers = answers.as_array().unwrap();
        answers
            .iter()
            .map(|answer| answer["responses"][0]["numberInput"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(
        scores(&platform.post("/api/answers", below(3)).await.1),
        [2, 1, 0]
    );
    let since = json!({"afterdate": "2026-03-04T12:00:00.250Z", "sortByOldest": true});
    assert_eq!(
        scores(&platform.post("/api/Answers", since).await.1),
        [2, 3, 4]
    );
    assert_eq!(platform.post("/api/answers/count", below(4)).await.1, 4);
    let page = platform.post("/api/Answers/Page/2/2", json!({})).await.1;
    assert_eq!(scores(&page["responses"]), [2, 1]);
    assert_eq!(
        (
            &page["currentPage"],
            &page["totalPages"],
            &page["totalCount"]
        ),
        (&json!(2), &json!(3), &json!(5))
    );
    let (zero, one) = (
        platform.post("/api/answers/page/0/2", json!({})).await,
        platform.post("/api/answers/page/1/2", json!({})).await,
    );
    assert_eq!(scores(&zero.1["responses"]), scores(&one.1["responses"]));
    assert_eq!(scores(&platform.get("/api/Answers").await.1).len(), 5);
    let (status, refused) = platform
        .post("/api/Answers", json!({"ticket": {"status": "Open"}}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["message"].as_str().unwrap().contains("ticket"));
}

#[tokio::test]
async fn notes_are_added_one_after_the_other_by_who_is_logged_in() {
    let platform = platform().await;
    let id = platform.visit(2, "").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/Answers/Note/{id}");
    assert_eq!(
        platform
            .post(&path, json!({"note": "Case CAS-01042 · avaría"}))
            .await
            .0,
        StatusCode::OK
    );
    platform.pass(1, 0);
    let timed = json!({"Note": "Case CAS-01042 · pechado", "noteTime": "2026-03-04T10:30:00Z"});
    assert_eq!(platform.post(&path, timed).await.0, StatusCode::OK);
    let notes = platform.get(&format!("/api/answer/{id}")).await.1["notes"].clone();
    assert_eq!(notes[0]["note"], "Case CAS-01042 · avaría");
    assert_eq!(notes[0]["user"], "sandbox");
    assert_eq!(notes[0]["noteTime"], "2026-03-04T10:00:00.250Z");
    assert_eq!(notes[1]["noteTime"], "2026-03-04T10:30:00.000Z");
    assert_eq!(
        platform
            .post("/api/Answers/Note/none", json!({"note": "x"}))
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        platform.post(&path, json!({"text": "x"})).await.0,
        StatusCode::BAD_REQUEST
    );
    let page = platform.public(&format!("/answers/{id}"), None).await.1;
    let page = page.as_str().unwrap();
    assert!(
        page.contains(r#"id="notes""#) && page.contains("Case CAS-01042 · pechado"),
        "{page}"
    );
}

#[tokio::test]
async fn an_update_replaces_the_whole_answer_or_nothing() {
    let platform = platform().await;
    let mut answer = platform.visit(2, "Pésimo").await;
    let id = answer["id"].as_str().unwrap().to_owned();
    answer["responses"]
        .as_array_mut()
        .unwrap()
        .push(json!({"questionId": CASE_ID, "textInput": "CAS-01042"}));
    let unknown = json!({&id: answer, "none": answer});
    assert_eq!(
        platform.post("/api/answers/update", unknown).await.0,
        StatusCode::NOT_FOUND
    );
    let path = format!("/api/Answer/{id}");
    assert_eq!(
        platform.get(&path).await.1["responses"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (status, done) = platform
        .post("/api/answers/update", json!({&id: answer}))
        .await;
    assert_eq!((status, done), (StatusCode::OK, json!(true)));
    assert_eq!(
        platform.get(&path).await.1["responses"][2]["textInput"],
        "CAS-01042"
    );
    platform
        .post(
            "/api/answers/update",
            json!({&id: {"locationId": "store-visit"}}),
        )
        .await;
    assert_eq!(
        platform.get(&path).await.1["responses"],
        json!([]),
        "what is left out is lost"
    );
}

#[tokio::test]
async fn a_hashed_account_stores_no_e_mail_address_of_new_answers() {
    let platform = platform().await;
    let answer = json!({"locationId": "store-visit", "responses": [
        {"questionId": EMAIL, "textInput": "Uxia@Example.com"},
        {"questionId": COMMENTS, "textInput": "Uxia@Example.com"},
    ]});
    let email = |answer: &Value| {
        answer["responses"][0]["textInput"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        email(&platform.post("/api/answers/add", answer.clone()).await.1),
        "Uxia@Example.com"
    );
    platform
        .wxm
        .hash_pii_by(Some("store-visit"), Some(HashAlgorithm::Sha512));
    let stored = platform.post("/api/answers/add", answer.clone()).await.1;
    let hashed = email(&stored);
    assert!(
        hashed.starts_with("sha512:") && hashed.len() == 7 + 128,
        "{hashed}"
    );
    assert_eq!(
        stored["responses"][1]["textInput"], "Uxia@Example.com",
        "only what is marked is hashed"
    );
    platform.wxm.hash_pii_by(Some("store-visit"), None);
    platform.wxm.hash_pii_by(None, Some(HashAlgorithm::Sha256));
    assert!(email(&platform.post("/api/answers/add", answer).await.1).starts_with("sha256:"));
}

#[tokio::test]
async fn questions_carry_tags_kinds_and_who_fills_them() {
    let platform = platform().await;
    let (_, questions) = platform.get("/api/Questions/Active").await;
    let tagged = |tag: &str| {
        let all = questions.as_array().unwrap();
        all.iter()
            .find(|question| question["questionTags"][0] == tag)
            .unwrap()
            .clone()
    };
    assert_eq!(tagged("NPS")["displayType"], "Scale");
    assert_eq!(tagged("NPS")["multiSelect"], json!(["0-10"]));
    assert_eq!(tagged("CSAT")["multiSelect"], json!(["1-5"]));
    assert_eq!(tagged("CASE_ID")["apiFill"], true);
    assert_eq!(tagged("EMAIL")["staffFill"], true);
    assert_eq!(tagged("EMAIL")["note"], "Email");
    assert_eq!(tagged("EMAIL")["piiSettings"]["isPII"], true);
    assert_eq!(
        platform
            .get("/api/questions/")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        18
    );
    let (_, after_case) = platform
        .post(
            "/api/Questions/Questionnaire",
            json!({"name": "after-case"}),
        )
        .await;
    let tags: Vec<&Value> = after_case
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["questionTags"][0])
        .collect();
    assert_eq!(tags, ["CSAT", "Comments", "CASE_ID", "INVITATION", "ABOUT"]);
    assert_eq!(
        platform.wxm.question_id("after-case", "case_id").as_deref(),
        Some(CASE_ID)
    );
}

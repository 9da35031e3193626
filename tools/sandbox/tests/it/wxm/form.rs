//! The form that a customer sees.

use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, LOCATION};
use serde_json::{Value, json};

use super::platform::{CASE_ID, COMMENTS, CSAT, NAME, NPS, Platform, platform};

async fn page(platform: &Platform, path: &str, languages: &str) -> (StatusCode, String) {
    let request = platform
        .http
        .get(format!("{}{path}", platform.url))
        .header(ACCEPT_LANGUAGE, languages);
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

async fn send(platform: &Platform, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    platform
        .http
        .post(format!("{}{path}", platform.url))
        .form(fields)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_form_speaks_the_language_of_the_link_or_of_the_browser() {
    let platform = platform().await;
    let (status, galician) = page(&platform, "/s/store-visit?lang=gl", "pt").await;
    assert_eq!(status, StatusCode::OK);
    assert!(galician.contains(r#"<html lang="gl">"#));
    assert!(
        galician.contains("Que probabilidade hai de que nos recomende a unha amizade ou familiar?")
    );
    assert!(
        page(&platform, "/s/store-visit", "pt-PT,pt;q=0.9")
            .await
            .1
            .contains("Que loja visitou?")
    );
    assert!(
        page(&platform, "/s/store-visit", "es")
            .await
            .1
            .contains("¿Qué tienda visitó?")
    );
    assert!(
        page(&platform, "/s/store-visit", "fr")
            .await
            .1
            .contains("Which store did you visit?")
    );
    for field in ["nps", "name", "email", "mobile", "location", "comments"] {
        assert!(galician.contains(&format!(r#"name="{field}""#)), "{field}");
    }
    assert!(galician.contains(r#"id="nps-10""#) && galician.contains(r#"id="submit""#));
}

#[tokio::test]
async fn a_filled_form_becomes_an_answer_and_leads_to_thanks_with_its_id() {
    let platform = platform().await;
    let words = "Non volverei: a atención foi pésima\r\nNão resolveram a avaria & <máis>";
    let fields = [
        ("nps", "3"),
        ("comments", words),
        ("name", "Uxía"),
        ("email", ""),
        ("location", "Vigo"),
    ];
    let sent = send(&platform, "/s/store-visit?lang=gl", &fields).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let thanks = sent.headers()[LOCATION].to_str().unwrap().to_owned();
    let stored = platform.wxm.answers();
    assert_eq!(stored.len(), 1);
    let text = |question: &str| {
        stored[0]
            .response_to(question)
            .and_then(|one| one.text_input.clone())
    };
    assert_eq!(stored[0].response_to(NPS).unwrap().number_input, Some(3));
    assert_eq!(
        text(COMMENTS).as_deref(),
        Some(words.replace("\r\n", "\n").as_str())
    );
    assert_eq!(text(NAME).as_deref(), Some("Uxía"));
    assert_eq!(
        stored[0].responses.len(),
        4,
        "an empty field is no response"
    );
    let (status, html) = page(&platform, &thanks, "en").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        html.contains(&format!(r#"id="answer-id">{}</"#, stored[0].id)),
        "{html}"
    );
    assert!(html.contains("Moitas grazas"));
    let listed = page(&platform, "/", "en").await.1;
    assert!(listed.contains(&stored[0].id) && listed.contains("a atención foi pésima"));
    assert!(!listed.contains("<máis>"), "words of customers are escaped");
}

#[tokio::test]
async fn a_missing_or_impossible_score_brings_the_form_back_with_what_was_written() {
    let platform = platform().await;
    for score in ["", "11", "tres"] {
        let sent = send(
            &platform,
            "/s/store-visit?lang=pt",
            &[("nps", score), ("comments", "Lentidão")],
        )
        .await;
        assert_eq!(sent.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let html = sent.text().await.unwrap();
        assert!(
            html.contains("Responda a esta pergunta") && html.contains("Lentidão"),
            "{html}"
        );
    }
    assert!(platform.wxm.answers().is_empty());
}

#[tokio::test]
async fn an_invitation_hides_the_case_fills_it_in_and_works_once() {
    let platform = platform().await;
    let body = json!({
        "location": "after-case", "validUses": 1, "preferredLanguage": "gl",
        "preFill": [{"questionId": CASE_ID, "textInput": "CAS-01042"}],
    });
    let id = platform.post("/api/SurveyToken", body).await.1["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/s/{id}");
    let (_, html) = page(&platform, &path, "en").await;
    assert!(
        html.contains("Como valora a resolución do seu caso?"),
        "the invitation's language"
    );
    assert!(!html.contains("CAS-01042") && !html.contains("case_id"));
    let sent = send(&platform, &path, &[("csat", "1"), ("case_id", "CAS-99999")]).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let answer = &platform.wxm.answers()[0];
    assert_eq!(answer.response_to(CSAT).unwrap().number_input, Some(1));
    assert_eq!(
        answer.response_to(CASE_ID).unwrap().text_input.as_deref(),
        Some("CAS-01042")
    );
    let (status, closed) = page(&platform, &path, "gl").await;
    assert_eq!(status, StatusCode::GONE);
    assert!(closed.contains("Esta enquisa está pechada"));
    assert_eq!(
        send(&platform, &path, &[("csat", "5")]).await.status(),
        StatusCode::GONE
    );
    assert_eq!(
        page(&platform, "/s/DM-0", "gl").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_staff_filled_in_is_shown_in_its_field() {
    let platform = platform().await;
    let body = json!({"location": "store-visit", "preFill": [{"questionId": NAME, "textInput": "Uxía \"Ux\""}]});
    let (status, token): (_, Value) = platform.post("/api/SurveyToken", body).await;
    assert_eq!(status, StatusCode::OK);
    let path = format!("/s/{}", token["id"].as_str().unwrap());
    assert_eq!(
        platform.wxm.survey_link(token["id"].as_str().unwrap()),
        format!("{}{path}", platform.url)
    );
    let html = page(&platform, &path, "en").await.1;
    assert!(html.contains(r#"value="Uxía &#34;Ux&#34;""#), "{html}");
}

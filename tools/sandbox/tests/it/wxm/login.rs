//! Who is let in.

use http::StatusCode;
use serde_json::Value;

use super::platform::{Platform, answered, platform};

async fn log_in(platform: &Platform, password: &str) -> (StatusCode, Value) {
    let fields = [
        ("grant_type", "password"),
        ("username", "sandbox"),
        ("password", password),
    ];
    answered(
        platform
            .http
            .post(format!("{}/API/logintoken", platform.url))
            .form(&fields),
    )
    .await
}

async fn with_token(platform: &Platform, token: &str) -> StatusCode {
    let request = platform
        .http
        .get(format!("{}/api/Settings", platform.url))
        .bearer_auth(token);
    answered(request).await.0
}

#[tokio::test]
async fn a_token_works_for_twelve_hours_although_it_claims_a_day() {
    let platform = platform().await;
    let (status, login) = log_in(&platform, "sandbox").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(login["token_type"], "bearer");
    assert_eq!(login["expires_in"], 86_399);
    assert_eq!(login[".issued"], "Wed, 04 Mar 2026 10:00:00 GMT");
    assert_eq!(login[".expires"], "Wed, 04 Mar 2026 22:00:00 GMT");
    let token = login["access_token"].as_str().unwrap();
    platform.pass(12, -1);
    assert_eq!(with_token(&platform, token).await, StatusCode::OK);
    platform.pass(0, 1);
    assert_eq!(with_token(&platform, token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_the_documented_error() {
    let platform = platform().await;
    let (status, refused) = log_in(&platform, "wrong").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused["error"], "invalid_grant");
    assert!(refused["error_description"].is_string());
}

#[tokio::test]
async fn nothing_but_the_survey_itself_is_open_without_login() {
    let platform = platform().await;
    for path in [
        "/api/Settings",
        "/api/Answer/x",
        "/api/Questions/Active",
        "/api/SurveyToken/Id/store-visit",
    ] {
        assert_eq!(
            platform.public(path, None).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    assert_eq!(
        platform
            .public("/api/SurveyByToken/store-visit", None)
            .await
            .0,
        StatusCode::OK
    );
    assert_eq!(
        platform.get("/api/settings").await.0,
        StatusCode::OK,
        "basic credentials are taken too"
    );
}

#[tokio::test]
async fn a_revoked_or_logged_out_token_is_refused_and_a_new_login_works() {
    let platform = platform().await;
    let first = log_in(&platform, "sandbox").await.1["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    platform.wxm.revoke_tokens();
    assert_eq!(
        with_token(&platform, &first).await,
        StatusCode::UNAUTHORIZED
    );
    let second = log_in(&platform, "sandbox").await.1["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(first, second);
    assert_eq!(with_token(&platform, &second).await, StatusCode::OK);
    let logout = platform
        .http
        .get(format!("{}/api/account/logout", platform.url))
        .bearer_auth(&second);
    assert_eq!(answered(logout).await.0, StatusCode::OK);
    assert_eq!(
        with_token(&platform, &second).await,
        StatusCode::UNAUTHORIZED
    );
}

//! Tokens for programs.
//! Source: Microsoft Learn, "Use single-tenant server-to-server authentication" and "OAuth 2.0 client credentials flow".

use reqwest::StatusCode;
use serde_json::Value;

use super::organisation::{Answer, Organisation};

async fn ask(organisation: &Organisation, form: &[(&str, &str)]) -> Answer {
    Answer::of(
        organisation
            .http
            .post(format!("{}/contoso/oauth2/v2.0/token", organisation.root))
            .form(form),
    )
    .await
}

const GOOD: [(&str, &str); 4] = [
    ("grant_type", "client_credentials"),
    ("client_id", "sandbox"),
    ("client_secret", "sandbox"),
    ("scope", "https://contoso.crm4.dynamics.com/.default"),
];

async fn who_am_i(organisation: &Organisation, token: &str) -> Answer {
    Answer::of(
        organisation
            .http
            .get(format!("{}/api/data/v9.2/WhoAmI", organisation.root))
            .bearer_auth(token),
    )
    .await
}

#[tokio::test]
async fn a_granted_token_works_until_it_expires() {
    let organisation = Organisation::start().await;
    let answer = ask(&organisation, &GOOD).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body: Value = answer.json();
    assert_eq!(
        (body["token_type"].as_str(), body["expires_in"].as_i64()),
        (Some("Bearer"), Some(3599))
    );
    let token = body["access_token"].as_str().unwrap();
    organisation.pass(3598);
    assert_eq!(who_am_i(&organisation, token).await.status, StatusCode::OK);
    organisation.pass(1);
    assert_eq!(
        who_am_i(&organisation, token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn revoked_tokens_answer_401_and_the_sandbox_token_stays() {
    let organisation = Organisation::start().await;
    let body = ask(&organisation, &GOOD).await.json();
    organisation.dataverse.revoke_tokens();
    let refused = who_am_i(&organisation, body["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
    assert_eq!(
        who_am_i(&organisation, "sandbox").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn each_mistake_in_a_token_request_has_its_documented_error() {
    let organisation = Organisation::start().await;
    let cases = [
        (
            "grant_type",
            "password",
            400,
            "unsupported_grant_type",
            70003,
        ),
        ("client_id", "stranger", 400, "unauthorized_client", 700_016),
        ("client_secret", "wrong", 401, "invalid_client", 7_000_215),
        (
            "scope",
            "https://contoso.crm4.dynamics.com/user_impersonation",
            400,
            "invalid_scope",
            1_002_012,
        ),
        (
            "scope",
            "https://a/.default https://b/.default",
            400,
            "invalid_scope",
            70011,
        ),
    ];
    for (field, value, status, error, number) in cases {
        let form: Vec<(&str, &str)> = GOOD
            .iter()
            .map(|(name, good)| (*name, if *name == field { value } else { *good }))
            .collect();
        let answer = ask(&organisation, &form).await;
        let body = answer.json();
        assert_eq!(
            (
                answer.status.as_u16(),
                body["error"].as_str(),
                body["error_codes"][0].as_i64()
            ),
            (status, Some(error), Some(number)),
            "{body}"
        );
        assert!(
            body["error_description"]
                .as_str()
                .unwrap()
                .starts_with("AADSTS"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_request_without_a_token_is_refused() {
    let organisation = Organisation::start().await;
    let answer = Answer::of(
        organisation
            .http
            .get(format!("{}/api/data/v9.2/incidents", organisation.root)),
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

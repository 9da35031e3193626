//! The page that a person opens first.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};

use super::after_case::ResolvedCase;
use super::{Addresses, Front};

#[derive(Template)]
#[template(path = "front/start.html")]
struct StartPage<'a> {
    addresses: &'a Addresses,
    secret: &'a str,
    /// The signing key in hexadecimal, as openssl takes it.
    key: String,
    questionnaires: bool,
    cases: Vec<ResolvedCase>,
    trouble: Option<String>,
    stopped: bool,
}

/// `GET /`
pub(super) async fn show(State(front): State<Front>) -> Response {
    let parts = &front.parts;
    let (cases, trouble) = match front.resolved_cases().await {
        Ok(cases) => (cases, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    let page = StartPage {
        addresses: &parts.addresses,
        secret: &parts.webhook_secret,
        key: key_in_hex(&parts.webhook_secret),
        questionnaires: parts.survey.question_id("store-visit", "NPS").is_some(),
        cases,
        trouble,
        stopped: !parts.survey.stopped_urls().is_empty(),
    };
    match page.render() {
        // A page seen before a case was resolved must not be shown again afterwards.
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the start page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Source: the Standard Webhooks specification: a secret is `whsec_` and the key in base64.
fn key_in_hex(secret: &str) -> String {
    let key = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .unwrap_or_default();
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::key_in_hex;

    #[test]
    fn the_key_of_a_secret_is_shown_as_openssl_takes_it() {
        assert_eq!(key_in_hex("whsec_AAEC/w=="), "000102ff");
    }
}

//! The table: status and code to meaning, action and kind.

use proptest::prelude::*;

use super::{CASE, Organisation, refusal};
use crate::{
    Action::{self, DecideAgain, LookForOurRow, Park, RefreshToken, RetryLater, WaitUntil},
    Error,
    FailureKind::{self, Configuration, System, Transient},
    Query, ServiceCode, classify, retry_after_seconds,
};
use wiremock::ResponseTemplate;

fn error(status: u16, code: &str, message: &str, retry_after: Option<u32>) -> Error {
    let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string();
    Error::from_answer(status, body.as_bytes(), retry_after)
}

#[test]
fn each_documented_status_and_code_has_one_meaning() {
    let gone = "incident With Id = 5f0c6a52 Does Not Exist";
    let key_exists = "A record with matching key values already exists.";
    let changed =
        "The version of the existing record doesn't match the RowVersion property provided.";
    let duplicate = "A record was not created or updated because a duplicate of the current record already exists.";
    let table: &[(u16, &str, &str, Action, FailureKind)] = &[
        (401, "0x0", "", RefreshToken, Transient),
        (403, "0x80040220", "", RetryLater, Configuration),
        (403, "0x80072560", "", RetryLater, Configuration),
        (404, "0x80040217", gone, DecideAgain, System),
        (404, "-2147220969", gone, DecideAgain, System),
        (404, "", gone, DecideAgain, System),
        (
            404,
            "0x0",
            "Contact With Ids = 9b9d1c0e Do Not Exist",
            DecideAgain,
            System,
        ),
        (404, "0x80060891", "", DecideAgain, System),
        (
            404,
            "0x8006088a",
            "Resource not found for the segment 'Incident'.",
            Park,
            Configuration,
        ),
        (
            404,
            "",
            "No HTTP resource was found that matches the request URI",
            Park,
            Configuration,
        ),
        (412, "0x80040237", "", LookForOurRow, System),
        (412, "0x80060892", "", LookForOurRow, System),
        (412, "", key_exists, LookForOurRow, System),
        (412, "0x80060882", "", DecideAgain, System),
        (412, "0x0", changed, DecideAgain, System),
        (412, "0x80040333", duplicate, Park, Configuration),
        (500, "0x80040333", duplicate, Park, Configuration),
        (412, "", duplicate, Park, Configuration),
        (412, "0x80048306", "another reason", RetryLater, System),
        (412, "", "", RetryLater, System),
        (400, "0x80044331", "", Park, Configuration),
        (400, "0x8004431A", "", Park, Configuration),
        (400, "0x80048408", "", Park, Configuration),
        (400, "0x80048d19", "", Park, Configuration),
        (
            400,
            "0x0",
            "Could not find a property named 'cor'",
            Park,
            Configuration,
        ),
        (
            400,
            "0x80040265",
            "the plug-in says no",
            Park,
            Configuration,
        ),
        (
            500,
            "0x80040265",
            "the plug-in says no",
            Park,
            Configuration,
        ),
        (400, "0x80044411", "", DecideAgain, System),
        (400, "0x80040526", "", DecideAgain, System),
        (500, "0x80040526", "", DecideAgain, System),
        (405, "", "", Park, Configuration),
        (413, "", "", Park, Configuration),
        (500, "0x80044150", "", RetryLater, Transient),
        (500, "0x80044151", "", RetryLater, Transient),
        (500, "0x80040216", "", RetryLater, Transient),
        (500, "", "", RetryLater, System),
        (500, "0x80040220", "", RetryLater, Configuration),
        (429, "0x80072322", "", WaitUntil { seconds: 30 }, Transient),
        (502, "", "", RetryLater, Transient),
        (503, "", "", RetryLater, Transient),
        (504, "", "", RetryLater, Transient),
        (408, "", "", RetryLater, Transient),
        (302, "", "", RetryLater, System),
    ];
    for &(status, code, message, action, kind) in table {
        let error = error(status, code, message, None);
        let verdict = classify(&error);
        assert_eq!(
            (verdict.action, verdict.kind),
            (action, kind),
            "{status} {code} {message}: {error:?}"
        );
    }
}

#[test]
fn a_named_wait_is_kept_for_429_and_503() {
    for status in [429, 503] {
        let error = error(status, "0x80072326", "", Some(9));
        assert_eq!(classify(&error).action, WaitUntil { seconds: 9 });
    }
}

#[test]
fn failures_without_a_status_have_their_line_too() {
    let unavailable = classify(&Error::unavailable("x"));
    assert_eq!(
        (unavailable.action, unavailable.kind),
        (RetryLater, Transient)
    );
    let oversized = classify(&Error::Oversized { limit_bytes: 1 });
    assert_eq!((oversized.action, oversized.kind), (Park, System));
    assert_eq!(classify(&Error::not_sendable("x")).action, Park);
}

#[test]
fn a_404_that_dataverse_did_not_write_is_not_a_missing_row() {
    for body in ["<html>404</html>", "", "{}", "Does Not Exist"] {
        let error = Error::from_answer(404, body.as_bytes(), None);
        assert!(matches!(error, Error::Unexpected(_)), "{body}: {error:?}");
    }
}

#[test]
fn the_words_of_the_service_are_kept_apart_from_the_outer_message() {
    let error = error(
        400,
        "0x80044331",
        "O título de Xoán é demasiado longo",
        None,
    );
    assert_eq!(error.to_string(), "Dynamics refused the request");
    let detail = error.detail().unwrap();
    assert_eq!(detail.code, Some(ServiceCode::TEXT_TOO_LONG));
    assert_eq!(detail.message, "O título de Xoán é demasiado longo");
}

#[test]
fn codes_are_read_in_either_case_and_as_decimals() {
    assert_eq!(
        ServiceCode::parse("0x8006088A"),
        ServiceCode::parse("0X8006088a")
    );
    assert_eq!(
        ServiceCode::parse("-2147220969"),
        Some(ServiceCode::OBJECT_DOES_NOT_EXIST)
    );
    for none in [
        "",
        "0x0",
        "0",
        "0x",
        "nada",
        "0x800404444444",
        "99999999999999999999",
    ] {
        assert_eq!(ServiceCode::parse(none), None, "{none}");
    }
    assert_eq!(ServiceCode::DUPLICATE_RECORD.to_string(), "0x80040237");
}

#[test]
fn retry_after_is_read_as_seconds_or_as_a_date() {
    let now = "2026-09-01T10:00:00Z".parse().unwrap();
    let table = [
        ("7", Some(7)),
        (" 120 ", Some(120)),
        ("0", Some(1)),
        ("Tue, 01 Sep 2026 10:02:00 GMT", Some(120)),
        ("Tue, 01 Sep 2026 09:00:00 GMT", Some(1)),
        ("86400", Some(3_600)),
        ("99999999999999999999", Some(3_600)),
        ("logo", None),
        ("", None),
        ("-5", None),
    ];
    for (value, seconds) in table {
        assert_eq!(retry_after_seconds(value, now), seconds, "{value}");
    }
}

#[tokio::test]
async fn a_429_is_returned_at_once_with_its_wait() {
    let organisation = Organisation::start().await;
    let answer = refusal(429, "0x80072322", "Number of requests exceeded the limit");
    organisation
        .answers(answer.insert_header("Retry-After", "17"))
        .await;

    let error = organisation
        .client
        .get("incidents", CASE, &Query::new())
        .await
        .unwrap_err();

    assert_eq!(classify(&error).action, WaitUntil { seconds: 17 });
    assert_eq!(organisation.requests().await.len(), 1);
}

#[tokio::test]
async fn a_500_is_returned_and_not_retried() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(500)).await;
    let error = organisation
        .client
        .get("incidents", CASE, &Query::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
    assert_eq!(organisation.requests().await.len(), 1);
}

proptest! {
    #[test]
    fn any_status_and_any_body_have_a_verdict(status in 100_u16..1000, body: Vec<u8>, wait: Option<u32>) {
        let verdict = classify(&Error::from_answer(status, &body, wait));
        prop_assert!(verdict.action != LookForOurRow || status >= 400);
    }

    #[test]
    fn no_header_makes_the_wait_longer_than_an_hour(value in ".*") {
        if let Some(seconds) = retry_after_seconds(&value, jiff::Timestamp::UNIX_EPOCH) {
            prop_assert!((1..=3_600).contains(&seconds));
        }
    }

    #[test]
    fn reading_a_code_never_fails(text in ".*") {
        prop_assert_ne!(ServiceCode::parse(&text).map(ServiceCode::number), Some(0));
    }
}

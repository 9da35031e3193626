//! What a refusal of a service that sends to people means for us.
//!
//! What went out cannot be taken back, so that nothing is sent again by the SDK, and remedy `Retry` says that nobody knows.

use aws_config::retry::RetryConfig;
use aws_sdk_eventbridge::config::http::HttpResponse;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use cxloop_ports::{Failure, Remedy};
use hyper_util::client::legacy;

/// One attempt. The SDKs would repeat after a lost answer, and the person would be asked twice.
pub(super) fn once() -> RetryConfig {
    RetryConfig::disabled()
}

/// How soon a message comes back that was too many for this second, in seconds.
const TOO_FAST_SECONDS: u32 = 10;

/// How soon a message comes back that was too many for this day, in seconds.
const TOO_MANY_SECONDS: u32 = 900;

/// What is to be done after a refusal, by its status, code and reason.
///
/// Sources: Amazon SES API v2 Reference, "SendEmail"; AWS End User Messaging SMS API reference, "SendTextMessage";
/// Amazon SNS API Reference, "Publish"; each with its common errors.
pub(super) fn classify(status: u16, code: &str, reason: Option<&str>) -> Remedy {
    let come_back = |after_seconds| Remedy::ComeBack { after_seconds };
    match (code.trim_end_matches("Exception"), reason) {
        ("TooManyRequests" | "Throttling" | "Throttled", _) => come_back(TOO_FAST_SECONDS),
        ("LimitExceeded", _) => come_back(TOO_MANY_SECONDS),
        ("Conflict", Some(reason)) if is_of_this_number(reason) => Remedy::Park,
        ("Validation", Some(reason)) if is_of_the_account(reason) => Remedy::Mend,
        (
            "BadRequest"
            | "Validation"
            | "ValidationError"
            | "InvalidParameter"
            | "InvalidParameterValue"
            | "ParameterValueInvalid"
            | "OptedOut",
            _,
        ) => Remedy::Park,
        _ if status == 429 => come_back(TOO_FAST_SECONDS),
        // 0: no answer. 2xx: one that was cut or garbled.
        _ if matches!(status, 0 | 200..=299 | 408 | 500..) => Remedy::Retry,
        // `MessageRejected`, `MailFromDomainNotVerified`, `AccountSuspended`, `SendingPaused`, a configuration set or a number
        // that is not there, a spending limit, a missing right: a person has to look.
        _ => Remedy::Mend,
    }
}

/// Reasons of a conflict that lie in the person's number, not in our set-up: no number or name of ours reaches its country, for
/// one.
fn is_of_this_number(reason: &str) -> bool {
    matches!(
        reason,
        "DESTINATION_PHONE_NUMBER_OPTED_OUT"
            | "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"
            | "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"
            | "NO_ORIGINATION_IDENTITIES_FOUND"
    )
}

/// Reasons of a refused request that lie in our set-up and hold for whomever we write to.
fn is_of_the_account(reason: &str) -> bool {
    matches!(
        reason,
        "CHANNEL_NOT_ENABLED"
            | "INVALID_ARN"
            | "MISSING_PARAMETER"
            | "RESOURCE_NOT_ACCESSIBLE"
            | "SENDER_ID_NOT_REGISTERED"
            | "SENDER_ID_REQUIRES_REGISTRATION"
            | "UNKNOWN_OPERATION"
    )
}

/// The failure of a sending. `what` is a sentence's subject, such as "Amazon SES". The service's own words may hold the address
/// and go nowhere.
pub(super) fn failure<E>(
    what: &str,
    operation: &str,
    error: &SdkError<E, HttpResponse>,
    reason: Option<&str>,
) -> Failure
where
    E: ProvideErrorMetadata,
{
    let (status, code) = match error {
        SdkError::ServiceError(refusal) => {
            let code = refusal.err().code().unwrap_or("no code");
            (refusal.raw().status().as_u16(), code)
        }
        SdkError::ResponseError(answer) => (answer.raw().status().as_u16(), "unreadable answer"),
        SdkError::TimeoutError(_) => (0, "timeout"),
        SdkError::ConstructionFailure(_) => {
            let message = format!("{what} cannot be asked: our request is not complete.");
            return Failure::mend(message, operation);
        }
        SdkError::DispatchFailure(failure) => {
            let connector = failure.as_connector_error();
            if connector.is_some_and(|error| never_connected(error)) {
                return Failure {
                    detail: format!("{operation}, no connection"),
                    ..Failure::mend(format!("{what} cannot be reached."), "")
                };
            }
            (0, "the connection was cut")
        }
        _ => (0, "no answer"),
    };
    let reason_given = reason.map_or(String::new(), |reason| format!(", {reason}"));
    let detail = format!("{operation}, status {status}, {code}{reason_given}");
    let remedy = classify(status, code, reason);
    let message = match remedy {
        Remedy::Retry => format!("Nobody knows whether {what} took the message."),
        Remedy::ComeBack { .. } => format!("{what} takes no more messages for now."),
        _ => format!("{what} refuses: {}.", reason.unwrap_or(code)),
    };
    Failure::new(remedy, message, detail)
}

/// Whether it ended before there was a connection, so that nothing was sent: the name was not found, nobody answered in time or
/// at all, or TLS was refused. That it took too long alone does not say so: an answer may take too long as well.
fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(client) = error.downcast_ref::<legacy::Error>() {
            return client.is_connect();
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_one_meaning() {
        let come_back = |after_seconds| Remedy::ComeBack { after_seconds };
        for (status, code, reason, remedy) in [
            (429, "TooManyRequestsException", None, come_back(10)),
            (400, "ThrottlingException", None, come_back(10)),
            (400, "Throttling", None, come_back(10)),
            (400, "LimitExceededException", None, come_back(900)),
            (429, "no code", None, come_back(10)),
            (400, "MessageRejected", None, Remedy::Mend),
            (
                400,
                "MailFromDomainNotVerifiedException",
                None,
                Remedy::Mend,
            ),
            (400, "AccountSuspendedException", None, Remedy::Mend),
            (400, "SendingPausedException", None, Remedy::Mend),
            (404, "NotFoundException", None, Remedy::Mend),
            (400, "ServiceQuotaExceededException", None, Remedy::Mend),
            (403, "AccessDeniedException", None, Remedy::Mend),
            (400, "BadRequestException", None, Remedy::Park),
            (400, "InvalidParameter", None, Remedy::Park),
            (
                400,
                "ValidationException",
                Some("FIELD_VALIDATION_FAILED"),
                Remedy::Park,
            ),
            (
                400,
                "ValidationException",
                Some("CHANNEL_NOT_ENABLED"),
                Remedy::Mend,
            ),
            (
                400,
                "ConflictException",
                Some("DESTINATION_PHONE_NUMBER_OPTED_OUT"),
                Remedy::Park,
            ),
            (
                400,
                "ConflictException",
                Some("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
                Remedy::Mend,
            ),
            (
                400,
                "ConflictException",
                Some("NO_ORIGINATION_IDENTITIES_FOUND"),
                Remedy::Park,
            ),
            (
                400,
                "ValidationException",
                Some("SENDER_ID_NOT_REGISTERED"),
                Remedy::Mend,
            ),
            (
                400,
                "ValidationException",
                Some("SENDER_ID_REQUIRES_REGISTRATION"),
                Remedy::Mend,
            ),
            (
                400,
                "ValidationException",
                Some("MISSING_PARAMETER"),
                Remedy::Mend,
            ),
            (500, "InternalServerException", None, Remedy::Retry),
            (503, "no code", None, Remedy::Retry),
            (200, "unreadable answer", None, Remedy::Retry),
            (0, "timeout", None, Remedy::Retry),
        ] {
            assert_eq!(
                classify(status, code, reason),
                remedy,
                "{status} {code} {reason:?}"
            );
        }
    }
}

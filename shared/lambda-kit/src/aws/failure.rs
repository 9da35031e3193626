//! What a refusal of an AWS service means for us.

use aws_sdk_eventbridge::config::http::HttpResponse;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use cxloop_ports::Failure;

/// Error codes of passing trouble. Everything else that is no 5xx is our own set-up: a name, a right, a shape.
///
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
const PASSING: [&str; 9] = [
    "InternalFailure",
    "InternalServiceError",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
];

/// Whether an error code means passing trouble.
pub(super) fn is_passing(code: &str) -> bool {
    PASSING.contains(&code)
        || code.contains("Throttling")
        || code.contains("RequestLimitExceeded")
        || code.contains("Internal")
}

/// The failure of an operation. The SDK has repeated what passes; the queue repeats the rest.
/// `what` is a sentence's subject, such as "The event bus".
pub(super) fn of<E: ProvideErrorMetadata>(
    what: &str,
    operation: &str,
    error: &SdkError<E, HttpResponse>,
) -> Failure {
    let (status, code) = match error {
        SdkError::ServiceError(refusal) => (
            refusal.raw().status().as_u16(),
            refusal.err().code().unwrap_or("no code").to_owned(),
        ),
        SdkError::ResponseError(answer) => (
            answer.raw().status().as_u16(),
            "unreadable answer".to_owned(),
        ),
        SdkError::TimeoutError(_) => (0, "timeout".to_owned()),
        SdkError::ConstructionFailure(_) => {
            return Failure::mend(
                format!("{what} cannot be asked: our request is not complete."),
                operation,
            );
        }
        _ => (0, "no connection".to_owned()),
    };
    let detail = format!("{operation}, status {status}, {code}");
    // 0: no answer. 2xx: an answer that was cut or garbled.
    let passes = matches!(status, 0 | 200..=299 | 408 | 429 | 500..);
    if passes || is_passing(&code) {
        Failure::retry(format!("{what} is not available."), detail)
    } else {
        Failure::mend(format!("{what} refuses: {code}."), detail)
    }
}

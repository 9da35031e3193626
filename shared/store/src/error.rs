//! What can go wrong with the table, and what is to be done about it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use cxloop_ports::Failure;

/// A failure of the table or of what is kept in it. Names operations, items and attributes, never content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, overloaded, timed out or not reachable: passing.
    #[error("the table is not answering now")]
    Unavailable {
        /// The DynamoDB operation.
        operation: &'static str,
        /// DynamoDB's error code, or the kind of connection trouble.
        code: String,
    },
    /// The request was refused: the table is missing, the policy forbids it, or the request is malformed.
    #[error("the table refuses {operation}: {code}")]
    Refused {
        /// The DynamoDB operation.
        operation: &'static str,
        /// DynamoDB's error code.
        code: String,
        /// DynamoDB's words, where they are known to quote no values.
        words: String,
    },
    /// An item lacks an attribute or holds something else in it.
    #[error("the {what} in the table has no readable {attribute}")]
    Unreadable {
        /// The kind of item.
        what: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Larger than an item may be, also when compressed.
    #[error("the {what} is larger than 300 KB compressed")]
    TooLarge {
        /// The kind of item.
        what: &'static str,
    },
    /// Others kept changing the item during all tries.
    #[error("the {what} kept changing")]
    Contended {
        /// The kind of item.
        what: &'static str,
    },
    /// Something was recorded on a loop that nobody began.
    #[error("the loop has not begun")]
    NotBegun,
    /// No configuration was ever applied.
    #[error("no configuration has been applied: run cxloop apply")]
    NoConfiguration,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Unavailable { operation, code } => {
                Self::retry(message, format!("{operation}: {code}"))
            }
            StoreError::Contended { .. } | StoreError::NotBegun => Self::retry(message, ""),
            StoreError::Refused {
                operation,
                code,
                words,
            } => Self::mend(
                message,
                format!("{operation}: {code} {words}").trim_end().to_owned(),
            ),
            StoreError::Unreadable { problem, .. } => Self::mend(message, problem),
            StoreError::NoConfiguration => Self::mend(message, ""),
            StoreError::TooLarge { .. } => Self::park(message, ""),
        }
    }
}

/// Error codes that pass by themselves.
/// Source: Amazon DynamoDB Developer Guide, "Error handling with DynamoDB" and "Amazon DynamoDB Transactions: How it works".
const PASSING: [&str; 9] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Codes whose messages speak of tables, roles and policies only.
const QUOTES_NO_VALUES: [&str; 3] = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
];

/// Tells passing trouble from refusals, for every operation.
pub(crate) fn classify<E>(operation: &'static str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let unavailable = |code: &str| StoreError::Unavailable {
        operation,
        code: code.to_owned(),
    };
    match error {
        SdkError::TimeoutError(_) => unavailable("timeout"),
        SdkError::DispatchFailure(_) => unavailable("no connection"),
        SdkError::ResponseError(_) => unavailable("unreadable answer"),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no code");
            let status = service.raw().status().as_u16();
            if status >= 500 || status == 429 || PASSING.contains(&code) {
                return unavailable(code);
            }
            let words = if QUOTES_NO_VALUES.contains(&code) {
                service.err().message().unwrap_or("")
            } else {
                ""
            };
            StoreError::Refused {
                operation,
                code: code.to_owned(),
                words: words.to_owned(),
            }
        }
        _ => StoreError::Refused {
            operation,
            code: "request not built".to_owned(),
            words: String::new(),
        },
    }
}

/// Whether a transaction was given up because somebody else changed one of its items first.
pub(crate) fn outrun<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().any(|reason| {
                matches!(
                    reason.code(),
                    Some("ConditionalCheckFailed" | "TransactionConflict")
                )
            })
        }
        _ => false,
    }
}

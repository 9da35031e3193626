//! What is said when a queue does not do as asked.

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::Error;

/// `what` completes "The queue refuses …"; `option` names the queue.
pub(crate) fn refused<E>(queue_url: &str, what: &str, option: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.code() {
        Some(code) => Error::Refused {
            what: format!("The queue {queue_url} refuses {what}: {code}."),
            mend: None,
        },
        None => Error::NotReachable {
            what: format!(
                "The queue {queue_url} cannot be reached ({}).",
                DisplayErrorContext(error)
            ),
            mend: Some(format!(
                "Start the sandbox with `make run`, or name another queue with {option}."
            )),
        },
    }
}

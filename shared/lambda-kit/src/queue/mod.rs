//! Batches of queue messages: each handled alone, each with an end of its own.
//!
//! A message is deleted only when its work is done, or when it was sent again with a delay. What cannot be read,
//! what panics and what fails stays in the queue, which delivers it again and gives it to the dead letters after
//! its limit. Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial
//! batch responses).

mod ending;
mod envelope;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use cxloop_domain::events::Event;
use cxloop_ports::{Clock, Failure, Gates, Postpone};
use futures::FutureExt;
use serde::de::DeserializeOwned;

use crate::logging::fields;
use ending::Ending;

/// What the runner of a queue's messages needs.
#[derive(Clone)]
pub struct QueueWorker {
    /// The function's name, for logs.
    pub name: &'static str,
    /// Where a connection is closed when the far side asks for quiet.
    pub gates: Arc<dyn Gates>,
    /// The function's own queue.
    pub postpone: Arc<dyn Postpone>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A batch that cannot be answered message by message: a record without id. An empty id in the answer would be read
/// as a failure of the whole batch at best, so that is what it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of the batch has no message id")]
pub struct RecordWithoutId;

/// Runs the handler on each message of a batch, one after another, and says which are to be delivered again.
///
/// The body of a message is the event as the bus sends it, and `E` its detail; a body of another event, without id,
/// or with another detail fails. What becomes of a failed message is its remedy's matter: waiting is no failure, and
/// what the use case has parked is done.
///
/// # Errors
/// [`RecordWithoutId`] before anything is handled.
pub async fn run<E, F, Fut, O>(
    worker: &QueueWorker,
    batch: SqsEvent,
    handle: F,
) -> Result<SqsBatchResponse, RecordWithoutId>
where
    E: Event + DeserializeOwned,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let messages: Option<Vec<(String, String)>> = batch
        .records
        .into_iter()
        .map(|record| {
            Some((
                record.message_id.filter(|id| !id.is_empty())?,
                record.body.unwrap_or_default(),
            ))
        })
        .collect();
    let messages = messages.ok_or(RecordWithoutId)?;
    let mut response = SqsBatchResponse::default();
    for (id, body) in messages {
        let ending = end(worker, &body, &handle).await;
        ending.log(worker.name, &id);
        if ending.is_failure() {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id;
            response.batch_item_failures.push(failed);
        }
    }
    Ok(response)
}

async fn end<E, F, Fut, O>(worker: &QueueWorker, body: &str, handle: &F) -> Ending
where
    E: Event + DeserializeOwned,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let event = match envelope::open::<E>(body) {
        Ok(event) => event,
        Err(problem) => return Ending::Unreadable(problem),
    };
    // The call itself is inside, so that a handler that panics before its first await is caught as well.
    let handled = AssertUnwindSafe(async { handle(event).await })
        .catch_unwind()
        .await;
    match handled {
        Ok(Ok(_)) => Ending::Done,
        Ok(Err(failure)) => ending::after(worker, body, failure).await,
        Err(_) => Ending::Panicked,
    }
}

/// The line of an event whose message could not even be tried.
pub(crate) fn log_batch_refused(function: &'static str) {
    tracing::error!({ fields::FUNCTION } = function, { fields::OUTCOME } = "batch failed", { fields::REASON } = %RecordWithoutId, "a batch was refused");
}

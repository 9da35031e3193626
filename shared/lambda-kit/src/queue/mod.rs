//! Batches of queue messages: each handled alone, each with an end of its own.
//!
//! A message is deleted only when its work is done, or when it was sent again with a delay, which counts as no failure.
//! What cannot be read, what panics and what fails for the first times stays in the queue, which delivers it again and
//! gives it to the dead letters after its limit. Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial
//! batch responses).

mod course;
mod ending;
pub(crate) mod envelope;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use cxloop_domain::events::Arriving;
use cxloop_domain::trace::TraceId;
use cxloop_ports::{Clock, Failure, Gates, Postpone, Signals};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

use crate::logging::{fields, outcomes};
use crate::trace::{self, Work};
use course::Delivery;
use ending::Ending;

/// No further message is begun when less than this is left of an invocation. One call to an outside system may hang for
/// most of it; a killed process would fail the messages that are done as well.
const TIME_FOR_ONE_MESSAGE: SignedDuration = SignedDuration::from_secs(25);

/// What the runner of a queue's messages needs.
#[derive(Clone)]
pub struct QueueWorker {
    /// The function's name, for logs.
    pub name: &'static str,
    /// Where a connection is closed when the far side asks for quiet.
    pub gates: Arc<dyn Gates>,
    /// The function's own queue.
    pub postpone: Arc<dyn Postpone>,
    /// Counts what is tried again, waits or is put aside.
    pub signals: Arc<dyn Signals>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A batch that cannot be answered message by message: a record without id. An empty id in the answer would be read
/// as a failure of the whole batch at best, so that is what it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of the batch has no message id")]
pub struct RecordWithoutId;

struct Message {
    id: String,
    body: String,
    receives: u32,
}

/// Runs the handler on each message of a batch, one after another, and says which are to be delivered again.
///
/// The body of a message is the event as the bus sends it, and `E` what is read of it; a body without id, or one that `E` does not
/// take, fails, and what `E` has no use for is done with. What becomes of a failed message is its remedy's matter ([`cxloop_ports::Remedy`]):
/// waiting is no failure, and what the use case has parked is done.
///
/// The first message is always begun, or a function with little time would never do anything. The others are begun
/// only with 25 s left until `deadline`, when the process is killed; what is not begun is sent again at once.
/// A deadline that is over before anything was begun is not believed: local runtimes make one up.
///
/// # Errors
/// [`RecordWithoutId`] before anything is handled.
pub async fn run<E, F, Fut, O>(
    worker: &QueueWorker,
    batch: SqsEvent,
    deadline: Timestamp,
    handle: F,
) -> Result<SqsBatchResponse, RecordWithoutId>
where
    E: Arriving,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let messages: Option<Vec<Message>> = batch.records.into_iter().map(message).collect();
    let messages = messages.ok_or(RecordWithoutId)?;
    let deadline = Some(deadline).filter(|deadline| *deadline > worker.clock.now());
    let mut response = SqsBatchResponse::default();
    for (number, message) in messages.into_iter().enumerate() {
        let too_late = deadline.is_some_and(|deadline| {
            deadline.duration_since(worker.clock.now()) < TIME_FOR_ONE_MESSAGE
        });
        let is_failure = if number > 0 && too_late {
            let ending = ending::put_off(worker, &message.body).await;
            trace::within(work(worker, None), || {
                ending.tell(worker, &message.id, None)
            });
            ending.is_failure()
        } else {
            end(worker, &message, &handle).await
        };
        if is_failure {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = message.id;
            response.batch_item_failures.push(failed);
        }
    }
    Ok(response)
}

/// `None` when it has no id. Source: Amazon SQS API Reference, "ReceiveMessage" (`ApproximateReceiveCount`).
fn message(record: SqsMessage) -> Option<Message> {
    let receives = record
        .attributes
        .get("ApproximateReceiveCount")
        .and_then(|count| count.parse().ok());
    Some(Message {
        id: record.message_id.filter(|id| !id.is_empty())?,
        body: record.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
    })
}

fn work(worker: &QueueWorker, trace: Option<TraceId>) -> Work {
    Work {
        function: worker.name,
        trace,
    }
}

/// Handles one message as a piece of work of its own, and says whether the queue has to deliver it again.
async fn end<E, F, Fut, O>(worker: &QueueWorker, message: &Message, handle: &F) -> bool
where
    E: Arriving,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let opened = match envelope::open::<E>(&message.body) {
        Ok(opened) => opened,
        Err(problem) => {
            let ending = Ending::Unreadable(problem);
            trace::within(work(worker, None), || {
                ending.tell(worker, &message.id, None)
            });
            return ending.is_failure();
        }
    };
    let delivery = Delivery {
        receives: message.receives,
        happened_at: opened.happened_at,
    };
    let handled = async {
        let Some(event) = opened.event else {
            Ending::Done.tell(worker, &message.id, None);
            return false;
        };
        let connection = event.known_connection().cloned();
        // The call itself is inside, so that a handler that panics before its first await is caught as well.
        let handled = AssertUnwindSafe(async { handle(event).await })
            .catch_unwind()
            .await;
        let ending = match handled {
            Ok(Ok(_)) => Ending::Done,
            Ok(Err(failure)) => ending::after(worker, &message.body, delivery, failure).await,
            Err(_) => Ending::Panicked,
        };
        ending.tell(worker, &message.id, connection.as_ref());
        ending.is_failure()
    };
    trace::scope(work(worker, opened.trace), handled).await
}

/// The line of an event whose message could not even be tried.
pub(crate) fn log_batch_refused(function: &'static str) {
    tracing::error!(
        { fields::FUNCTION } = function,
        { fields::OUTCOME } = outcomes::BATCH_FAILED,
        { fields::REASON } = %RecordWithoutId,
        "a batch was refused"
    );
}

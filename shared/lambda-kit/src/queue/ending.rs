//! How a message ends, and what is done about a failure.

use cxloop_ports::{Failure, Remedy};
use jiff::Timestamp;

use super::QueueWorker;
use crate::logging::fields;

/// The longest delay that a queue takes, in seconds. Source: Amazon SQS API Reference, "SendMessage".
const LONGEST_DELAY_SECONDS: u32 = 900;

/// The end of one message.
#[derive(Debug)]
pub(super) enum Ending {
    /// The work is done.
    Done,
    /// Sent again with a delay; this copy is deleted.
    SentAgain {
        failure: Failure,
        delay_seconds: u32,
    },
    /// Refused for good; the use case has put it aside with its reason.
    Parked(Failure),
    /// To be delivered again.
    Failed(Failure),
    /// No event that this queue is for.
    Unreadable(&'static str),
    /// The handler panicked.
    Panicked,
}

/// Does what a failure's remedy asks for. Closing the gate is a courtesy to the far side and may fail; sending again is
/// what keeps the message, so without it the message stays in the queue.
pub(super) async fn after(worker: &QueueWorker, body: &str, failure: Failure) -> Ending {
    let delay_seconds = match &failure.remedy {
        Remedy::Retry | Remedy::Mend => return Ending::Failed(failure),
        Remedy::Park => return Ending::Parked(failure),
        Remedy::ComeBack { after_seconds } => (*after_seconds).min(LONGEST_DELAY_SECONDS),
        Remedy::WaitUntil { connection, until } => {
            if let Err(error) = worker.gates.close(connection, *until).await {
                tracing::warn!(
                    { fields::FUNCTION } = worker.name,
                    { fields::CONNECTION } = connection.as_str(),
                    { fields::REASON } = error.message,
                    { fields::DETAIL } = error.detail,
                    "a connection could not be closed for the others"
                );
            }
            delay(worker.clock.now(), *until)
        }
    };
    match worker.postpone.send_again(body, delay_seconds).await {
        Ok(()) => Ending::SentAgain {
            failure,
            delay_seconds,
        },
        Err(error) => Ending::Failed(error),
    }
}

/// Seconds until a moment, rounded up so that nobody comes a moment too early; at least 1, at most what a queue takes.
/// A longer wait is several of these: the closed gate sends the message round again.
fn delay(now: Timestamp, until: Timestamp) -> u32 {
    let left = until
        .as_nanosecond()
        .saturating_sub(now.as_nanosecond())
        .max(0);
    let seconds = left.div_euclid(1_000_000_000) + i128::from(left % 1_000_000_000 != 0);
    u32::try_from(seconds)
        .unwrap_or(LONGEST_DELAY_SECONDS)
        .clamp(1, LONGEST_DELAY_SECONDS)
}

impl Ending {
    /// Whether the queue has to deliver the message again.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Unreadable(_) | Self::Panicked)
    }

    /// One line for each message.
    pub(super) fn log(&self, function: &'static str, message_id: &str) {
        match self {
            Self::Done => {
                tracing::info!(
                    { fields::FUNCTION } = function,
                    { fields::MESSAGE_ID } = message_id,
                    { fields::OUTCOME } = "done",
                    "handled a message"
                );
            }
            Self::SentAgain {
                failure,
                delay_seconds,
            } => tracing::info!(
                { fields::FUNCTION } = function,
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = "sent again",
                { fields::DELAY_SECONDS } = delay_seconds,
                { fields::REASON } = failure.message,
                { fields::DETAIL } = failure.detail,
                "a message waits"
            ),
            // Its message is for the loop's page: it may quote the CRM's words, and those a row's values.
            Self::Parked(failure) => tracing::warn!(
                { fields::FUNCTION } = function,
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = "parked",
                { fields::DETAIL } = failure.detail,
                "a message was put aside"
            ),
            Self::Failed(failure) => tracing::error!(
                { fields::FUNCTION } = function,
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = if failure.remedy == Remedy::Mend {
                    "failed until mended"
                } else {
                    "failed"
                },
                { fields::REASON } = failure.message,
                { fields::DETAIL } = failure.detail,
                "a message failed"
            ),
            Self::Unreadable(problem) => tracing::error!(
                { fields::FUNCTION } = function,
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = "unreadable",
                { fields::REASON } = problem,
                "a message failed"
            ),
            Self::Panicked => tracing::error!(
                { fields::FUNCTION } = function,
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = "panicked",
                "a message failed"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_and_stays_within_what_a_queue_takes() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        for (until, seconds) in [
            ("2026-03-02T10:00:02Z", 2),
            ("2026-03-02T10:00:01.000000001Z", 2),
            ("2026-03-02T10:00:00.5Z", 1),
            ("2026-03-02T09:00:00Z", 1),
            ("2026-03-02T10:15:00Z", 900),
            ("2026-03-03T10:00:00Z", 900),
            ("9999-01-01T00:00:00Z", 900),
        ] {
            assert_eq!(delay(now, until.parse().unwrap()), seconds, "{until}");
        }
    }
}

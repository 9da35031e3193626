//! How a message ends, and what is done about a failure.

use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_ports::{Failure, Remedy};

use super::QueueWorker;
use super::course::{self, Course, Delivery};
use crate::logging::{fields, outcomes};

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
    /// Not begun: too little time was left. Sent again at once, which counts nothing; this copy is deleted.
    PutOff,
    /// Not begun, and could not be sent again. To be delivered again.
    NotBegun,
}

/// How soon a message comes back that was not begun, in seconds.
const PUT_OFF_SECONDS: u32 = 1;

/// Sends on a message for which too little time is left. Only waiting, it must not come nearer to the dead letters.
pub(super) async fn put_off(worker: &QueueWorker, body: &str) -> Ending {
    match worker.postpone.send_again(body, PUT_OFF_SECONDS).await {
        Ok(()) => Ending::PutOff,
        Err(error) => {
            tracing::warn!(
                { fields::OUTCOME } = outcomes::NOT_SENT_AGAIN,
                { fields::DETAIL } = error.detail,
                "a message could not be sent again"
            );
            Ending::NotBegun
        }
    }
}

/// Does what a failure's remedy asks for. Closing the gate is a courtesy to the far side and may fail; sending again is
/// what keeps the message, so without it the message stays in the queue.
pub(super) async fn after(
    worker: &QueueWorker,
    body: &str,
    delivery: Delivery,
    failure: Failure,
) -> Ending {
    let delay_seconds = match course::of(&failure.remedy, delivery, worker.clock.now()) {
        Course::PutAside => return Ending::Parked(failure),
        Course::DeliverAgain => return Ending::Failed(failure),
        Course::SendAgain { delay_seconds } => delay_seconds,
    };
    if let Remedy::WaitUntil { connection, until } = &failure.remedy
        && let Err(error) = worker.gates.close(connection, *until).await
    {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GATE_NOT_CLOSED,
            { fields::CONNECTION } = connection.as_str(),
            { fields::DETAIL } = error.detail,
            "a connection could not be closed for the others"
        );
    }
    match worker.postpone.send_again(body, delay_seconds).await {
        Ok(()) => Ending::SentAgain {
            failure,
            delay_seconds,
        },
        Err(error) => {
            tracing::warn!(
                { fields::OUTCOME } = outcomes::NOT_SENT_AGAIN,
                { fields::DETAIL } = error.detail,
                "a message could not be sent again"
            );
            Ending::Failed(failure)
        }
    }
}

impl Ending {
    /// Whether the queue has to deliver the message again.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Done | Self::SentAgain { .. } | Self::Parked(_) | Self::PutOff => false,
            Self::Failed(_) | Self::Unreadable(_) | Self::Panicked | Self::NotBegun => true,
        }
    }

    /// One line for each message, and its count. `connection` is that of the message's response, where it was read.
    pub(super) fn tell(
        &self,
        worker: &QueueWorker,
        message_id: &str,
        connection: Option<&ConnectionName>,
    ) {
        if let Some(signal) = self.signal(connection) {
            worker.signals.count(signal);
        }
        self.log(message_id);
    }

    fn signal<'s>(&'s self, connection: Option<&'s ConnectionName>) -> Option<Signal<'s>> {
        match self {
            Self::Done | Self::PutOff | Self::NotBegun => None,
            Self::SentAgain { failure, .. } => match &failure.remedy {
                Remedy::WaitUntil { connection, .. } => Some(Signal::Throttled { connection }),
                Remedy::Retry | Remedy::Mend => Some(Signal::Retried { connection }),
                Remedy::ComeBack { .. } | Remedy::Park => None,
            },
            Self::Parked(_) => Some(Signal::Parked { connection }),
            Self::Failed(_) | Self::Unreadable(_) | Self::Panicked => {
                Some(Signal::Retried { connection })
            }
        }
    }

    fn log(&self, message_id: &str) {
        match self {
            Self::Done => {
                tracing::info!(
                    { fields::MESSAGE_ID } = message_id,
                    { fields::OUTCOME } = outcomes::DONE,
                    "handled a message"
                );
            }
            Self::SentAgain {
                failure,
                delay_seconds,
            } => waits(message_id, failure, *delay_seconds),
            // Its message is for the loop's page: it may quote the CRM's words, and those a row's values.
            Self::Parked(failure) => tracing::warn!(
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = outcomes::PARKED,
                { fields::DETAIL } = failure.detail,
                { fields::SERVICE_REQUEST_ID } =
                    failure.service_request_id.map(tracing::field::display),
                "a message was put aside"
            ),
            Self::Failed(failure) => tracing::error!(
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = outcomes::FAILED,
                { fields::REASON } = failure.message,
                { fields::DETAIL } = failure.detail,
                { fields::SERVICE_REQUEST_ID } =
                    failure.service_request_id.map(tracing::field::display),
                "a message failed"
            ),
            Self::Unreadable(problem) => tracing::error!(
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = outcomes::UNREADABLE,
                { fields::REASON } = problem,
                "a message failed"
            ),
            Self::Panicked => tracing::error!(
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = outcomes::PANICKED,
                "a message failed"
            ),
            Self::PutOff | Self::NotBegun => tracing::warn!(
                { fields::MESSAGE_ID } = message_id,
                { fields::OUTCOME } = outcomes::NOT_BEGUN,
                "too little time was left for a message"
            ),
        }
    }
}

/// The line of a message that was sent again: an error when a person has to mend something, a warning in passing
/// trouble, and nothing to worry about when somebody only asked to wait.
fn waits(message_id: &str, failure: &Failure, delay_seconds: u32) {
    match failure.remedy {
        Remedy::Mend => tracing::error!(
            { fields::MESSAGE_ID } = message_id,
            { fields::OUTCOME } = outcomes::WAITS_UNTIL_MENDED,
            { fields::DELAY_SECONDS } = delay_seconds,
            { fields::REASON } = failure.message,
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } =
                failure.service_request_id.map(tracing::field::display),
            "a message waits for a person to mend the set-up"
        ),
        Remedy::Retry => tracing::warn!(
            { fields::MESSAGE_ID } = message_id,
            { fields::OUTCOME } = outcomes::SENT_AGAIN,
            { fields::DELAY_SECONDS } = delay_seconds,
            { fields::REASON } = failure.message,
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } =
                failure.service_request_id.map(tracing::field::display),
            "a message waits for trouble to pass"
        ),
        Remedy::WaitUntil { .. } | Remedy::ComeBack { .. } | Remedy::Park => tracing::info!(
            { fields::MESSAGE_ID } = message_id,
            { fields::OUTCOME } = outcomes::SENT_AGAIN,
            { fields::DELAY_SECONDS } = delay_seconds,
            { fields::REASON } = failure.message,
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } =
                failure.service_request_id.map(tracing::field::display),
            "a message waits"
        ),
    }
}

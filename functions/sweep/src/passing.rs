//! Failures of far sides that do not fail a run.

use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_ports::{Failure, Remedy};

use crate::Deps;

/// What is left of a failure when a far side was only asked too early: nothing, for the next run is soon enough. One that
/// says until when is left alone by all functions.
pub(crate) async fn unless_asked_to_wait(deps: &Deps, failure: Failure) -> Option<Failure> {
    match &failure.remedy {
        Remedy::WaitUntil { connection, until } => {
            // That others learn of it is a kindness: they would be told the same.
            let _ = deps.gates.close(connection, *until).await;
            None
        }
        Remedy::ComeBack { .. } => None,
        Remedy::Retry | Remedy::Mend | Remedy::Park => Some(failure),
    }
}

/// What is left of a failure when a person has to mend something: nothing, because every run would fail until they did, and
/// mostly other functions wait for the same. It is counted like a message that waits for it, which rings after an hour.
pub(crate) fn unless_to_be_mended(
    deps: &Deps,
    connection: &ConnectionName,
    failure: Failure,
) -> Option<Failure> {
    if failure.remedy != Remedy::Mend {
        return Some(failure);
    }
    deps.signals.count(Signal::Retried {
        connection: Some(connection),
    });
    None
}

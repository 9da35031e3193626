//! Far sides that ask to wait.

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

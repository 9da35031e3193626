//! From an error of the client to a failure of the desk, by the retry table.

use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Failure, Remedy};
use jiff::{SignedDuration, Timestamp};

use crate::{Action, Error, FailureKind, classify};

/// The most of the service's words that are shown to a person.
const WORDS_CHARS: usize = 500;

/// `doing` completes "Dynamics refused to …". The service's own words may quote a row's values. They go only
/// into the message of what is put aside for a person, which is shown and not logged.
pub(crate) fn failure(
    doing: &str,
    error: &Error,
    connection: &ConnectionName,
    now: Timestamp,
) -> Failure {
    let verdict = classify(error);
    let detail = detail(doing, error);
    match (verdict.action, verdict.kind) {
        (Action::WaitUntil { seconds }, _) => {
            let until = now
                .checked_add(SignedDuration::from_secs(i64::from(seconds)))
                .unwrap_or(Timestamp::MAX);
            let connection = connection.clone();
            Failure::new(
                Remedy::WaitUntil { connection, until },
                sentence(doing, error),
                detail,
            )
        }
        (Action::RetryLater, FailureKind::Configuration) => {
            Failure::mend(sentence(doing, error), detail)
        }
        (Action::RetryLater | Action::RefreshToken, _) => {
            Failure::retry(sentence(doing, error), detail)
        }
        // Whoever could look for the row or decide again has done so before asking here.
        (Action::LookForOurRow | Action::DecideAgain | Action::Park, _) => {
            Failure::park(refusal(doing, error), detail)
        }
    }
}

fn sentence(doing: &str, error: &Error) -> String {
    format!("Could not {doing}: {error}.")
}

fn refusal(doing: &str, error: &Error) -> String {
    let words = error
        .detail()
        .map(|detail| detail.message.trim())
        .unwrap_or_default();
    match error {
        _ if words.is_empty() => sentence(doing, error),
        Error::Refused(_) | Error::DuplicateDetected(_) => {
            format!("Dynamics refused to {doing}: {}", shortened(words))
        }
        _ => format!("Could not {doing}: {error} ({}).", shortened(words)),
    }
}

fn detail(doing: &str, error: &Error) -> String {
    match error.detail() {
        Some(detail) => {
            let code = detail
                .code
                .map_or("no code".to_owned(), |code| code.to_string());
            format!("{doing}: {error}; status {}, {code}", detail.status)
        }
        None => format!("{doing}: {error}"),
    }
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(WORDS_CHARS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

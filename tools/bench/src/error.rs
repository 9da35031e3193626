//! Why a measurement could not be made.

use std::fmt::Display;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that the measurement needs is missing or unfit.
    #[error("{what}: {cause}")]
    Unusable {
        /// What it is.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A measured program did not start, or ended.
    #[error("{program} {what}; its output is in {log}")]
    Program {
        /// Its name.
        program: String,
        /// What happened.
        what: String,
        /// Where its output went.
        log: String,
    },
    /// A measured program answered something else than it should have: the figures would mean nothing.
    #[error("{program} answered {answer}")]
    Answer {
        /// Its name.
        program: String,
        /// The beginning of what it answered.
        answer: String,
    },
    /// The work was not done, so its figures mean nothing.
    #[error("{0}")]
    NotDone(String),
}

impl Error {
    pub(crate) fn unusable(what: impl Into<String>, cause: impl Display) -> Self {
        Self::Unusable {
            what: what.into(),
            cause: cause.to_string(),
        }
    }
}

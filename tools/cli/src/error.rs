//! Why a command could not do its work.

use std::fmt::Display;

use cxloop_ports::{Failure, Remedy};

/// Why a command could not do its work: what happened, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The command, a file or the set-up cannot be used as it is.
    #[error("{what}")]
    Unusable {
        /// What is wrong, and where.
        what: String,
        /// How to mend it.
        mend: Option<String>,
    },
    /// Something did not answer, or not yet.
    #[error("{what}")]
    NotReachable {
        /// What did not answer.
        what: String,
        /// How to mend it.
        mend: Option<String>,
    },
    /// Something that answered said no for good.
    #[error("{what}")]
    Refused {
        /// What was refused.
        what: String,
        /// How to mend it.
        mend: Option<String>,
    },
}

impl Error {
    /// Something cannot be used; the cause follows in the same line.
    pub(crate) fn unusable(what: &str, cause: impl Display) -> Self {
        Self::Unusable {
            what: format!("{what} ({cause})"),
            mend: None,
        }
    }

    /// Something cannot be used, and this is how to mend it.
    pub(crate) fn with_mend(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Unusable {
            what: what.into(),
            mend: Some(mend.into()),
        }
    }

    /// How to mend it.
    pub fn mend(&self) -> Option<&str> {
        match self {
            Self::Unusable { mend, .. }
            | Self::NotReachable { mend, .. }
            | Self::Refused { mend, .. } => mend.as_deref(),
        }
    }

    /// 1 for what was refused, 2 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } => 1,
            Self::Unusable { .. } | Self::NotReachable { .. } => 2,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let what = if failure.detail.is_empty() {
            failure.message
        } else {
            format!(
                "{} ({})",
                failure.message.trim_end_matches('.'),
                failure.detail
            )
        };
        match failure.remedy {
            Remedy::Park => Self::Refused { what, mend: None },
            Remedy::Mend => Self::Unusable { what, mend: None },
            Remedy::Retry | Remedy::WaitUntil { .. } | Remedy::ComeBack { .. } => Self::NotReachable {
                what,
                mend: Some("Is it running, and is AWS_ENDPOINT_URL right? For the sandbox add --sandbox.".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_refused_for_good_is_a_finding_and_not_trouble() {
        let code = |failure: Failure| Error::from(failure).exit_code();
        assert_eq!(code(Failure::park("Dynamics refused it.", "400")), 1);
        assert_eq!(code(Failure::mend("The secret is missing.", "")), 2);
        assert_eq!(
            code(Failure::retry("The table is not answering.", "GetItem")),
            2
        );
    }

    #[test]
    fn the_detail_follows_in_the_same_line() {
        let error = Error::from(Failure::mend("The table refuses GetItem.", "AccessDenied"));
        assert_eq!(
            error.to_string(),
            "The table refuses GetItem (AccessDenied)"
        );
    }
}

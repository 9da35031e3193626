//! Why an invitation was not sent.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::configuration::{Channel, Exclusion};

/// Why an invitation was not sent. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotSent {
    /// The rule was taken out of the configuration meanwhile.
    RuleRemoved,
    /// The row is gone.
    RowGone,
    /// The row is no longer in the state of the rule.
    StateLeft,
    /// The condition does not hold.
    Condition {
        /// What came of holding it against the row.
        verdict: String,
    },
    /// The row leads to nobody.
    NoPerson,
    /// The person's row is inactive.
    Inactive,
    /// The person has no such address.
    NoAddress {
        /// Which.
        channel: Channel,
    },
    /// The person's number is not in international form, so that nobody can know whose it is.
    UnusableNumber,
    /// The person's row says that nobody may contact them so.
    DoNot {
        /// The column that says so.
        column: String,
    },
    /// The person opted out of the purpose.
    OptedOut {
        /// The purpose.
        purpose: String,
    },
    /// The purpose asks only who opted in, and the person did not.
    NotOptedIn {
        /// The purpose.
        purpose: String,
    },
    /// The rule leaves such rows or people out.
    Excluded {
        /// By which exclusion.
        by: Exclusion,
    },
    /// The person was asked often enough.
    Capped {
        /// When they may be asked again.
        until: Timestamp,
    },
    /// It would be sent after its survey had closed, because it waited too long.
    TooLate,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuleRemoved => f.write_str("the rule is not in the configuration any more"),
            Self::RowGone => f.write_str("the row is gone"),
            Self::StateLeft => f.write_str("the row has left the state meanwhile"),
            Self::Condition { verdict } => write!(f, "the condition {verdict}"),
            Self::NoPerson => f.write_str("the row leads to nobody"),
            Self::Inactive => f.write_str("the person's row is inactive"),
            Self::NoAddress {
                channel: Channel::Email,
            } => f.write_str("the person has no e-mail address"),
            Self::NoAddress {
                channel: Channel::Sms,
            } => f.write_str("the person has no phone number"),
            Self::UnusableNumber => {
                f.write_str("the person's number is not in international form (+…)")
            }
            Self::DoNot { column } => write!(f, "{column} is set for the person"),
            Self::OptedOut { purpose } => write!(f, "the person opted out of {purpose}"),
            Self::NotOptedIn { purpose } => {
                write!(
                    f,
                    "{purpose} asks only who opted in, and the person did not"
                )
            }
            Self::Excluded { by } => f.write_str(match by {
                Exclusion::Merged => "the case was merged into another",
                Exclusion::AgentOpened => "a person of the company opened it",
                Exclusion::Internal => "the person belongs to the company itself",
                Exclusion::Employees => "the person's address is one of the company's own",
            }),
            Self::Capped { until } => {
                write!(f, "the person was asked often enough until {until:.0}")
            }
            Self::TooLate => f.write_str("it waited so long that the survey is over"),
        }
    }
}

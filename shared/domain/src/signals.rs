//! What cxloop counts, in words that alarms and dashboards rely on. `docs/signals.md` explains each.

use std::fmt;

use jiff::Timestamp;

use crate::names::ConnectionName;
use crate::response_to_case::Decision;
use crate::rules::Judgement;

/// One thing to count or measure. None of them can hold a person's data: connections are named by whoever configures
/// them, and everything else is one of a few words or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal<'s> {
    /// A webhook was kept and answered 200; a redelivery counts again.
    Accepted {
        /// The connection it came through.
        connection: &'s ConnectionName,
    },
    /// A webhook was refused.
    Refused {
        /// The connection it came through, where the configuration knows it. A name that a stranger made up is no
        /// dimension: each would cost a metric.
        connection: Option<&'s ConnectionName>,
        /// Why.
        reason: RefusalKind,
    },
    /// Nothing follows from a webhook of the CRM.
    PassedOver {
        /// The connection it came through.
        connection: &'s ConnectionName,
        /// Why.
        reason: PassedOver,
    },
    /// The rules or thresholds were held against a response for the first time, or again by a replay.
    Decided {
        /// The connection that the response came through.
        connection: &'s ConnectionName,
        /// What they ask for.
        verdict: Verdict,
    },
    /// A case stands that answers the customer: opened or reopened.
    SecondsToCase {
        /// The connection that the response came through.
        connection: &'s ConnectionName,
        /// Milliseconds from the customer's submission to the case.
        milliseconds: u64,
    },
    /// What an agent did stands on the response.
    SecondsToWriteBack {
        /// The connection that the response came through.
        connection: &'s ConnectionName,
        /// Milliseconds from the change in the CRM to the write.
        milliseconds: u64,
    },
    /// It is known what became of an invitation to a survey.
    Invitation {
        /// The connection of the CRM.
        connection: &'s ConnectionName,
        /// Where it stands, in a word: [`crate::survey_trigger::InvitationState::word`].
        state: &'static str,
    },
    /// Something that had been missed was found and told, or is done now.
    Healed {
        /// The connection that it came through, or should have.
        connection: &'s ConnectionName,
        /// What.
        what: Healed,
    },
    /// A message failed and is tried again, or the sweep could not read what a person has to give it a right to.
    Retried {
        /// The connection that the message's response came through, where the message could be read, or that was not read.
        connection: Option<&'s ConnectionName>,
    },
    /// A message waits because a far side asked for quiet.
    Throttled {
        /// The connection that asked.
        connection: &'s ConnectionName,
    },
    /// Something was refused for good and put aside for a person.
    Parked {
        /// The connection that the response came through, or of an invitation the one that refused it, where there is one.
        connection: Option<&'s ConnectionName>,
    },
    /// How long what a secret holds goes on working.
    SecretDaysLeft {
        /// The secret's name, as whoever deploys the bundle gave it.
        secret: &'s str,
        /// Days; negative when it has stopped.
        days: i64,
    },
}

impl<'s> Signal<'s> {
    /// The names of all metrics.
    pub const NAMES: [&'static str; 12] = [
        "Accepted",
        "Refused",
        "PassedOver",
        "Decided",
        "SecondsToCase",
        "SecondsToWriteBack",
        "Invitations",
        "Healed",
        "Retried",
        "Throttled",
        "Parked",
        "SecretDaysLeft",
    ];

    /// The metric's name.
    pub fn name(&self) -> &'static str {
        let [
            accepted,
            refused,
            passed_over,
            decided,
            seconds_to_case,
            seconds_to_write_back,
            invitations,
            healed,
            retried,
            throttled,
            parked,
            secret_days_left,
        ] = Self::NAMES;
        match self {
            Self::Accepted { .. } => accepted,
            Self::Refused { .. } => refused,
            Self::PassedOver { .. } => passed_over,
            Self::Decided { .. } => decided,
            Self::SecondsToCase { .. } => seconds_to_case,
            Self::SecondsToWriteBack { .. } => seconds_to_write_back,
            Self::Invitation { .. } => invitations,
            Self::Healed { .. } => healed,
            Self::Retried { .. } => retried,
            Self::Throttled { .. } => throttled,
            Self::Parked { .. } => parked,
            Self::SecretDaysLeft { .. } => secret_days_left,
        }
    }

    /// The connection, where one is known.
    pub fn connection(&self) -> Option<&'s ConnectionName> {
        match self {
            Self::Accepted { connection }
            | Self::PassedOver { connection, .. }
            | Self::Decided { connection, .. }
            | Self::SecondsToCase { connection, .. }
            | Self::SecondsToWriteBack { connection, .. }
            | Self::Invitation { connection, .. }
            | Self::Healed { connection, .. }
            | Self::Throttled { connection } => Some(connection),
            Self::Refused { connection, .. }
            | Self::Retried { connection }
            | Self::Parked { connection } => *connection,
            Self::SecretDaysLeft { .. } => None,
        }
    }
}

/// A word for each variant, all of them, and the text of each.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$meaning])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in logs and metrics.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What was decided about a response.
    Verdict {
        /// A rule asks for a case.
        Case = "case",
        /// The case is reopened.
        Reopen = "reopen",
        /// A note is left on the case.
        Note = "note",
        /// A follow-up case is opened.
        FollowUp = "follow_up",
        /// Nothing is asked for.
        Nothing = "nothing",
        /// Nothing is asked for, and a rule could not be evaluated, which a person should look at.
        RuleFailed = "rule_failed",
    }
}

words! {
    /// Why a webhook is refused.
    RefusalKind {
        /// The address is none that takes webhooks.
        Address = "address",
        /// The configuration has no such connection, or it takes no webhooks.
        Connection = "connection",
        /// The token in the address, or in a header, is missing or wrong.
        Token = "token",
        /// The sender is another organisation than the connection's.
        Organization = "organization",
        /// The signature is missing or wrong.
        Signature = "signature",
        /// The signed time is missing, no number, or more than five minutes off.
        Timestamp = "timestamp",
        /// The body does not fit, even compressed.
        TooLarge = "too_large",
    }
}

words! {
    /// Why nothing follows from a webhook of the CRM.
    PassedOver {
        /// It is one of our own writes.
        OwnWrite = "own_write",
        /// It names no row: it was too large, and what would have named the row was taken out. The sweep finds the change.
        NoRow = "no_row",
        /// It is of a message that changes no row, or that is not known.
        Message = "message",
    }
}

words! {
    /// What had been missed.
    Healed {
        /// A body that had been kept, and whose event had not been published.
        KeptBody = "kept_body",
        /// A body whose event had been published, and of which nobody knew anything a quarter of an hour later.
        Unfinished = "unfinished",
        /// A change in the CRM of which no webhook had told, and that a response holds now.
        Change = "change",
        /// A webhook of the CRM that had failed for good.
        FailedJob = "failed_job",
        /// A response of which no webhook had told.
        Response = "response",
        /// An invitation that waited for its time, and that nobody looked at a quarter of an hour later.
        WakeUp = "wake_up",
    }
}

impl Verdict {
    /// What the rules ask for.
    pub fn of(decision: &Decision) -> Self {
        let failed = |judgement: &Judgement| matches!(judgement, Judgement::Failed { .. });
        if !decision.chosen.is_empty() {
            Self::Case
        } else if decision.verdicts.iter().any(|v| failed(&v.judgement)) {
            Self::RuleFailed
        } else {
            Self::Nothing
        }
    }
}

/// Milliseconds from a customer's submission to now; 0 when the platform's clock is ahead of ours.
pub fn milliseconds_between(submitted_at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(submitted_at).as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    fn decision(chosen: &[&str], judgements: Vec<Judgement>) -> Decision {
        let verdict = |judgement| rules::Verdict {
            rule: "detractor".parse().unwrap(),
            looked_at: String::new(),
            judgement,
        };
        Decision {
            configuration: 1,
            verdicts: judgements.into_iter().map(verdict).collect(),
            chosen: chosen.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_rule_that_could_not_be_evaluated_stands_out_only_when_nothing_is_done() {
        let failed = || Judgement::Failed {
            why: "no such variable".to_owned(),
        };
        let quiet = decision(&[], vec![Judgement::NotMatched]);
        assert_eq!(Verdict::of(&quiet), Verdict::Nothing);
        let broken = decision(&[], vec![failed(), Judgement::NotMatched]);
        assert_eq!(Verdict::of(&broken), Verdict::RuleFailed);
        let acting = decision(&["detractor"], vec![failed(), Judgement::Matched]);
        assert_eq!(Verdict::of(&acting), Verdict::Case);
    }

    #[test]
    fn a_platforms_clock_that_is_ahead_makes_no_negative_latency() {
        let now: Timestamp = "2026-11-22T10:00:00.25Z".parse().unwrap();
        let at = |text: &str| milliseconds_between(text.parse().unwrap(), now);
        assert_eq!(at("2026-11-22T09:58:59Z"), 61_250);
        assert_eq!(at("2026-11-22T10:00:01Z"), 0);
    }
}

//! What a doctor thinks of what was measured.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::Serialize;

use crate::configuration::{Configuration, PersonPath};
use crate::sweep::days_left;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and should not stay so.
    Warning,
    /// It does not work.
    Failed,
    /// Nobody can say, because it does not answer.
    Unreachable,
}

impl Health {
    /// The word at the beginning of its line. What is not reached has failed to whoever reads the line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed | Self::Unreachable => "failed",
        }
    }
}

/// What is wrong, in words, and how bad it is; `None` when nothing is.
pub type Judgement = Option<(Health, String)>;

/// How far a clock may be off before signatures and tokens are in danger, in seconds.
const NOTICED_SECONDS: i64 = 30;
/// How far it may be off before they are refused: signatures of webhooks are good for five minutes.
/// Source: the Standard Webhooks specification, "Verifying signatures".
const REFUSED_SECONDS: i64 = 300;

/// How far the other clock is ahead of ours, in seconds, from the header `Date` of an answer. Source: RFC 9110, section
/// 6.6.1.
pub fn seconds_ahead(date: &str, now: Timestamp) -> Option<i64> {
    let theirs = DateTimeParser::new().parse_timestamp(date.trim()).ok()?;
    Some(theirs.as_second() - now.as_second())
}

/// Whether two clocks are near enough.
pub fn clocks(seconds_ahead: i64) -> Judgement {
    let off = seconds_ahead.unsigned_abs();
    let side = if seconds_ahead > 0 {
        "behind"
    } else {
        "ahead of"
    };
    let told = format!("the clock here is {off} s {side} theirs");
    match i64::try_from(off).unwrap_or(i64::MAX) {
        off if off >= REFUSED_SECONDS => Some((Health::Failed, told)),
        off if off >= NOTICED_SECONDS => Some((Health::Warning, told)),
        _ => None,
    }
}

/// Fewer days than this are told of.
const FEW_DAYS: i64 = 30;

/// Whether a secret that names the day on which it expires is good for long enough.
pub fn expiry(expires: &str, now: Timestamp) -> Judgement {
    match days_left(expires, now) {
        Err(problem) => Some((Health::Warning, problem.to_string())),
        Ok(days) if days < 0 => Some((Health::Failed, format!("expired {} days ago", -days))),
        Ok(days) if days < FEW_DAYS => Some((Health::Warning, format!("expires in {days} days"))),
        Ok(_) => None,
    }
}

/// More waiting messages than this are told of.
const MANY_MESSAGES: u64 = 1_000;

/// Whether a queue is as it should be. Dead letters have been given up, so that one is too many.
pub fn queue(is_dead_letters: bool, messages: u64) -> Judgement {
    match (is_dead_letters, messages) {
        (_, 0) => None,
        (true, _) => Some((Health::Failed, format!("{messages} messages were given up"))),
        (false, MANY_MESSAGES..) => Some((Health::Warning, format!("{messages} messages wait"))),
        (false, _) => None,
    }
}

/// The privileges that the application user needs, by their names in Dynamics.
///
/// Source: Microsoft Learn, "Security roles and privileges".
pub fn privileges(configuration: &Configuration) -> Vec<&'static str> {
    let mut needed = vec![
        "prvReadIncident",
        "prvCreateIncident",
        "prvWriteIncident",
        "prvAppendIncident",
        "prvAppendToIncident",
        "prvAssignIncident",
        "prvReadContact",
        "prvAppendToContact",
        "prvReadNote",
        "prvCreateNote",
        "prvAppendNote",
        "prvReadActivity",
        "prvReadQueue",
        "prvReadQueueItem",
        "prvCreateQueueItem",
        "prvWriteQueueItem",
        "prvReadUser",
        "prvReadTeam",
    ];
    if configuration.customers.create {
        needed.push("prvCreateContact");
    }
    for rule in configuration.surveys.iter().flat_map(|it| &it.rules) {
        let of_table = match rule.table.as_str() {
            "account" => Some("prvReadAccount"),
            "lead" => Some("prvReadLead"),
            "opportunity" => Some("prvReadOpportunity"),
            "quote" => Some("prvReadQuote"),
            "salesorder" => Some("prvReadSalesOrder"),
            "invoice" => Some("prvReadInvoice"),
            _ => None,
        };
        // A customer may be an account.
        let of_customer = (rule.person == PersonPath::Customer).then_some("prvReadAccount");
        for privilege in of_table.into_iter().chain(of_customer) {
            if !needed.contains(&privilege) {
                needed.push(privilege);
            }
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T10:00:00Z";

    #[test]
    fn clocks_are_compared_by_the_header_of_an_answer() {
        let now: Timestamp = NOW.parse().unwrap();
        assert_eq!(
            seconds_ahead("Sun, 22 Nov 2026 10:00:10 GMT", now),
            Some(10)
        );
        assert_eq!(seconds_ahead("onte", now), None);
        assert_eq!(clocks(10), None);
        assert_eq!(
            clocks(-45).unwrap(),
            (
                Health::Warning,
                "the clock here is 45 s ahead of theirs".into()
            )
        );
        assert_eq!(
            clocks(400).unwrap(),
            (
                Health::Failed,
                "the clock here is 400 s behind theirs".into()
            )
        );
        assert_eq!(clocks(i64::MIN).unwrap().0, Health::Failed);
    }

    #[test]
    fn a_secret_is_told_of_before_it_expires() {
        let now: Timestamp = NOW.parse().unwrap();
        assert_eq!(expiry("2027-11-22", now), None);
        assert_eq!(expiry("2026-12-01", now).unwrap().0, Health::Warning);
        assert_eq!(
            expiry("2026-11-01", now).unwrap(),
            (Health::Failed, "expired 21 days ago".into())
        );
        assert_eq!(expiry("nunca", now).unwrap().0, Health::Warning);
    }

    #[test]
    fn one_dead_letter_is_too_many_and_a_few_waiting_messages_are_none() {
        assert_eq!(queue(true, 1).unwrap().0, Health::Failed);
        assert_eq!(queue(false, 12), None);
        assert_eq!(queue(false, 5_000).unwrap().0, Health::Warning);
        assert_eq!(queue(true, 0), None);
    }
}

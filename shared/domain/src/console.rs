//! How loops are put before people: words for states and steps, and the time between steps.

use jiff::Timestamp;

use crate::loops::{Actor, LoopState, StepKind};

/// The state of a loop for a person.
pub fn state_in_words(state: LoopState) -> &'static str {
    match state {
        LoopState::Received => "Received",
        LoopState::NoAction => "Nothing to do",
        LoopState::Open => "Case open",
        LoopState::Resolved => "Case resolved",
        LoopState::Reopened => "Case reopened",
        LoopState::Failed => "Needs a person",
    }
}

/// The name of a kind of step for a person.
pub fn step_in_words(step: StepKind) -> &'static str {
    match step {
        StepKind::ResponseReceived => "Response received",
        StepKind::ResponseTaken => "Response taken in",
        StepKind::Waiting => "Waiting",
        StepKind::RulesDecided => "Rules decided",
        StepKind::ContactCreated => "Contact created",
        StepKind::CaseOpened => "Case opened",
        StepKind::CaseAttached => "Added to an open case",
        StepKind::ResponseNoted => "Response noted",
        StepKind::CaseResolved => "Case resolved",
        StepKind::FollowUpAnswered => "Customer answered again",
        StepKind::CaseReopened => "Case reopened",
        StepKind::CaseNoted => "Note left on the case",
        StepKind::WrittenBack => "Written back to the response",
        StepKind::InvitationWaits => "Survey to be sent later",
        StepKind::InvitationSent => "Survey sent",
        StepKind::InvitationNotSent => "Survey not sent",
        StepKind::FollowUpOpened => "Follow-up case opened",
        StepKind::NothingDone => "Nothing done",
        StepKind::Failed => "Failed",
        StepKind::Replayed => "Replayed",
    }
}

/// Who acted, for a person.
pub fn actor_in_words(actor: &Actor) -> &str {
    match actor {
        Actor::Customer => "customer",
        Actor::Agent => "agent",
        Actor::Operator => "operator",
        Actor::Function(name) => name,
    }
}

/// The time from one step to the next for a person: `+0.4 s`, `+3 min 20 s`, `+2 d 4 h`.
pub fn elapsed_in_words(from: Timestamp, to: Timestamp) -> String {
    let millis = (to.as_millisecond() - from.as_millisecond()).max(0);
    let (seconds, minutes, hours, days) = (
        millis / 1_000,
        millis / 60_000,
        millis / 3_600_000,
        millis / 86_400_000,
    );
    match (days, hours, minutes) {
        (0, 0, 0) => format!("+{seconds}.{} s", millis % 1_000 / 100),
        (0, 0, minutes) => format!("+{minutes} min {} s", seconds % 60),
        (0, hours, _) => format!("+{hours} h {} min", minutes % 60),
        (days, _, _) => format!("+{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_steps_is_said_as_people_say_it() {
        let from: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        for (to, words) in [
            ("2026-11-22T10:00:00.430Z", "+0.4 s"),
            ("2026-11-22T10:03:20Z", "+3 min 20 s"),
            ("2026-11-22T12:05:00Z", "+2 h 5 min"),
            ("2026-11-24T14:00:00Z", "+2 d 4 h"),
            ("2026-11-22T09:00:00Z", "+0.0 s"),
        ] {
            assert_eq!(elapsed_in_words(from, to.parse().unwrap()), words);
        }
    }
}

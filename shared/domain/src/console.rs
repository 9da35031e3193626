//! How loops and invitations are put before people: words for states and steps, and the time between steps.

use jiff::Timestamp;

use crate::loops::{Actor, LoopState, StepKind};
use crate::record_changed::Record;
use crate::survey_trigger::{Invitation, InvitationState};

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

/// The states of invitations: the word in addresses and JSON, and the one for a person.
pub const INVITATION_STATES: [(&str, &str); 11] = [
    ("due", "To be decided on"),
    ("waiting", "To be sent later"),
    ("sending", "Being sent"),
    ("sent", "Sent"),
    ("delivered", "Arrived"),
    ("answered", "Answered"),
    ("not_sent", "Not sent"),
    ("bounced", "Did not arrive"),
    ("complained", "Called unwanted"),
    ("unknown", "Nobody knows"),
    ("failed", "Failed"),
];

/// The state of an invitation for a person.
pub fn invitation_in_words(state: &InvitationState) -> &'static str {
    let mut states = INVITATION_STATES.iter();
    let found = states.find(|(word, _)| *word == state.word());
    found.map_or(state.word(), |(_, words)| words)
}

/// Why an invitation stands where it does: the reason for not sending it, else what happened last.
pub fn why_of_invitation(invitation: &Invitation) -> String {
    match &invitation.state {
        InvitationState::NotSent { reason } => {
            let reason = reason.to_string();
            let mut letters = reason.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).chain(['.']).collect()
        }
        _ => {
            let last = invitation.trail.last();
            last.map(|moment| moment.text.clone()).unwrap_or_default()
        }
    }
}

/// The address at which a person opens a row of an organisation of Dynamics; `None` when its root is no web address.
/// Source: Microsoft Learn, "Open forms, views, dialogs, and reports with a URL".
pub fn row_link(root: &str, record: &Record) -> Option<String> {
    let root = root.trim_end_matches('/');
    let is_web = root.starts_with("https://") || root.starts_with("http://");
    is_web.then(|| {
        let (table, id) = (&record.table, record.id.hyphenated());
        format!("{root}/main.aspx?etn={table}&pagetype=entityrecord&id={id}")
    })
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
    fn every_state_of_an_invitation_has_words_for_a_person() {
        use InvitationState as State;
        let at = Timestamp::UNIX_EPOCH;
        let response = "wxm/r-1".parse().unwrap();
        let reason = crate::survey_trigger::NotSent::RowGone;
        let states = [
            State::Due,
            State::Waiting { until: at },
            State::Sending,
            State::Sent,
            State::Delivered,
            State::Bounced,
            State::Complained,
            State::Answered { response },
            State::NotSent { reason },
            State::Unknown,
            State::Failed,
        ];
        for state in &states {
            assert!(
                INVITATION_STATES
                    .iter()
                    .any(|(word, _)| *word == state.word()),
                "{state:?}"
            );
        }
        assert_eq!(states.len(), INVITATION_STATES.len());
    }

    #[test]
    fn a_row_is_opened_only_at_a_web_address() {
        let row: Record = "lead/0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5".parse().unwrap();
        assert_eq!(
            row_link("https://contoso.crm4.dynamics.com/", &row).unwrap(),
            "https://contoso.crm4.dynamics.com/main.aspx?etn=lead&pagetype=entityrecord&id=0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5"
        );
        assert_eq!(row_link("javascript:alert(1)", &row), None);
    }

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

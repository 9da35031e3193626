//! What the loop's page says of write-backs.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Intended, NOTE, REPLAY, Settled, WHOLE, Written};
use crate::loops::{Actor, References, Replay, Step, StepKind};
use crate::names::{ConnectionName, ResponseKey};
use crate::record_changed::{Change, Record, RecordChanged};

const ACTOR: &str = "case-write-back";

fn step(key: String, what: StepKind, at: Timestamp, text: String) -> Step {
    Step {
        key,
        what,
        at,
        actor: Actor::function(ACTOR),
        text,
        link: None,
        replay: None,
        references: References::default(),
    }
}

/// The steps of a write: what the response holds now, and a failed one for each part that the platform refused. A part that
/// was refused before and is written now takes the place of its failure.
pub fn written_steps(
    intended: &Intended,
    settled: &Settled,
    case: Uuid,
    crm: &ConnectionName,
    link: &str,
    at: Timestamp,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let written: Vec<&str> = intended
        .parts()
        .filter(|part| !settled.refused.contains_key(*part))
        .collect();
    if !written.is_empty() {
        let key = format!("write-back/{case}/{}", intended.after.count);
        let text = in_words(intended, &written);
        steps.push(Step {
            link: intended.status.is_some().then(|| link.to_owned()),
            ..step(key, StepKind::WrittenBack, at, text)
        });
    }
    for part in intended.parts() {
        let key = part_key(case, part, intended.after.recoveries(part));
        let name = part_in_words(part);
        if let Some(reason) = settled.refused.get(part) {
            let text = format!(
                "{name} of case {} could not be written back: {reason}",
                intended.ticket
            );
            steps.push(Step {
                replay: Some(again(crm, case, at)),
                ..step(key, StepKind::Failed, at, text)
            });
        } else if intended.after.refused.contains(part) {
            let text = format!("{name} could be written back now.");
            steps.push(step(key, StepKind::WrittenBack, at, text));
        }
    }
    steps
}

fn part_key(case: Uuid, part: &str, recoveries: u64) -> String {
    format!("write-back/{case}/part/{}/{recoveries}", part.trim())
}

fn part_in_words(part: &str) -> String {
    if part == NOTE {
        "The note".to_owned()
    } else {
        format!("Field {part}")
    }
}

fn in_words(intended: &Intended, written: &[&str]) -> String {
    let ticket = &intended.ticket;
    let mut text = match &intended.status {
        Some(status) => format!("Case {ticket} is {status:?} now."),
        None => format!("Case {ticket} was deleted in the CRM."),
    };
    if written.contains(&NOTE) {
        text.push_str(match intended.comments {
            0 => " The response got a note.",
            1 => " The response got a note with a comment.",
            _ => " The response got a note with comments.",
        });
    }
    let fields: Vec<&str> = written
        .iter()
        .copied()
        .filter(|part| *part != NOTE)
        .collect();
    if !fields.is_empty() {
        text.push_str(" Fields written: ");
        text.push_str(&fields.join(", "));
        text.push('.');
    }
    text
}

/// The change that has everything looked at again, and what was refused tried anew.
fn again(crm: &ConnectionName, case: Uuid, at: Timestamp) -> Replay {
    Replay::Changed(RecordChanged {
        version: 1,
        connection: crm.clone(),
        record: Record {
            table: "incident".parse().expect("a name of letters"),
            id: case,
        },
        change: Change::Found,
        about: None,
        columns: std::collections::BTreeSet::new(),
        happened_at: at,
        operation: REPLAY.to_owned(),
        inbox_id: None,
        row_version: None,
    })
}

/// The step of a platform that takes nothing back. One for each response.
pub fn not_supported_step(response: &ResponseKey, at: Timestamp) -> Step {
    let text = format!(
        "What the agent does is not written back: connection {} takes neither notes nor fields.",
        response.connection
    );
    step(
        "write-back/not-supported".to_owned(),
        StepKind::NothingDone,
        at,
        text,
    )
}

/// The step of a write-back that was refused as a whole, with what a replay runs. The next write takes its place.
pub fn failed_step(
    case: Uuid,
    crm: &ConnectionName,
    written: &Written,
    reason: &str,
    at: Timestamp,
) -> Step {
    let text = format!("What the agent did could not be written back: {reason}");
    Step {
        replay: Some(again(crm, case, at)),
        ..step(whole_key(case, written), StepKind::Failed, at, text)
    }
}

/// The step that takes the place of [`failed_step`].
pub fn recovered_step(case: Uuid, written: &Written, at: Timestamp) -> Step {
    step(
        whole_key(case, written),
        StepKind::WrittenBack,
        at,
        "What the agent did could be written back now.".to_owned(),
    )
}

fn whole_key(case: Uuid, written: &Written) -> String {
    format!("write-back/{case}/whole/{}", written.recoveries(WHOLE))
}

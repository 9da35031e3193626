//! Many edits on both sides at once: whether both end equal, and whether anything answers itself.

mod edit;
mod ends;

use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;

use super::Measuring;
use super::changes::cases_of_answers;
use super::job::{Arrival, calls};
use crate::Error;
use crate::outside::{Agent, Purpose, System};
use crate::percentile::microseconds;
use crate::running::Running;
use edit::{Edit, Edits, Person};
use ends::hold_equal;

/// How many edits each case is given.
const EDITS_OF_A_CASE: u64 = 50;
/// What the edits are drawn with.
const SEED: u64 = 20_261_122;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct EchoFigures {
    /// Cases, each of one response.
    pub cases: u64,
    /// Edits of cases by agents.
    pub edits_of_agents: u64,
    /// Notes and ratings on the survey platform.
    pub edits_on_the_platform: u64,
    /// From the first edit until nothing was on its way, in microseconds.
    pub took_microseconds: u64,
    /// Webhooks of Dynamics about what agents did.
    pub webhooks_of_agents: u64,
    /// Webhooks of Dynamics about what the functions wrote after the cases were opened.
    pub webhooks_of_own_writes: u64,
    /// Changes that the bus was told of because of agents.
    pub changes_of_agents: u64,
    /// Changes that the bus was told of because of webhooks about own writes, from the begin: echoes. The sweep, which tells of
    /// every row once more, is not at work.
    pub echoes: u64,
    /// Changes that functions told of themselves, such as a reopening.
    pub changes_told_by_functions: u64,
    /// Messages that failed and were tried again.
    pub failures: u64,
    /// Reads of Dynamics.
    pub dynamics_reads: u64,
    /// Writes of the survey platform by the functions.
    pub platform_writes: u64,
    /// People's notes that the platform lost, because it replaces an answer as a whole.
    pub notes_lost: u64,
}

/// Edits cases and responses in a mixed order and waits until all functions rest.
///
/// # Errors
/// A function fails, or what a response holds is not equal to its case.
pub async fn echo(measuring: &Measuring<'_>) -> Result<EchoFigures, Error> {
    let edits = measuring.times.edits;
    let number = edits.div_ceil(EDITS_OF_A_CASE);
    (measuring.tell)(&format!("echo: opening {number} cases"));
    let mut running = Running::start(measuring).await?;
    let opening: Vec<Bytes> = calls(0..number, Arrival::Hinted, &running.outside);
    for call in opening {
        running.call(call).await?;
    }
    running.rest().await?;
    let cases: Vec<_> = cases_of_answers(&running.outside).collect();

    (measuring.tell)(&format!("echo: {edits} edits on both sides"));
    let agent = Agent::start(&running.outside).await?;
    let person = Person::start(&running.outside).await?;
    let (seen_before, asked_before) = (running.watch.seen(), running.outside.meter.read());
    let mut drawing = Edits::new(SEED, cases.len());
    let (mut of_agents, mut notes, mut ratings) = (0, 0, 0);
    let began = Instant::now();
    while of_agents + notes + ratings < edits {
        let (place, edit) = drawing.next();
        let (response, case) = &cases[place];
        let is_done = match edit {
            Edit::OfAgent(edit) => edit.make(&agent, *case).await?,
            Edit::Note(number) => person.note(response, number).await?,
            Edit::Rating(number) => {
                let call = edit::rating(number, *case, (measuring.now)());
                running.call(call).await?;
                true
            }
        };
        // What Dynamics does not allow of a resolved case is no edit.
        if !is_done {
            continue;
        }
        drawing.made(place, edit);
        match edit {
            Edit::OfAgent(_) => of_agents += 1,
            Edit::Note(_) => notes += 1,
            Edit::Rating(_) => ratings += 1,
        }
    }
    running.rest().await?;
    let took = began.elapsed();
    let asked = running.outside.meter.read().since(&asked_before);
    drawing.hold_every_sort()?;
    let notes_lost = hold_equal(&running.outside, &agent, &cases, &drawing).await?;
    let (seen, failures) = (running.watch.seen(), running.watch.failures());
    Ok(EchoFigures {
        cases: number,
        edits_of_agents: of_agents,
        edits_on_the_platform: notes + ratings,
        took_microseconds: microseconds(took),
        webhooks_of_agents: seen.webhooks_of_people - seen_before.webhooks_of_people,
        webhooks_of_own_writes: seen.webhooks_of_own_writes - seen_before.webhooks_of_own_writes,
        changes_of_agents: seen.changes_of_people - seen_before.changes_of_people,
        echoes: seen.changes_of_own_writes,
        changes_told_by_functions: seen.changes_told_by_functions,
        failures,
        dynamics_reads: asked.of(System::Dynamics, Some(Purpose::Read)).requests,
        // The notes were written by people.
        platform_writes: asked.of(System::Surveys, Some(Purpose::Write)).requests - notes,
        notes_lost,
    })
}

//! The parts of the measurement.

mod alone;
mod changes;
mod echo;
mod functions;
mod growth;
mod job;
mod rivals;
mod sandbox;
mod stages;
mod unchanged;

use cxloop_sandbox::stand_in::Now;

pub use alone::FunctionFigures;
pub use changes::changes;
pub use echo::{EchoFigures, echo};
pub use functions::{FUNCTIONS, functions};
pub use growth::{GrowthStep, growth};
pub use job::{Arrival, JobFigures, Operation, StageFigures, job};
pub use rivals::{RivalFigures, rivals};
pub use sandbox::{SandboxFigures, sandbox};
pub use stages::{Kind, Stages};
pub use unchanged::{Reading, UnchangedFigures, unchanged};

use crate::programs::Places;
use crate::template::Template;

/// What every part needs.
pub struct Measuring<'m> {
    /// Where things are.
    pub places: &'m Places,
    /// What the functions are deployed with.
    pub template: &'m Template,
    /// How often.
    pub times: Times,
    /// The machine's clock.
    pub now: Now,
    /// Tells a person how far it is.
    pub tell: &'m (dyn Fn(&str) + Sync),
}

/// How often things are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Fresh starts of each function.
    pub starts: usize,
    /// Events before the counted ones.
    pub warmup: usize,
    /// Counted events of each function.
    pub events: usize,
    /// Responses through the whole job.
    pub responses: u64,
    /// Responses that there are in all at the end of the growth.
    pub growth: u64,
    /// Unchanged cases that the sweep reads.
    pub rows: u64,
    /// Edits on both sides.
    pub edits: u64,
    /// Changes in the sandbox.
    pub changes: u64,
}

impl Times {
    /// Enough for figures to be quoted.
    pub const FULL: Self = Self {
        starts: 20,
        warmup: 100,
        events: 1_000,
        responses: 1_000,
        growth: 10_000,
        rows: 100_000,
        edits: 10_000,
        changes: 200,
    };
    /// Enough to see that everything works.
    pub const QUICK: Self = Self {
        starts: 5,
        warmup: 10,
        events: 50,
        responses: 50,
        growth: 100,
        rows: 6_000,
        edits: 300,
        changes: 10,
    };
}

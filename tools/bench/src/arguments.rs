//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Each function by itself.
    Functions,
    /// The whole job.
    Job,
    /// The same job written by hand for Node and Python.
    Rivals,
    /// From 10 to 10,000 responses.
    Growth,
    /// The sweep over many cases of which none has changed.
    Sweep,
    /// Many edits on both sides.
    Echo,
    /// From a case's change to the response, in the sandbox.
    Sandbox,
}

/// Measures the release binaries of the functions as Lambda would run them, on this machine, and writes target/bench.json.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", version)]
pub struct Arguments {
    /// Measure this part alone; may be given several times.
    #[arg(long, value_name = "PART")]
    pub only: Vec<Part>,
    /// Fewer starts, events and responses: to see that everything works.
    #[arg(long)]
    pub quick: bool,
    /// Exit with 1 when an aim is missed.
    #[arg(long)]
    pub check: bool,
    /// Print the figures as JSON in place of the tables.
    #[arg(long)]
    pub json: bool,
    /// The workspace.
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    pub root: PathBuf,
    /// The folder with the packaged functions; target/lambda of the workspace unless given.
    #[arg(long, value_name = "FOLDER")]
    pub binaries: Option<PathBuf>,
    /// The folder with Node's and Python's packages; .tools of the workspace unless given.
    #[arg(long, value_name = "FOLDER", env = "CXLOOP_TOOLS")]
    pub tools: Option<PathBuf>,
}

impl Arguments {
    /// Whether a part is wanted.
    #[must_use]
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_measured_unless_parts_are_named() {
        let all = Arguments::parse_from(["bench"]);
        assert!(all.wants(Part::Growth) && all.wants(Part::Rivals));
        let some = Arguments::parse_from(["bench", "--only", "job", "--only", "growth", "--check"]);
        assert!(some.wants(Part::Job) && some.wants(Part::Growth) && some.check);
        assert!(!some.wants(Part::Functions));
    }
}

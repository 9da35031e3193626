//! What the project wants of itself, and whether it is so.

use serde::Serialize;

/// What is held against a figure: it must be less than, or not more than, a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Less than this.
    Below(u64),
    /// This or less.
    AtMost(u64),
}

impl Bound {
    fn holds(self, figure: u64) -> bool {
        match self {
            Self::Below(bound) => figure < bound,
            Self::AtMost(bound) => figure <= bound,
        }
    }
}

/// One aim with the figure that was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aim {
    /// What is measured, such as `webhooks: cold start`.
    pub what: String,
    /// What is wanted, for people.
    pub wanted: String,
    /// What was measured, for people.
    pub measured: String,
    /// Whether it is so.
    pub met: bool,
}

impl Aim {
    /// Holds a bound against a figure. `shown` turns both into words.
    pub fn new(
        what: impl Into<String>,
        bound: Bound,
        figure: u64,
        shown: fn(u64) -> String,
    ) -> Self {
        let wanted = match bound {
            Bound::Below(bound) => format!("< {}", shown(bound)),
            Bound::AtMost(bound) => format!("≤ {}", shown(bound)),
        };
        Self {
            what: what.into(),
            wanted,
            measured: shown(figure),
            met: bound.holds(figure),
        }
    }
}

/// Microseconds from the start of the process until it asks for its first event.
pub const COLD_START: Bound = Bound::Below(18_000);
/// Bytes of memory at most.
pub const PEAK_MEMORY: Bound = Bound::Below(16_000_000);
/// Bytes of the uploaded archive.
pub const ZIP: Bound = Bound::Below(4_000_000);
/// Bytes of the uploaded archive of a function that evaluates rules.
pub const ZIP_WITH_RULES: Bound = Bound::Below(5_000_000);
/// Nanoseconds of processor time for one event.
pub const CPU_PER_EVENT: Bound = Bound::Below(1_000_000);
/// Hundredths of requests to Dynamics, of each kind, for a new case of a known customer. Signing in and looking up a queue's
/// name happen once in a process, so a long run has a little more than one.
pub const DYNAMICS_REQUESTS: Bound = Bound::AtMost(105);
/// Hundredths of requests, for each change of a case that is written back: one read of Dynamics, one of the survey platform.
/// What a process looks up once makes a long run a little more than one.
pub const WRITE_BACK_READS: Bound = Bound::AtMost(105);
/// Hundredths of requests that write to the survey platform, for each change of a case: the fields and a note.
pub const WRITE_BACK_WRITES: Bound = Bound::AtMost(205);
/// Not once.
pub const NONE: Bound = Bound::AtMost(0);
/// Percent of what the tenth response took that a later one may take.
pub const GROWTH: Bound = Bound::AtMost(115);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_met_up_to_its_bound_and_missed_beyond() {
        let shown = |figure: u64| format!("{figure} µs");
        let aim = |figure| Aim::new("cold start", Bound::Below(18), figure, shown);
        assert!(aim(17).met);
        assert!(!aim(18).met);
        assert_eq!(
            (aim(18).wanted, aim(18).measured),
            ("< 18 µs".to_owned(), "18 µs".to_owned())
        );
        assert!(Aim::new("requests", Bound::AtMost(105), 105, shown).met);
        assert!(!Aim::new("requests", Bound::AtMost(105), 106, shown).met);
    }
}

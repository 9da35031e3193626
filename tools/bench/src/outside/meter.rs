//! Counts what is asked of the outside systems.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// DynamoDB.
    Dynamodb,
    /// EventBridge.
    EventBridge,
    /// SQS.
    Sqs,
    /// Secrets Manager.
    SecretsManager,
    /// SES.
    Ses,
    /// Dynamics 365.
    Dynamics,
    /// The survey platform.
    Surveys,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It reads.
    Read,
    /// It changes something.
    Write,
    /// It signs in.
    SignIn,
}

/// How often something was asked, and what it consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Requests.
    pub requests: u64,
    /// DynamoDB's read request units, in halves.
    pub half_read_units: u64,
    /// DynamoDB's write request units.
    pub write_units: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.half_read_units += other.half_read_units;
        self.write_units += other.write_units;
    }
}

/// What was asked: of whom, for what, and the operation's name.
pub type Asked = (System, Purpose, String);

/// Counts requests. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Reading>>);

impl Meter {
    /// Counts one request.
    pub fn count(
        &self,
        system: System,
        purpose: Purpose,
        operation: &str,
        half_read_units: u64,
        write_units: u64,
    ) {
        let tally = Tally {
            requests: 1,
            half_read_units,
            write_units,
        };
        let mut reading = self.reading();
        match reading.0.get_mut(&(system, purpose, operation.to_owned())) {
            Some(standing) => standing.add(&tally),
            None => {
                reading
                    .0
                    .insert((system, purpose, operation.to_owned()), tally);
            }
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Reading {
        self.reading().clone()
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        // Every change leaves the counts whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts at one moment, or between two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading(BTreeMap<Asked, Tally>);

impl Reading {
    /// What was counted since an earlier reading of the same meter.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut difference = BTreeMap::new();
        for (asked, tally) in &self.0 {
            let before = earlier.0.get(asked).copied().unwrap_or_default();
            let since = Tally {
                requests: tally.requests - before.requests,
                half_read_units: tally.half_read_units - before.half_read_units,
                write_units: tally.write_units - before.write_units,
            };
            if since.requests > 0 {
                difference.insert(asked.clone(), since);
            }
        }
        Self(difference)
    }

    /// Everything that was asked of a system for a purpose; of all purposes when none is named.
    #[must_use]
    pub fn of(&self, system: System, purpose: Option<Purpose>) -> Tally {
        let mut sum = Tally::default();
        for ((asked, why, _), tally) in &self.0 {
            if *asked == system && purpose.is_none_or(|purpose| purpose == *why) {
                sum.add(tally);
            }
        }
        sum
    }

    /// Each operation with its count.
    pub fn operations(&self) -> impl Iterator<Item = (&Asked, &Tally)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_since_another_holds_only_what_came_between() {
        let meter = Meter::default();
        meter.count(System::Dynamodb, Purpose::Read, "GetItem", 2, 0);
        let before = meter.read();
        meter.count(System::Dynamodb, Purpose::Read, "Query", 1, 0);
        meter.count(System::Dynamodb, Purpose::Write, "PutItem", 0, 3);
        meter.count(System::Dynamodb, Purpose::Write, "PutItem", 0, 1);
        let since = meter.read().since(&before);
        let names: Vec<&str> = since
            .operations()
            .map(|((_, _, name), _)| name.as_str())
            .collect();
        assert_eq!(names, ["Query", "PutItem"]);
        let all = since.of(System::Dynamodb, None);
        assert_eq!(
            (all.requests, all.half_read_units, all.write_units),
            (3, 1, 4)
        );
        assert_eq!(since.of(System::Dynamodb, Some(Purpose::Write)).requests, 2);
        assert_eq!(since.of(System::Dynamics, None), Tally::default());
    }
}

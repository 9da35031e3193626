//! System jobs of the CRM that should have told us of a change and failed for good.
//!
//! They are read every few minutes beside the changes themselves, and tell of the row that they were about. One whose row
//! the job does not name, as after a resolution, is left to the reading of changes.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Checkpoint, Reading, What};
use crate::address_index::IndexName;
use crate::configuration::Configuration;
use crate::names::ConnectionName;
use crate::record_changed::{Change, Record, RecordChanged};
use crate::setup::dynamics::{EndpointWanted, steps};

/// A job that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    /// Its id.
    pub id: Uuid,
    /// The message of the change, such as `Update`.
    pub message: String,
    /// When it failed.
    pub ended_at: Timestamp,
    /// The row that changed, where the job names it.
    pub record: Option<Record>,
}

/// The steps that setup makes for a configuration, whose jobs are looked at.
pub fn our_steps(connection: &ConnectionName, configuration: &Configuration) -> Vec<Uuid> {
    let endpoint = EndpointWanted::of(connection, "", None);
    let steps = steps(configuration);
    steps.iter().map(|step| endpoint.step_id(step)).collect()
}

/// What is told of a job that failed. Equal for each time that the same job is found.
pub fn untold(connection: &ConnectionName, job: &FailedJob) -> Option<RecordChanged> {
    let change = match Change::of_message(&job.message) {
        Some(Change::Deleted) => Change::Deleted,
        _ => Change::Found,
    };
    Some(RecordChanged {
        version: 1,
        connection: connection.clone(),
        record: job.record.clone()?,
        change,
        about: None,
        columns: std::collections::BTreeSet::new(),
        happened_at: job.ended_at,
        operation: format!("job {}", job.id),
        inbox_id: None,
        row_version: None,
    })
}

/// The moment since which a reading looks for jobs that ended.
pub fn ended_since(reading: &Reading) -> Timestamp {
    match &reading.what {
        What::Everything { told_since } | What::ChangedSince(told_since) => *told_since,
        // No service gives a link for jobs.
        What::Link(_) => reading.began_at,
    }
}

/// Whether a job was not seen by the reading before: a part of the past is read again.
pub fn is_news(checkpoint: &Checkpoint, job: &FailedJob) -> bool {
    checkpoint
        .complete_until
        .is_none_or(|until| job.ended_at >= until)
}

/// The key of the checkpoint of the organisation at `url`.
pub fn checkpoint_key(connection: &ConnectionName, url: &str) -> String {
    format!("{}/failed jobs", IndexName::of(connection, url))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::configuration::read;
    use crate::events::Event;

    fn job(message: &str, table: Option<&str>) -> FailedJob {
        FailedJob {
            id: Uuid::from_u128(9),
            message: message.to_owned(),
            ended_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            record: table.map(|table| Record {
                table: table.parse().unwrap(),
                id: Uuid::from_u128(1),
            }),
        }
    }

    #[test]
    fn a_job_tells_of_the_row_it_was_about_under_the_same_id_each_time() {
        let connection = "dynamics".parse().unwrap();
        let told = untold(&connection, &job("Update", Some("incident"))).unwrap();
        assert_eq!(told.change, Change::Found);
        assert_eq!(
            Some(told.id()),
            untold(&connection, &job("Update", Some("incident"))).map(|again| again.id())
        );
        let deleted = untold(&connection, &job("Delete", Some("incident"))).unwrap();
        assert_eq!(deleted.change, Change::Deleted);
        assert_eq!(untold(&connection, &job("Close", None)), None);
    }

    #[test]
    fn what_is_read_again_is_no_news() {
        let ended_at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut checkpoint = Checkpoint::default();
        assert!(is_news(&checkpoint, &job("Update", None)));
        let reading = checkpoint.due(ended_at).unwrap();
        assert_eq!(
            ended_since(&reading),
            ended_at - SignedDuration::from_hours(1)
        );
        checkpoint.complete_until = Some(ended_at + SignedDuration::from_secs(1));
        assert!(!is_news(&checkpoint, &job("Update", None)));
        let later = ended_at + SignedDuration::from_mins(6);
        assert!(ended_since(&checkpoint.due(later).unwrap()) < ended_at);
    }

    #[test]
    fn the_steps_are_those_that_setup_makes() {
        let text = "connections:\n  dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }\n";
        let configuration = read(text).unwrap();
        let connection = "dynamics".parse().unwrap();
        let endpoint = EndpointWanted::of(&connection, "https://a.example/webhooks", None);
        let ours = our_steps(&connection, &configuration);
        assert!(ours.len() > 10);
        for step in steps(&configuration) {
            assert!(ours.contains(&endpoint.step_id(&step)), "{}", step.name());
        }
    }
}

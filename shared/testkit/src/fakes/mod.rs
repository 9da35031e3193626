//! Every role, in memory. All of them can be told to fail, by their [`Faults`].

mod bus;
mod case_desk;
mod case_records;
mod crm_rows;
mod desks;
mod faults;
mod messages;
mod postpone;
mod secrets;
mod signals;
mod store;
mod survey_senders;
mod surveys;
mod wake_ups;

pub use bus::FakeBus;
pub use case_desk::{ContactRow, FakeCase, FakeCaseDesk, FakeNote, QueueItem};
pub use case_records::{FakeCaseRecords, FakeRecordDesks};
pub use crm_rows::{FakeCrmRows, FakeRowDesks, WrittenText};
pub use desks::{FakeDesks, FakePlatforms};
pub use faults::Faults;
pub use messages::{FakeMail, FakeTextMessages};
pub use postpone::{FakePostpone, SentAgain};
pub use secrets::FakeSecrets;
pub use signals::FakeSignals;
pub use store::FakeStore;
pub use survey_senders::{FakeSurveySender, FakeSurveySenders, MadeSurvey};
pub use surveys::FakeSurveys;
pub use wake_ups::{FakeWakeUps, WakeUp};

//! The roles that decisions need carried out: one small trait for each.
//!
//! A function's dependencies are the roles it holds, and its policy allows exactly these. Every role
//! that touches a network returns a [`Failure`], which already says what is to be done about it.

mod addresses;
mod bus;
mod case_desk;
mod case_records;
mod changed_records;
mod clock;
mod configurations;
mod crm_rows;
mod failure;
mod inbox;
mod invitations;
mod loops;
mod messages;
mod plans;
mod responses;
mod secrets;
mod signals;
mod surveys;
mod waiting;

pub use addresses::AddressIndex;
pub use bus::Bus;
pub use case_desk::{
    AddressPage, AddressesFrom, CaseDesk, CaseDesks, OpenedCase, ReopenOutcome, Written,
};
pub use case_records::{CaseRecordDesks, CaseRecords};
pub use changed_records::{ChangedPage, ChangedRecords, Checkpoints, CrmChanges, FailedJobsPage};
pub use clock::Clock;
pub use configurations::Configurations;
pub use crm_rows::{CrmRowDesks, CrmRows};
pub use failure::{Failure, Remedy};
pub use inbox::{BodyKind, Inbox, InboxItem, InboxState, Overdue, ParkedBody};
pub use invitations::{Awaited, Invitations, KeptInvitation, WakeUps};
pub use loops::{Loops, NewLoop, TiedCase};
pub use messages::{
    Email, Mail, PlatformInvitation, SurveyAsked, SurveyLink, SurveySender, SurveySenders,
    TextMessage, TextMessages,
};
pub use plans::{Claims, Kept, KeptFirst, Plans};
pub use responses::{Responses, StoredResponse};
pub use secrets::Secrets;
pub use signals::Signals;
pub use surveys::{
    Answered, AnsweredPage, Capabilities, Hint, Noted, NotificationRule, SurveyPlatform,
    SurveyPlatforms, Unparsable,
};
pub use waiting::{Gates, HEAD_START, Lane, Postpone, fits, paced};

//! What every adapter of a role must keep, the fake as well as the real one.
//!
//! Each suite panics on the first promise that is not kept. The suites of the store want a store of
//! their own that nothing else writes to, with a clock near 2026-11-22T10:00:00Z.

mod addresses;
mod case_desk;
mod checkpoints;
mod claims;
mod configurations;
mod failed_loops;
mod gates;
mod inbox;
mod invitations;
mod loops;
mod plans;
mod responses;
mod survey_platform;
mod survey_sender;

pub use addresses::addresses;
pub use case_desk::{
    CaseDeskFixture, case_desk, finds_customers, finds_queues_and_owners,
    leaves_changed_cases_alone, opens_one_case, reopens_a_resolved_case,
};
pub use checkpoints::checkpoints;
pub use claims::claims;
pub use configurations::configurations;
pub use gates::gates;
pub use inbox::inbox;
pub use invitations::invitations;
pub use loops::loops;
pub use plans::plans;
pub use responses::responses;
pub use survey_platform::{SurveyFixture, survey_platform};
pub use survey_sender::{SurveySenderFixture, survey_sender};

use cxloop_ports::Failure;

/// How many copies run at once where only one may win.
const COPIES: usize = 10;

/// The answer of a call that has to go well.
fn well<T>(answer: Result<T, Failure>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(failure) => panic!("the call fails: {failure:?}"),
    }
}

/// The failure of a call that has to be refused.
fn refused<T>(answer: Result<T, Failure>, promise: &str) -> Failure {
    match answer {
        Ok(_) => panic!("{promise}: the call goes well"),
        Err(failure) => failure,
    }
}

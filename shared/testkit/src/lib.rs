//! What tests of cxloop stand on: fakes for every role, a clock turned by hand, contract suites that a
//! fake and the real thing must both keep, and a harness that interrupts a use case at every step.
//!
//! For `[dev-dependencies]` only. Everything here panics on a mistake of the test, as tests do.

mod clock;
pub mod contract;
pub mod fakes;
mod harness;
pub mod samples;

pub use clock::ManualClock;
pub use harness::{
    Interrupted, Interruption, Interruptions, Scenario, Way, fail_at_every_step, run_at_once,
    run_twice,
};

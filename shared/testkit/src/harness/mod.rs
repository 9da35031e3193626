//! Running a use case again and again with one call after the other going wrong.
//!
//! A use case promises one effect under repeats and crashes. The harness learns which calls a clean run
//! makes, then builds a fresh world for each call and each way of going wrong, delivers the message as
//! a queue would until it succeeds, and compares the end with the clean run's.

mod every_step;
mod interrupted;
mod interruptions;
mod scenario;

pub use every_step::{fail_at_every_step, run_at_once, run_twice};
pub use interrupted::Interrupted;
pub use interruptions::{Interruption, Interruptions, Way};
pub use scenario::Scenario;

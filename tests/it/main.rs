//! The tests that cross crates: each use case over real adapters, the story in a browser, the rules of the house.
//!
//! "Real adapters" are the DynamoDB store against an embedded DynamoDB, and the Dynamics and survey clients
//! over HTTP against the sandbox's stand-ins; only the bus and the clock are in the test's hands.
#![expect(
    clippy::unwrap_used,
    reason = "a test says what it expects by panicking"
)]

mod case_reopen;
mod case_write_back;
mod console;
mod contracts;
mod drawn;
mod events;
mod house;
mod house_roles;
mod limits;
mod logs;
mod planted_values;
mod promises;
mod readme;
mod response_intake;
mod response_to_case;
mod setup;
mod signals;
mod story;
mod survey_trigger;
mod sweep;
mod template;
mod watched;
mod webhooks;
mod world;

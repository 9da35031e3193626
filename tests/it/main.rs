//! The tests that cross crates: each use case over real adapters, the story in a browser, the rules of the house.
//!
//! "Real adapters" are the DynamoDB store against an embedded DynamoDB, and the Dynamics and survey clients
//! over HTTP against the sandbox's stand-ins; only the bus and the clock are in the test's hands.

mod case_reopen;
mod console;
mod house;
mod response_intake;
mod response_to_case;
mod sweep;
mod webhooks;
mod world;

//! What cxloop knows and decides, and nothing of how it is carried out.
//!
//! One module holds the vocabulary of each thing the business speaks of (a response, a case, a
//! loop), and one module holds the decisions of each use case, named after its function. A
//! decision is a plain function: facts, configuration and time go in, a plan comes out.
//!
//! This crate does no I/O, reads no clock and draws no random number: ids are derived from
//! business keys ([`identity`]) and time is an argument, so that the same facts give the same plan
//! in a test, in a retry and in a replay.

pub mod address_index;
pub mod case_reopen;
pub mod case_write_back;
pub mod cases;
pub mod changed_records;
pub mod columns;
pub mod configuration;
pub mod console;
pub mod customers;
pub mod doctor;
pub mod events;
pub mod identity;
pub mod loops;
pub mod names;
pub mod record_changed;
pub mod response;
pub mod response_intake;
pub mod response_to_case;
pub mod rules;
pub mod score;
pub mod setup;
pub mod signals;
pub mod survey_trigger;
pub mod sweep;
pub mod texts;
pub mod trace;
pub mod untold_responses;
pub mod webhooks;

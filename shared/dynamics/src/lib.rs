//! Dynamics 365 Customer Service as cxloop's case desk.
//!
//! The client of its Web API, with its errors and its one retry table, is the crate
//! `cxloop_dataverse`, which knows nothing of cxloop. What is ours stands here: which rows make a
//! case, what becomes of a failure, and what the organisation's webhooks say.

pub mod case_desk;
pub mod execution_context;
pub mod setup;

#[cfg(test)]
mod tests;

use cxloop_dataverse::{
    Action, Answer, Client, Condition, Connection, Direction, Error, Etag, FailureKind, Filter,
    Literal, Now, Page, Query, Record, Request, Row, ServiceCode, Timeouts, batch, classify,
};

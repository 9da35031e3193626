//! One module for each command, each with a function `run` that returns a report.

pub(crate) mod apply;
pub(crate) mod check;
mod configured;
pub(crate) mod doctor;
pub(crate) mod replay;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod send;
pub(crate) mod setup;

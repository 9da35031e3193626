//! Survey platforms: one module each, all of the same shape.
//!
//! A platform reads a webhook body (`parse`, pure), fetches a response as it stands now, and puts a
//! note on it. What a platform cannot do it declares; it never pretends. What an answer's status
//! means is decided in one table for all of them, [`classify()`].

#[cfg(test)]
mod any_json;
mod classify;
mod error;
mod exchange;
mod platforms;
pub mod standard;
#[cfg(test)]
mod test_doubles;
pub mod wxm;

pub use classify::{Action, DEFAULT_WAIT_SECONDS, classify, retry_after_seconds};
pub use error::Error;
pub use platforms::{Correlation, Platforms};

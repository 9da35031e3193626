//! The Dataverse Web API as cxloop uses it: a typed client, its errors and its one retry table.
//!
//! The client sends one request at a time, never sleeps and never retries on its own, save for
//! one renewal of its token after a 401. What a failure means for the caller is read from
//! [`classify()`].
//!
//! Source for the protocol throughout: Microsoft Learn, "Compose HTTP requests and handle errors"
//! (Microsoft Dataverse Web API, version 9.2).

mod answer;
pub mod batch;
pub mod case_desk;
mod classify;
mod client;
mod connection;
mod error;
mod literal;
mod query;
mod record;
mod request;
mod row;
mod service_code;
mod token;
mod transport;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use classify::{Action, FailureKind, Verdict, classify};
pub use client::{Client, Page};
pub use connection::{Connection, Correlation, Now, Timeouts};
pub use error::{Detail, Error, retry_after_seconds};
pub use literal::Literal;
pub use query::{Direction, Filter, Query};
pub use record::{Etag, Record};
pub use request::{Call, Condition, Request};
pub use row::Row;
pub use service_code::ServiceCode;

//! What every function stands on: settings, logs, metrics, traces, verification of webhooks, batches of messages, AWS
//! adapters.
//!
//! A function's `main.rs` takes [`start::Parts`] from the environment, builds its roles from them and hands its
//! handler to one of the runners in [`start`]. Nothing here belongs to one use case alone.

pub mod aws;
mod error;
mod following;
mod http_client;
mod lease;
pub mod logging;
pub mod metrics;
mod per_version;
pub mod queue;
pub mod settings;
pub mod start;
#[cfg(test)]
mod test_doubles;
pub mod trace;
pub mod verification;
mod worker;

pub use error::Error;
pub use following::{follow, followers_of, unfollow};
pub use http_client::http_client;
pub use lease::Lease;
pub use per_version::PerVersion;
pub use worker::worker_name;

//! Lambda's side of the Runtime API, for one process at a time.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

mod lambda;
mod server;

pub use lambda::{Answer, Lambda, Program};

//! The sandbox's front over real connections, before an API that the test plays itself.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up or read fails the test, and says where"
)]

mod gateway;
mod idle;
mod sandbox_front;
mod start_page;

//! The sandbox's front over real connections, before an API that the test plays itself.

mod gateway;
mod idle;
mod outbox;
mod sandbox_front;
mod start_page;

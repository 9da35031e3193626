//! What every stand-in of an outside system shares: the clock that it is given, the faults that a test
//! orders, the log of what was asked of it, and the accept loop that can cut a connection.
//!
//! Nothing here knows what Dynamics or a survey platform answers, except the shape of a refusal
//! ([`refusal_of`]), which a fault must imitate before the stand-in itself is reached.

mod batch_lines;
mod calls;
mod control;
mod faults;
mod refusal;
mod wire;

use std::sync::Arc;

pub use calls::{Call, Calls};
pub use control::control_router;
pub use faults::{DropAt, Fault, FaultRule, Faults, TARGETS, WebhookFault};
pub use refusal::{Refusal, refusal_of};
pub use wire::{Wire, serve_on};

/// The clock of a stand-in: tests pass one that they move by hand.
pub type Now = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The machine's clock: the one place in the sandbox that reads it.
#[expect(
    clippy::disallowed_methods,
    reason = "a sandbox runs by the machine's time, and this is where it gets it"
)]
pub fn wall_clock() -> Now {
    Arc::new(jiff::Timestamp::now)
}

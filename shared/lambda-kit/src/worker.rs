//! The name of a process among the copies of its function.

use uuid::Uuid;

/// A name unlike that of any other process, for leases. Made once at the start.
#[expect(
    clippy::disallowed_methods,
    reason = "a process is no business row: its name must differ between copies and restarts"
)]
pub fn worker_name(function: &str) -> String {
    format!("{function} {}", Uuid::new_v4().simple())
}

//! Keys that the service draws itself: of rows that came without one, of requests, of boundaries and tokens.

use uuid::Uuid;

/// A new random key.
#[expect(
    clippy::disallowed_methods,
    reason = "the real service draws these keys at random; a caller that wants a repeatable row names its key"
)]
pub(crate) fn key() -> Uuid {
    Uuid::new_v4()
}

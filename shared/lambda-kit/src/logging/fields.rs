//! The names of the log fields that this crate writes. The functions write the same names for the same things.

/// The connection's name.
pub(crate) const CONNECTION: &str = "connection";
/// The queue message's id.
pub(crate) const MESSAGE_ID: &str = "message_id";
/// The function.
pub(crate) const FUNCTION: &str = "function";
/// What came of it, in a word or two.
pub(crate) const OUTCOME: &str = "outcome";
/// Why, in a sentence that names no person.
pub(crate) const REASON: &str = "reason";
/// More for an engineer.
pub(crate) const DETAIL: &str = "detail";
/// A wait in seconds.
pub(crate) const DELAY_SECONDS: &str = "delay_seconds";
/// A place in the source.
pub(crate) const PLACE: &str = "place";

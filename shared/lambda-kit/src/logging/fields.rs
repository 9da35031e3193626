//! The names of log fields: one for each thing, used by every function.
//!
//! ```
//! use cxloop_lambda_kit::logging::fields;
//! tracing::info!({ fields::CONNECTION } = "wxm", { fields::OUTCOME } = "kept", "took a webhook");
//! ```

/// The connection's name.
pub const CONNECTION: &str = "connection";
/// The response's key, `connection/response id`.
pub const RESPONSE: &str = "response";
/// The id of a kept webhook body.
pub const INBOX_ID: &str = "inbox_id";
/// The derived id of an event.
pub const EVENT_ID: &str = "event_id";
/// The name of an event.
pub const EVENT: &str = "event";
/// The queue message's id.
pub const MESSAGE_ID: &str = "message_id";
/// The function.
pub const FUNCTION: &str = "function";
/// The case's id.
pub const CASE: &str = "case";
/// The case's ticket number.
pub const TICKET: &str = "ticket";
/// The case rule or reopening threshold.
pub const RULE: &str = "rule";
/// What came of it, in a word or two.
pub const OUTCOME: &str = "outcome";
/// Why, in a sentence that names no person.
pub const REASON: &str = "reason";
/// More for an engineer.
pub const DETAIL: &str = "detail";
/// Until when something waits.
pub const UNTIL: &str = "until";
/// A wait in seconds.
pub const DELAY_SECONDS: &str = "delay_seconds";
/// How many.
pub const COUNT: &str = "count";
/// A place in the source.
pub const PLACE: &str = "place";
/// The secret's name, never its value.
pub const SECRET: &str = "secret";

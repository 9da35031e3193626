//! How long things are kept, in days from the moment they are written.

/// Raw webhook bodies.
pub(crate) const INBOX_DAYS: u32 = 90;

/// Plans: their texts quote the customer, and after the raw body is gone nothing runs them again.
pub(crate) const PLANS_DAYS: u32 = 90;

/// Responses in normal form: a year can be compared with the one before.
pub(crate) const RESPONSES_DAYS: u32 = 400;

/// What was last seen of rows and when people were asked: longer than invitations, for a row that is forgotten before them
/// would count from one again and meet the invitation of its first time.
pub(crate) const WATCHED_DAYS: u32 = 430;

/// Loops and invitations, as long as their responses: a failed step may quote the CRM's words, and those a row's values.
pub(crate) const LOOPS_DAYS: u32 = 400;

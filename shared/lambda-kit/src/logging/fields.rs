//! The names of the log fields, one for each thing, wherever it is logged. `docs/signals.md` has a row for each.

/// Constants and the list of all of them.
macro_rules! fields {
    ($($(#[$meaning:meta])* $name:ident = $field:literal;)+) => {
        $($(#[$meaning])* pub const $name: &str = $field;)+

        /// All of them.
        pub const ALL: &[&str] = &[$($field),+];
    };
}

fields! {
    /// When the line was written, RFC 3339 in UTC.
    TIMESTAMP = "timestamp";
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    LEVEL = "level";
    /// A sentence that reads alone.
    MESSAGE = "message";
    /// The module that wrote the line.
    TARGET = "target";
    /// The function.
    FUNCTION = "function";
    /// The trace of the webhook that everything on the line came from.
    TRACE = "trace";
    /// The connection's name.
    CONNECTION = "connection";
    /// The queue message's id.
    MESSAGE_ID = "message_id";
    /// The kept body's id.
    INBOX_ID = "inbox_id";
    /// The response: its connection and its id there.
    RESPONSE = "response";
    /// `new` or `about_case`.
    KIND = "kind";
    /// The configuration version that decided.
    CONFIGURATION = "configuration";
    /// What was decided, in a word: `cxloop_domain::signals::Verdict`.
    VERDICT = "verdict";
    /// The rules that act, or the rule or threshold that the line is about.
    RULES = "rules";
    /// Why nothing follows from a webhook of the CRM, in a word: `cxloop_domain::signals::PassedOver`.
    PASSED_OVER = "passed_over";
    /// The case's id in the CRM.
    CASE = "case";
    /// The case's ticket number.
    TICKET = "ticket";
    /// Milliseconds from the customer's submission to the case.
    MILLISECONDS_TO_CASE = "milliseconds_to_case";
    /// Milliseconds from the change in the CRM to the write on the response.
    MILLISECONDS_TO_WRITE_BACK = "milliseconds_to_write_back";
    /// The invitation to a survey.
    INVITATION = "invitation";
    /// Where an invitation stands, in a word: `cxloop_domain::survey_trigger::InvitationState`.
    INVITATION_STATE = "invitation_state";
    /// What came of it: one of [`super::outcomes`].
    OUTCOME = "outcome";
    /// Why a webhook was refused, in a word: `cxloop_domain::signals::RefusalKind`.
    REFUSAL = "refusal";
    /// Why, in a sentence that names no person.
    REASON = "reason";
    /// More for an engineer: operation, status, code.
    DETAIL = "detail";
    /// The CRM's own id of the request that failed.
    SERVICE_REQUEST_ID = "service_request_id";
    /// A wait in seconds.
    DELAY_SECONDS = "delay_seconds";
    /// How many.
    COUNT = "count";
    /// A place in the source.
    PLACE = "place";
    /// Why a connection broke, for debugging.
    CAUSE = "cause";
    /// How long a token lives, for debugging.
    LIFETIME_SECONDS = "lifetime_seconds";
}
